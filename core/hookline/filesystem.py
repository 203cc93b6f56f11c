"""Say what stands at a path, and keep what is ours there from everybody else on the machine."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

OTHERS = 0o077
"""What a mode lets all but the owner do."""

_QUIETLY = os.O_NONBLOCK | os.O_CLOEXEC
_TERMINALS = ("/dev/tty", "/dev/pts/", "/dev/console")


@dataclass(frozen=True, slots=True)
class Exposure:
    """Say that others could get at *path* by its ``mode``, and why they still can; nothing when they can't."""

    path: Path
    mode: int
    reason: str = ""


def kind_of(mode: int, path: Path) -> str:
    """Return what a *mode* that is no regular file's says of *path*, as `a pipe`."""
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    if stat.S_ISLNK(mode):
        return "a link"
    return "a terminal" if os.path.realpath(path).startswith(_TERMINALS) else "a device"


def narrow(path: Path) -> Exposure | None:
    """Take from all others what they may do with the file or folder *path*; return what was found, None when nothing.

    What belongs to another user, a link, and what isn't there stay as they are.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | _QUIETLY)
    except OSError:  # it isn't there, is a link or a socket, or not even its owner may read it
        return None
    try:
        return narrow_open(descriptor, path)
    finally:
        os.close(descriptor)


def narrow_open(descriptor: int, path: Path) -> Exposure | None:
    """Do what :func:`narrow` does with *path*, which is open as *descriptor*."""
    status = os.fstat(descriptor)
    mode = stat.S_IMODE(status.st_mode)
    if not mode & OTHERS:
        return None
    if status.st_uid != os.geteuid():
        return Exposure(path, mode, f"it belongs to user {status.st_uid}")
    try:
        os.fchmod(descriptor, mode & ~OTHERS)
    except OSError as error:
        return Exposure(path, mode, error.strerror or str(error))
    is_narrow = not os.fstat(descriptor).st_mode & OTHERS
    return Exposure(path, mode, "" if is_narrow else "its file system keeps no modes")
