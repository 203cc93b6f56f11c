"""Try configuration files in a fresh process, which has the code as it is now."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..findings.findings import Finding, Place, told_finding

SECONDS = 60.0


def findings(files: Sequence[Path], command: Sequence[str] = (sys.executable, "-m", "hookline")) -> list[Finding]:
    """Return what ``check`` says of *files*, or why it didn't come to an end; *command* is how hookline is run."""
    options = [part for path in files for part in ("-c", str(path))]
    full = [*command, *options, "check", "--format", "json"]
    place = Place(str(files[0]), 1, 1)
    try:
        done = subprocess.run(full, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603  our own
    except subprocess.TimeoutExpired:
        return [Finding(place, f"a new process didn't come to an end in {SECONDS:.0f} seconds")]
    try:
        return [told_finding(told) for told in json.loads(done.stdout)]
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        return [Finding(place, f"a new process failed: {said[-1]}")]
