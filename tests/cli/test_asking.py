"""What a person is asked at a terminal, and what an answer leads to."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_dead import Shop, filled

QUESTION = "drop 3 dead letters: 2 events, 1 delivery? [y/N]: "


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [(b"n\n", 1, "n\nnothing was changed\n"), (b"\x03", 130, "^C\n"), (b"y\n", 0, "y\ndropped 3 dead letters\n")],
    ids=["no", "Ctrl-C", "yes"],
)
def test_answer_decides(tmp_path: Path, answer: bytes, status: int, said: str) -> None:
    shop = filled(Shop(tmp_path, f"sqlite:///{tmp_path / 'test.db'}"))

    assert at_terminal(shop, answer, "dead", "drop", "--all") == (status, QUESTION + said)
    assert len(shop.errors()) == (0 if status == 0 else 3)


def at_terminal(shop: Shop, answer: bytes, *arguments: str) -> tuple[int, str]:
    """Run a command at a terminal, answer its question, and return its exit status and what the terminal showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n" + RUN, *arguments],
        cwd=shop.folder,
        env={**os.environ, "STORE": shop.url, "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while not shown.endswith(b"]: "):
            shown += os.read(ours, 4096)
        _wait_until_it_waits(process.pid)
        os.write(ours, answer)
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        pass  # the other end is closed: it has ended
    finally:
        os.close(ours)
    return process.wait(30), shown.decode().replace("\r\n", "\n")


def _wait_until_it_waits(process: int) -> None:
    """Wait until *process* sleeps: a Ctrl-C between the question and the reading may be lost in somebody's cleanup."""
    asleep = 0
    while asleep < 5 and Path("/proc").is_dir():
        state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        asleep = asleep + 1 if state == "S" else 0
        time.sleep(0.02)


RUN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # it may be ignored where tests run
RUN += "import sys; from hookline.cli.main import main; main(sys.argv[1:])"
