"""Hold what joins fronts and worker: a folder of mailboxes, a clock, a bell, and files in memory."""

from __future__ import annotations

import mmap
import os
import secrets
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..mailbox.stamps import Stamps

SLOTS = 512
CAN_HAND_OVER = hasattr(os, "memfd_create")
"""Whether a process can hand a file over that is in memory alone."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Hold what joins fronts and worker: the folder of the mailboxes, the clock of the stamps, and a bell.

    ``pages`` is where the worker answers what is no webhook.
    """

    folder: Path
    stamps: Stamps
    bell: Bell
    pages: socket.socket
    board: Board

    @classmethod
    def made(cls, folder: Path) -> Mail:
        """Return all of it anew; nobody may write to the mailboxes below *folder*."""
        pages = socket.socket(socket.AF_UNIX)
        pages.bind(f"\0hookline-{os.getpid()}-{secrets.token_hex(8)}")
        pages.listen(128)
        pages.setblocking(False)
        return cls(folder, Stamps.after(folder), Bell(), pages, Board())

    @classmethod
    def adopted(cls, folder: Path, base: int, bell: tuple[int, int], pages: socket.socket) -> Mail:
        """Return what the program before this one had: the same base, both ends of the bell, and ``pages``."""
        return cls(folder, Stamps(base), Bell(bell), pages, Board())


class Board:
    """Let each process of a host say a number, in memory that all of them share from their fork on."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, SLOTS * 8)

    def say(self, slot: int, number: int) -> None:
        """Say *number*, as the process in *slot*."""
        struct.pack_into("=q", self._memory, slot % SLOTS * 8, number)

    def of(self, slot: int) -> int:
        """Return what the process in *slot* said last, or the one before it there."""
        (number,) = struct.unpack_from("=q", self._memory, slot % SLOTS * 8)
        return int(number)

    def total(self) -> int:
        """Return the sum of what all have said."""
        return sum(struct.unpack_from(f"={SLOTS}q", self._memory))


class Bell:
    """Tell the worker, from any front, that something is there: a pipe of which it only matters that it isn't empty."""

    def __init__(self, ends: tuple[int, int] | None = None) -> None:
        self.listening, self.ringing = ends or os.pipe()
        for end in (self.listening, self.ringing):
            os.set_blocking(end, False)
            os.set_inheritable(end, False)

    @property
    def ends(self) -> tuple[int, int]:
        """Return the descriptors of both ends."""
        return self.listening, self.ringing

    def ring(self) -> None:
        """Let the worker look."""
        with suppress(BlockingIOError):  # it is ringing
            os.write(self.ringing, b"!")

    def heard(self) -> None:
        """Let it be silent, until it is rung again."""
        with suppress(BlockingIOError):
            os.read(self.listening, 65536)


def read_whole(descriptor: int) -> bytes:
    """Return all that is in the file *descriptor*, wherever others stand in it."""
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def kept_in_memory(data: bytes) -> int:
    """Return a file that holds *data* in memory alone."""
    descriptor = os.memfd_create("hookline roster", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
