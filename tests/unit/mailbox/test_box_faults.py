"""A mailbox on a disk that fails, is full or can't be written: what was kept is read, and it goes on by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hookline.mailbox.boxes import Boxes
from tests.libraries import LIBRARIES, SYNC, environment_for
from tests.store.test_syscalls import refusal_to_trace

PUTS = 14
PROGRAM = f"""
import asyncio, pathlib, sys
from hookline.errors import StoreError
from hookline.mailbox.box import Box
from hookline.mailbox.posted import Posted

async def main() -> None:
    box = Box(pathlib.Path(sys.argv[1]), lambda: None)
    box.open()
    for stamp in range(1, {PUTS} + 1):
        try:
            await box.put(Posted("shop", 1_800_000_000_000, stamp, 1, None, b"x" * 5000))
            print("kept", stamp, flush=True)
        except StoreError:
            print("refused", stamp, flush=True)
    await box.close()

asyncio.run(main())
"""

FAILING = [
    ("sync", "EIO", "4"),
    ("sync", "EIO", "3..8"),
    ("pwrite64", "EIO", "9..14"),
    ("pwrite64", "ENOSPC", "12"),
    ("pwrite64", "ENOSPC", "8..20"),
    ("pwrite64", "EROFS", "16+"),
]
"""Calls of a process that fail, how, and which, by their number."""


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("call", "error", "when"), FAILING)
def test_what_was_kept_on_a_failing_disk_is_read(
    tmp_path: Path, call: str, error: str, when: str, library: str
) -> None:
    if (reason := refusal_to_trace()) is not None:
        pytest.skip(reason)
    folder = tmp_path / "mailboxes"
    call = SYNC[library] if call == "sync" else call
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
    command += ["-e", f"inject={call}:error={error}:when={when}", sys.executable, "-c", PROGRAM, str(folder)]
    environment = environment_for(library)
    done = subprocess.run(command, capture_output=True, check=True, timeout=120, env=environment, text=True)

    said = [line.split() for line in done.stdout.splitlines()]
    kept = [int(stamp) for word, stamp in said if word == "kept"]
    boxes = Boxes(folder, lambda: 1 << 62, {})
    found = [one.posted.stamp for one in boxes.pull()]
    boxes.close()
    assert (len(said), len(kept) < PUTS) == (PUTS, True)
    assert set(kept) <= set(found)
    assert found == sorted(set(found))
    if "+" not in when:
        assert said[-1][0] == "kept"  # the trouble is over
