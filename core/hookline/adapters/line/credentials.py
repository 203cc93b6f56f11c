"""Take LINE's credentials as people paste them, and refuse what can't be one.

A channel secret is the key that signs webhooks: one blank more is another secret. An access token goes into a header
and is nothing but ``token68`` (https://www.rfc-editor.org/rfc/rfc6750#section-2.1). What is wrong is told by its kind,
and never shown.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

from ...pasting import is_formatting, trimmed

_QUOTES = {
    '"': '"', "'": "'", "`": "`", "“": "”", "”": "”", "„": "“”", "‟": "”", "‘": "’", "’": "’", "‚": "‘’", "«": "»",
    "‹": "›", "「": "」", "『": "』", "＂": "＂", "＇": "＇", "´": "´", "〝": "〞〟",
}  # fmt: skip
_MARKS = frozenset("".join([*_QUOTES, *_QUOTES.values()]))
_SCHEME = re.compile(r"(?:authorization\s*:)?\s*bearer(?:\s+|\Z)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_PLACEHOLDER = re.compile(
    r"""<.*>|\[.*\]|\{.*\}|\$\{?\w+\}?|%\w+%      # <your token>, {{token}}, $TOKEN
    |[x*.•_-]{3,}|…+                              # xxx, ***, ...
    |(?:your|insert|enter|paste|replace)[-_\s.].*|your\w*(?:secret|token|here)
    |change[-_\s]?(?:me|this|it)|to[-_\s]?do|fix[-_\s]?me|tbd|placeholder|n/?a|none|null|nil|undefined
    |(?:line[-_\s]?)?channel[-_\s]?secret|(?:line[-_\s]?)?(?:channel[-_\s]?)?access[-_\s]?token""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_AGAIN = "copy it once more from LINE's console"
_SECRET_RULE = f"a channel secret is 32 letters and digits in one run; {_AGAIN}"
_TOKEN_RULE = f"a token is letters, digits and `-._~+/` in one run, `=` at its end only; {_AGAIN}"


def _channel_secret(given: SecretStr) -> SecretStr:
    secret = _unquoted(given.get_secret_value())
    _refuse(_flaw(secret), _SECRET_RULE)
    return SecretStr(secret)


def _access_token(given: SecretStr) -> SecretStr:
    token = _bare(given.get_secret_value())
    _refuse(_flaw(token) or _flaw_of_token(token), _TOKEN_RULE)
    return SecretStr(token)


ChannelSecret = Annotated[SecretStr, AfterValidator(_channel_secret)]
"""A channel secret, without the quotes that were pasted with it."""

AccessToken = Annotated[SecretStr, AfterValidator(_access_token)]
"""A channel access token, without the quotes and the ``Bearer`` that were pasted with it."""


def _bare(text: str) -> str:
    """Return a token without ``Bearer`` and quotes around it, in whatever order they were put there."""
    bare = _unquoted(text)
    found = _SCHEME.match(bare)
    return bare if found is None else _bare(bare[found.end() :])


def _unquoted(text: str) -> str:
    """Return *text* without pairs of quotes around it, and without what is invisible."""
    bare = trimmed(text)
    while len(bare) > 1 and bare[-1] in _QUOTES.get(bare[0], ""):
        bare = trimmed(bare[1:-1])
    return bare


def _refuse(flaw: str | None, hint: str) -> None:
    if flaw is not None:
        raise PydanticCustomError("credential", flaw, {"hint": hint})


def _flaw(text: str) -> str | None:
    """Return what of *text* no credential has, or None."""
    if not text:
        return "nothing is left when quotes and the like are taken off"
    if _PLACEHOLDER.fullmatch(text):
        return "the real one was never filled in"
    return next((f"{kind} stands inside it" for kind in map(_foreign, text) if kind is not None), None)


def _foreign(character: str) -> str | None:
    """Return what kind of character it is, or None for one that may stand in a credential."""
    if character in "\r\n\x0b\x0c\x85\u2028\u2029":
        return "a line break"
    if character.isspace():
        return "a blank"
    if is_formatting(character):
        return "an invisible character"
    if character in _MARKS:
        return "a quotation mark"
    if not character.isascii():
        return "a character that isn't ASCII"
    return None if character.isprintable() else "a control character"


def _flaw_of_token(token: str) -> str | None:
    """Return what of *token*, in which nothing is foreign, no token has, or None."""
    if _TOKEN.fullmatch(token):
        return None
    is_filled = re.fullmatch(r"[\w\-.~+/=]+", token) is not None
    return "a `=` stands inside it" if is_filled else "a character that no token has stands inside it"
