"""Know how LINE wants a URL to be written: https://developers.line.biz/en/reference/messaging-api/#url-specifications.

What is written otherwise and can mean one thing only is percent-encoded.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from ...flaws import Flaw, PartialText

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_BLANK = re.compile(r"\s")
_FORBIDDEN = re.compile(r'["<>\\^`{|}\[\]]')
_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]")
_WEB = re.compile(r"(https?://)([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_IPV6 = re.compile(r"\A(https?://)\[[0-9A-Fa-f:.]+\]", re.IGNORECASE)
_TELEPHONE = "tel:"


def flaw(value: str) -> Flaw | None:
    """Return what LINE would refuse in how the URL *value* is written, or None."""
    bare = value.strip()
    if _CONTROL.search(bare):
        return Flaw((), "a URL has no blanks or line breaks", "a blank in a URL is written %20")
    if found := _FORBIDDEN.search(_IPV6.sub(r"\1", bare)):
        return Flaw((), f"a URL can't hold `{found.group()}`", f"there it is written {quote(found.group())}")
    instead = encoded(value)
    if instead == value and not _ENCODED.search(value):
        return None
    reason = "a URL has no blanks or line breaks" if _BLANK.search(value) else "it isn't percent-encoded"
    if isinstance(value, PartialText):
        return Flaw((), reason, is_tacit=True)
    if _ENCODED.search(instead):
        return Flaw((), reason, "write a host as xn--…, and a telephone number in digits")
    return Flaw((), reason, instead=instead, is_tacit=True)


def encoded(value: str) -> str:
    """Return the URL *value* as it goes over the wire, with all that isn't ASCII encoded as far as that is right."""
    bare = value.strip()
    if bare[: len(_TELEPHONE)].lower() == _TELEPHONE:
        return re.sub(r"\s+", "-", unicodedata.normalize("NFKC", bare))
    found = _WEB.fullmatch(bare)
    if found is None:
        return _ENCODED.sub(_escape, bare)
    return found[1] + _host(found[2]) + _ENCODED.sub(_escape, found[3])


def _host(written: str) -> str:
    """Return a host as the network knows it: its labels in Punycode; what can't be one is returned as it is."""
    if written.isascii() or "@" in written:
        return written.strip()
    try:
        return written.encode("idna").decode("ascii")
    except UnicodeError:
        return written


def _escape(found: re.Match[str]) -> str:
    return quote(found.group(), safe="", errors="replace")
