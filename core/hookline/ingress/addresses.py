"""Listen where an operator says: at a port of an address, or at a socket in the file system."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; *port* 0 takes a free one. Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def listen_at(address: str) -> socket.socket:
    """Return a socket that listens at *address*: ``HOST:PORT``, ``[::1]:PORT``, or a path, for this user alone.

    Raises ValueError for what is none of these, OSError when it is taken.
    """
    if "/" in address:
        return _listen_in_files(Path(address))
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal() and int(port) <= 65535):
        raise ValueError(f"`{address}` is no address; expected one as in 127.0.0.1:9100, or the path of a socket")
    return listen(host.removeprefix("[").removesuffix("]"), int(port))


def forget(address: str | None) -> None:
    """Remove the socket at *address* from the file system, if it is there."""
    if address is not None and "/" in address:
        with suppress(OSError):
            _remove_socket(Path(address))


def _listen_in_files(path: Path) -> socket.socket:
    if _is_alive(path):
        raise OSError(98, "another process listens there", str(path))
    _remove_socket(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o077)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(1.0)
        try:
            asking.connect(str(path))
        except OSError:
            return False
        return True


def _remove_socket(path: Path) -> None:
    """Remove a socket that was left behind; anything else stays, and is in the way."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
