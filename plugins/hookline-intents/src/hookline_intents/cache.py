"""Keep what was learned on disk: vectors of sentences and whole models, by a hash of what they were made from.

A file that can't be read is as good as none: it is made anew. Files hold arrays only (no pickles), so that reading
a foreign one can do no harm.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Floats
from .encoders import Encoder

KEPT_VECTORS = 50_000
KEPT_DAYS = 30
"""A model that was not used for so long is deleted."""

Arrays = Mapping[str, Any]


def load_model(folder: Path | None, key: str) -> Arrays | None:
    """Return the arrays that were kept under *key*, or None."""
    if folder is None:
        return None
    path = _model_file(folder, key)
    arrays = _read(path)
    if arrays is not None:
        with suppress(OSError):
            os.utime(path)
    return arrays


def keep_model(folder: Path | None, key: str, arrays: Arrays) -> None:
    """Keep *arrays* under *key*, where that can be done, and delete what nobody has used for a month."""
    if folder is None:
        return
    _write(_model_file(folder, key), arrays)
    oldest = time.time() - KEPT_DAYS * 86_400
    for path in folder.glob("model-*.npz"):
        with suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def encoded(encoder: Encoder, texts: Sequence[str], folder: Path | None) -> Floats:
    """Return a vector for each of *texts*; only those that were never seen before are encoded."""
    known = _known_vectors(encoder, folder)
    hashes = [_hash(text) for text in texts]
    new = {mark: text for mark, text in zip(hashes, texts, strict=True) if mark not in known}
    known.update(zip(new, encoder.encode(list(new.values())), strict=True))
    if new and folder is not None:
        kept = list(known)[-KEPT_VECTORS:]
        marks = np.frombuffer(b"".join(kept), np.uint8).reshape(len(kept), -1)
        _write(_vector_file(folder, encoder), {"marks": marks, "vectors": np.stack([known[mark] for mark in kept])})
    return np.stack([known[mark] for mark in hashes]) if texts else encoder.encode([])


def fingerprint(*parts: object) -> str:
    """Return a key that is the same only for the same *parts*."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _known_vectors(encoder: Encoder, folder: Path | None) -> dict[bytes, Floats]:
    arrays = None if folder is None else _read(_vector_file(folder, encoder))
    try:
        if arrays is not None and arrays["vectors"].shape == (len(arrays["marks"]), encoder.size):
            vectors = arrays["vectors"].astype(np.float32)
            if np.isfinite(vectors).all():
                return {mark.tobytes(): vector for mark, vector in zip(arrays["marks"], vectors, strict=True)}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # arrays, but others
    return {}


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _model_file(folder: Path, key: str) -> Path:
    return folder / f"model-{key}.npz"


def _vector_file(folder: Path, encoder: Encoder) -> Path:
    return folder / f"vectors-{encoder.name}.npz"


def _read(path: Path) -> Arrays | None:
    try:
        with path.open("rb") as source, np.load(source, allow_pickle=False) as file:  # it leaves broken files open
            return {name: file[name] for name in file.files}
    except Exception:  # a broken file makes numpy and zipfile raise almost anything
        return None


def _write(path: Path, arrays: Arrays) -> None:
    """Write beside *path* and move it there whole; who can't write works without."""
    with suppress(OSError):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}-", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
