"""Turn a route's ``save:`` into what is run, and find what is wrong with it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import MissingExtraError
from ...findings.findings import Place, near
from ...routing.conditions.files import Savable
from ...routing.routes import Save
from ...uploads.folders import Folder, LocalFolder, RemoteFolder
from ..keys.routes import SaveSpec
from .replies import check_text
from .surroundings import Site, Surroundings

CAPTURES = frozenset(["file", "file_name", "file_size", "file_type", "sent_name"])
"""What ``{match.…}`` has of a file that was saved; a name for it may use only the last."""

_TYPE = re.compile(r"[a-z0-9][\w.+-]*/(\*|[a-z0-9][\w.+-]*)\Z")


def savable(given: SaveSpec | str | None) -> Savable | None:
    """Return which files *given* takes."""
    spec = _whole(given)
    return None if spec is None else Savable(tuple(str(one) for one in spec.types), spec.at_most)


def build_save(
    given: SaveSpec | str | None, site: Site, around: Surroundings, captures: frozenset[str], on: frozenset[str]
) -> Save | None:
    """Return what *given*, at *site*, saves of the events *on*, and where; its names may use *captures*."""
    spec, takes = _whole(given), savable(given)
    if spec is None or takes is None:
        return None
    folder = _folder(str(spec.to), site.below("to") if site.marks.has((*site.path, "to")) else site, around)
    name = check_text("name", spec.name, site, around, (captures - CAPTURES) | {"sent_name"}, on)
    if any("/" in part for part in name.parts if isinstance(part, str)):
        around.findings.error(site.value("name"), "`name`: the name of a file has no `/`", "put folders under `to:`")
    _check_types(spec.types, site.below("types"), around)
    return Save(str(spec.to), folder, name, takes)


def kinds_of(around: Surroundings) -> Sequence[str]:
    """Return the kinds of files that come with the platform's events."""
    return sorted(kind.rpartition(".")[2] for kind in around.adapter.media)


def _whole(given: SaveSpec | str | None) -> SaveSpec | None:
    return SaveSpec(to=given) if isinstance(given, str) else given


def _check_types(types: Sequence[str], site: Site, around: Surroundings) -> None:
    kinds = kinds_of(around)
    for place, one in site.items(types):
        if one not in kinds and not _TYPE.match(one):
            hint = near(one, kinds, f"known are {', '.join(kinds)}, and content types, as application/pdf")
            around.findings.error(place, f"`types`: there is no kind of files `{one}`", hint)


def _folder(to: str, site: Site, around: Surroundings) -> Folder:
    place = site.value()
    is_certain = place not in site.marks.made_up
    if "://" not in to:
        folder = LocalFolder(Path(os.path.abspath(site.folder / to)))  # noqa: PTH100  links stay as they are
        if is_certain:
            _check_local(folder.path, to, site, around)
        return folder
    remote = RemoteFolder(to)
    if is_certain:
        _check_remote(remote, place, around)
    return remote


def _check_local(path: Path, to: str, site: Site, around: Surroundings) -> None:
    try:
        fault = around.json_files.texts.disk.ask(path, partial(_fault_of, path, to, site.folder))
    except OSError as error:
        fault = f"`save`: `{to}`: {error.strerror}", None
    if fault is not None:
        around.findings.error(site.value(), *fault)


def _fault_of(path: Path, to: str, beside: Path) -> tuple[str, str | None] | None:
    """Say why nothing can be saved in *path*, which is written as *to* in a file in *beside*, and what to do."""
    if not path.exists():
        hint = f"it is looked for in {beside}; make it, as in `mkdir {to}`"
        return f"`save`: there is no folder `{to}`", hint
    if not path.is_dir():
        return f"`save`: `{to}` is no folder", "name the folder that files go into"
    if not os.access(path, os.W_OK | os.X_OK):
        return f"`save`: nothing can be written into `{to}`", "let the user who runs hookline write there"
    return None


def _check_remote(folder: RemoteFolder, place: Place, around: Surroundings) -> None:
    if _has_password(folder.url):
        scheme = urlsplit(folder.url).scheme.upper()
        hint = f"fsspec takes it from the environment, as in FSSPEC_{scheme}_PASSWORD"
        around.findings.error(place, "`save`: a password may not stand in a URL", hint, hide=True)
        return
    try:
        folder.ensure_usable()
    except MissingExtraError as error:
        around.findings.error(place, f"`save`: {error}")
    except ValueError as error:
        around.findings.error(place, f"`save`: {error}", "for a folder of this machine leave `://` out")


def _has_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None
    except ValueError:  # no URL at all: said by whoever looks for its scheme
        return False
