"""Sign and verify webhooks by what is said of them.

The package ``standardwebhooks`` isn't used: it is 60 lines around ``hmac``, looks at the machine's clock rather than at
when a request came, and knows neither which secret matched nor a refusal that costs the same for all.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

Scheme = Literal["standard-webhooks", "hmac-sha256", "token"]
Encoding = Literal["hex", "base64"]
NAMES = ("body", "timestamp", "id", "url")
MAX_SIGNATURES = 8

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HEX = re.compile(r"[0-9A-Fa-f]{64}")


def placeholders(signed: str) -> frozenset[str]:
    """Return the names in braces in *signed*; raise ValueError for one that isn't known."""
    names = frozenset(_PLACEHOLDER.findall(signed))
    for name in sorted(names):
        if name not in NAMES and not (name.startswith("header.") and name != "header."):
            known = ", ".join(f"{{{one}}}" for one in (*NAMES, "header.NAME"))
            raise ValueError(f"`signed`: there is no {{{name}}}; there are {known}")
    if "{" in _PLACEHOLDER.sub("", signed) or "}" in _PLACEHOLDER.sub("", signed):
        raise ValueError("`signed`: a brace stands alone")
    return names


def message(signed: str, values: Mapping[str, bytes], header: Callable[[str], str | None]) -> bytes | None:
    """Return what is *signed*, with *values* and headers in place of its placeholders; None when one is missing."""
    parts = [_part(index, text, values, header) for index, text in enumerate(_PLACEHOLDER.split(signed))]
    return None if None in parts else b"".join(part for part in parts if part is not None)


def digests(given: str, prefix: str, encoding: Encoding, separators: str) -> Sequence[bytes]:
    """Return the digests in a header, each behind *prefix*; there may be several, between *separators*."""
    parts = (part for part in re.split(f"[{re.escape(separators)}]+", given) if part.startswith(prefix))
    found = (_digest(part.removeprefix(prefix), encoding) for part in parts)
    return [digest for digest in found if digest is not None][:MAX_SIGNATURES]


def written(digest: bytes, encoding: Encoding) -> str:
    """Return *digest* as a header has it."""
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


def _part(index: int, text: str, values: Mapping[str, bytes], header: Callable[[str], str | None]) -> bytes | None:
    if index % 2 == 0:
        return text.encode()
    if text.startswith("header."):
        found = header(text.removeprefix("header.").lower())
        return None if found is None else found.encode("latin-1", "replace")
    return values.get(text)


def _digest(text: str, encoding: Encoding) -> bytes | None:
    if encoding == "hex":
        return bytes.fromhex(text) if _HEX.fullmatch(text) else None
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == 32 and written(digest, encoding) == text else None
