"""Commands of hookline as people and scripts use them: a process each, forked from one that has imported all they need.

A new interpreter imports for half a second; a fork begins behind that, and is otherwise the same. Hosts, and tests of
what is imported when, begin interpreters.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

SECONDS = 60.0
"""So long a command may take, on a busy machine, too."""

WHAT_COMMANDS_IMPORT = (
    "hookline.cli.commands.chat",
    "hookline.cli.commands.check",
    "hookline.cli.commands.dead",
    "hookline.cli.commands.events",
    "hookline.cli.commands.explain",
    "hookline.cli.commands.intents",
    "hookline.cli.commands.new",
    "hookline.cli.commands.status",
    "hookline.host.host",
    "hookline.testing.bot",
)


def hookline(
    folder: Path, *arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m hookline`` with *arguments* in *folder*, and return how it went."""
    around = {**os.environ, "COLUMNS": "120", **(environment or {})}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        reading, writing = os.pipe()
        Thread(target=_write, args=(writing, stdin.encode()), daemon=True).start()
        order = json.dumps([str(folder), arguments, around]).encode()
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(_address())
            line.settimeout(SECONDS)
            socket.send_fds(line, [len(order).to_bytes(4, "big")], [reading, out.fileno(), errors.fileno()])
            os.close(reading)
            line.sendall(order)
            pid = int.from_bytes(_read(line, 4), "big")
            try:
                status = int.from_bytes(_read(line, 2), "big", signed=True)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["hookline", *arguments], SECONDS) from None
        return subprocess.CompletedProcess(["hookline", *arguments], status, _text(out), _text(errors))


def _write(descriptor: int, data: bytes) -> None:
    with suppress(BrokenPipeError), os.fdopen(descriptor, "wb") as stdin:
        stdin.write(data)


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode().replace("\r\n", "\n"))


def _read(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = line.recv(count - len(data))
        if not more:
            raise EOFError(f"{len(data)} bytes of {count}")
        data += more
    return data


@functools.cache
def _address() -> str:
    """Start the process that all commands of this one are forked from, and return where it listens."""
    folder = tempfile.mkdtemp(prefix="hookline-commands-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    address = f"{folder}/orders"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.commands", address],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    atexit.register(process.wait)
    atexit.register(process.stdin.close)  # by which it knows that this process has ended
    assert process.stdout.readline() == b"ready\n"
    return address


def _serve(address: str) -> None:
    """Fork a process for each order that comes in at *address*, until standard input ends."""
    for module in WHAT_COMMANDS_IMPORT:
        __import__(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how those that wait for commands have ended
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    print("ready", flush=True)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        line, _ = listener.accept()
        if not os.fork():
            listener.close()
            _wait_for_one(line)
        line.close()


def _wait_for_one(line: socket.socket) -> NoReturn:
    """Fork once more, for the command itself, and say how it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, descriptors, _, _ = socket.recv_fds(line, 4, 3)
    folder, arguments, environment = json.loads(_read(line, int.from_bytes(length, "big")))
    pid = os.fork()
    if not pid:
        line.close()
        _become_the_command(folder, arguments, environment, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    line.sendall(pid.to_bytes(4, "big"))
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        line.sendall(os.waitstatus_to_exitcode(status).to_bytes(2, "big", signed=True))
    os._exit(0)


def _become_the_command(
    folder: str, arguments: list[str], environment: dict[str, str], descriptors: list[int]
) -> NoReturn:
    """Be as an interpreter that was started with ``-m hookline`` and has come to its first line."""
    from hookline.cli.main import main

    status = 1
    try:
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        paths = environment.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:1] = [folder, *(path for path in paths if path and path not in sys.path)]
        sys.argv = ["hookline", *arguments]
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  until the process ends
        main()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(sys.argv[1])
