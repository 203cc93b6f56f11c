"""Hold what opens GitHub's API: a token that is given, or those of an app's installations, which last an hour.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from hookline import MissingExtraError
from hookline.adapters.payloads import text
from hookline.clock import Clock

Sign = Callable[[bytes], bytes]

SPARE_SECONDS = 300
"""So long before its end a token is no longer used."""
JWT_SECONDS, DRIFT_SECONDS = 540, 60
"""A JWT may last ten minutes, and GitHub's clock may be behind."""


def signer(pem: str) -> Sign:
    """Return what signs by RS256 with the key in *pem*.

    Raises MissingExtraError without `cryptography`, ValueError for what is no private RSA key; none of them quotes it.
    """
    try:  # lazy: bots with a token need none of it, and it is an extra
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # type: ignore[import-not-found, unused-ignore]
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # type: ignore[import-not-found, unused-ignore]
        from cryptography.hazmat.primitives.hashes import SHA256  # type: ignore[import-not-found, unused-ignore]
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtraError("`cryptography`, which signs for a GitHub App,", "app", "hookline-github") from error
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except Exception:  # ValueError, TypeError and errors of its own, some of which quote what they were given
        key = None
    if isinstance(key, RSAPrivateKey):
        return lambda message: bytes(key.sign(message, PKCS1v15(), SHA256()))
    raise ValueError("expected an app's private key as GitHub gives it: a PEM file with an RSA key, unencrypted")


def jwt(app: str, sign: Sign, now: int) -> str:
    """Return what proves to be the app for some minutes from *now* on, in milliseconds since 1970."""
    seconds = now // 1000
    claims = {"iat": seconds - DRIFT_SECONDS, "exp": seconds + JWT_SECONDS, "iss": app}
    message = b".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    return b".".join((message, _encoded(sign(message)))).decode()


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


class Tokens:
    """Keep the tokens of an app's installations until shortly before they expire."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[str, int]] = {}

    def get(self, installation: str) -> str | None:
        """Return the token of *installation*; None when there is none that lasts."""
        token, until = self._kept.get(installation, ("", 0))
        return token if self._clock.now() < until else None

    def keep(self, installation: str, answer: Mapping[str, object]) -> str | None:
        """Keep and return the token that GitHub gave for *installation*; None when it gave none."""
        token = text(answer, "token")
        if token is not None:
            self._kept[installation] = token, _end(text(answer, "expires_at")) - SPARE_SECONDS * 1000
        return token

    def forget(self, token: str) -> None:
        """Drop *token*, which GitHub no longer takes."""
        self._kept = {installation: kept for installation, kept in self._kept.items() if kept[0] != token}


def _end(written: str | None) -> int:
    try:
        return round(datetime.fromisoformat(written or "").timestamp() * 1000)
    except ValueError:
        return 0  # it is used once
