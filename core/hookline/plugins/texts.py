"""Read what a plugin says, in which languages: the ``texts.yaml`` beside its module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from ..errors import PluginError

TEXTS_FILE = "texts.yaml"
Texts = Mapping[str, Mapping[str, str]]
"""Texts by their keys and by language, the default first."""


def file_beside(module: ModuleType, name: str) -> Path | None:
    """Return the file *name* that a plugin ships beside its *module*, if there is one."""
    candidates: Iterable[str] = getattr(module, "__path__", []) or [str(Path(module.__file__ or "").parent)]
    if not hasattr(module, "__path__") and "." not in module.__name__:
        return None  # a single-file module at the top has no folder of its own
    paths = (Path(folder) / name for folder in candidates)
    return next((path for path in paths if path.is_file()), None)


def texts_of(plugin: str, path: Path | None) -> Texts:
    """Return the texts in the file at *path*; raise PluginError for what is none."""
    if path is None:
        return {}
    try:
        loaded = yaml.load(path.read_bytes().decode("utf-8"), yaml.CSafeLoader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PluginError(plugin, f"its {TEXTS_FILE} can't be read: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, dict):
        raise PluginError(plugin, f"its {TEXTS_FILE} holds no texts by key")
    return {str(key): _languages(plugin, str(key), value) for key, value in loaded.items()}


def _languages(plugin: str, key: str, given: Any) -> Mapping[str, str]:
    if not isinstance(given, dict) or not given or not all(isinstance(text, str) for text in given.values()):
        raise PluginError(plugin, f"{TEXTS_FILE}: `{key}` needs a text for each language, as in {{en: Welcome}}")
    return {str(tag): text for tag, text in given.items()}
