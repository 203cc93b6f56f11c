"""Make and find the control socket beside a SQLite file."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError
from ..store.database.sqlite import file_of

LONGEST = 100
"""How long the address of a socket may be; Linux has room for 107 bytes, others for less (unix(7))."""
BACKLOG = 16


def socket_of(url: str) -> Path:
    """Return where the host of the store at *url* (``sqlite:///path``) listens for commands."""
    return Path(f"{file_of(url)}.sock")


def listen(path: Path) -> socket.socket:
    """Listen at *path*, for this user alone; raise OSError or StoreError when that can't be.

    To be called by who holds the store's lock: a socket that is there already was left behind, and is replaced.
    """
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(0o077)
        try:
            with short_name(path) as name:
                listener.bind(name)
        finally:
            os.umask(before)
        path.chmod(0o600)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def remove(path: Path, identity: tuple[int, int]) -> None:
    """Remove the socket at *path* if it is still the one of that *identity*."""
    if path.exists() and identity_of(path) == identity:
        path.unlink()


def identity_of(path: Path) -> tuple[int, int]:
    """Return what tells this file from any that takes its place."""
    found = path.stat()
    return found.st_dev, found.st_ino


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Yield a name of *path* that fits into a socket's address, however deep its folder is."""
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    folders = Path("/proc/self/fd")
    if not folders.is_dir() or len(os.fsencode(path.name)) > LONGEST - 32:
        raise StoreError(f"the path of the control socket is longer than {LONGEST} bytes: {path}")
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield str(folders / str(folder) / path.name)
    finally:
        os.close(folder)


def user_of(connection: socket.socket) -> str | None:
    """Return the name of who is at the other end; None unless it is this user or root.

    Where the system can't tell, the file's mode has to do.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return name_of(os.geteuid())
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return name_of(user) if user in (0, os.geteuid()) else None


def name_of(user: int) -> str:
    """Return the name of the *user* with that number, or the number when it has none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise StoreError(f"{path} is in the way of the control socket, and is no socket")
    path.unlink()
