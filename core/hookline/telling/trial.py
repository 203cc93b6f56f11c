"""Try configuration files in a fresh process, which has the code as it is now."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..config.history.files import Tried
from ..findings.findings import Finding, Place, told_finding

SECONDS = 60.0


def tried(files: Sequence[Path], is_strict: bool, command: Sequence[str] = (sys.executable, "-m", "hookline")) -> Tried:
    """Return what ``check`` says of *files*, or why it didn't come to an end; *command* is how hookline is run.

    Unless it *is_strict* bots may be wrong beside others that are right.
    """
    options = [part for path in files for part in ("-c", str(path))]
    full = [*command, *options, "check", "--format", "json", *([] if is_strict else ["--as-run"])]
    place = Place(str(files[0]), 1, 1)
    try:
        done = subprocess.run(full, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603  our own
    except subprocess.TimeoutExpired:
        return Tried([Finding(place, f"a new process didn't come to an end in {SECONDS:.0f} seconds")])
    try:
        told = json.loads(done.stdout)
        found, out = (told, None) if isinstance(told, list) else (told["findings"], told["out"])
        return Tried([told_finding(one) for one in found], out)
    except (ValueError, KeyError, TypeError):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        return Tried([Finding(place, f"a new process failed: {said[-1]}")])
