"""Install what tests need of npm's registry, once, beside the virtual environment; nothing of it is committed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

CACHE = Path(sys.prefix) / "node"
SECONDS = 90
LANGUAGE_SERVER = ("yaml-language-server@1.25.0",)
MERMAID = ("mermaid@11.17.2", "jsdom@29.1.1")
_OPTIONS = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--fetch-retries=1", "--loglevel=error")


def installed(packages: Sequence[str]) -> Path:
    """Return the folder in which *packages* are installed; skip the test where they can't be."""
    folder = CACHE / "+".join(packages)
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    if not folder.exists():
        _install(packages, folder)
    return folder / "node_modules"


def _install(packages: Sequence[str], folder: Path) -> None:
    """Install beside *folder* and rename, so that it is whole when it is there; another process may be faster."""
    ours = folder.with_name(f"{folder.name}.{os.getpid()}")
    ours.mkdir(parents=True)
    try:
        command = ["npm", "install", *_OPTIONS, "--prefix", str(ours), *packages]
        result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=ours)
        if result.returncode != 0:
            pytest.skip(f"npm can't install {' '.join(packages)}: {' '.join(result.stderr.split())[:200]}")
        ours.rename(folder)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm has not installed {' '.join(packages)} within {SECONDS} s")
    except OSError:
        assert folder.exists()
    finally:
        shutil.rmtree(ours, ignore_errors=True)
