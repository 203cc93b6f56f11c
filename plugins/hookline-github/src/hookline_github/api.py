"""Call GitHub's API: write comments, and whatever else it offers.

https://docs.github.com/en/rest
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hookline import Delivery, Event, PlatformError, Sender, Verdict
from hookline.adapters.calls import Answer, attempted, call, usual
from hookline.adapters.http import HttpClient
from hookline.adapters.payloads import identity, text
from hookline.clock import Clock

from .parse import Address, marker
from .tokens import Sign, Tokens, jwt

CALL_SECONDS, APP_SECONDS, TOKEN_SECONDS = 9.0, 5.0, 2.0
"""How long a call may take; an app makes two before it comes to a comment, and all have ten seconds."""
RATE_SECONDS, MAX_RATE_SECONDS = 60.0, 3600.0
"""So long is waited when GitHub has had enough and doesn't say for how long, and so long at most."""
VERSION = "2022-11-28"
_REPOSITORY = re.compile(r"/repos/([^/?#]+/[^/?#]+)")


class GithubApi:
    """Call GitHub's REST API as one bot: with its token, or as an installation of its app."""

    def __init__(
        self, base: str, http: HttpClient, clock: Clock, *, token: str | None, app: str | None, sign: Sign | None
    ) -> None:
        self._base = base.rstrip("/")
        self._http = http
        self._clock = clock
        self._token = token
        self._app = app
        self._sign = sign
        self._tokens = Tokens(clock)
        self._installations: dict[str, str] = {}

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Return the object that GitHub answers, as in ``await context.api.call("GET", "/repos/acme/shop")``.

        It is empty where GitHub answers a list, or nothing. An app speaks as its installation in the repository that
        *path* begins with, and as itself elsewhere. Raises PlatformError.
        """
        from aiohttp import ClientError  # lazy: 150 ms that an idle host need not pay

        if not path.startswith("/"):
            raise PlatformError(f"{method}: a path begins with `/`")
        found = _REPOSITORY.match(path)
        try:
            token = await self._opening(found[1] if found else None, None)
            if isinstance(token, Verdict):
                raise PlatformError(f"{method} {path}: no token from GitHub ({token.reason})")
            answer = await self._called(method, path, token, body)
        except (ClientError, TimeoutError) as error:
            raise PlatformError(f"{method} {path}: no answer from GitHub ({type(error).__name__})") from None
        if not 200 <= answer.status < 300:
            raise PlatformError(f"{method} {path}: GitHub says {_said(answer)}", answer.status)
        return answer.body

    async def sender(self, event: Event) -> Sender:
        """Return who is behind *event*: there is a login, and no more."""
        return Sender(event.user, event.user)

    async def send(self, delivery: Delivery, bot: str) -> Verdict:
        """Write one comment, which ends with the marker of *bot*."""
        address = Address.of(delivery.way.to)
        if address is None:
            return Verdict("way_refused", "this is no issue or pull request")
        token = await self._opening(address.repository, address.installation)
        if isinstance(token, Verdict):
            return token
        message = {name: value for name, value in delivery.messages[0].items() if name != "type"}
        body = {**message, "body": f"{message.get('body', '')}\n\n{marker(bot)}"}
        path = f"/repos/{address.repository}/issues/{address.number}/comments"
        seconds = CALL_SECONDS if self._sign is None else APP_SECONDS
        verdict = await attempted(self._called("POST", path, token, body, seconds), self._judged_comment)
        if verdict.reason.startswith("401") and self._sign is not None:
            self._tokens.forget(token)
            return replace(verdict, outcome="again", after=1.0)  # a new token may do
        return verdict

    async def _opening(self, repository: str | None, installation: str | None) -> str | Verdict:
        """Return what opens the API for *repository*, or why there is nothing: then nothing was sent."""
        if self._sign is None or self._app is None:
            return self._token or Verdict("refused", "the bot has neither a token nor an app's key")
        proof = jwt(self._app, self._sign, self._clock.now())
        if repository is None:
            return proof
        installation = installation or self._installations.get(repository)
        if installation is None:
            answer = await self._asked("GET", f"/repos/{repository}/installation", proof)
            installation = identity(answer.body, "id") if isinstance(answer, Answer) else None
            if isinstance(answer, Verdict) or installation is None:
                return (
                    answer if isinstance(answer, Verdict) else Verdict("way_refused", "the app isn't installed there")
                )
            self._installations[repository] = installation
        token = self._tokens.get(installation)
        if token is not None:
            return token
        answer = await self._asked("POST", f"/app/installations/{installation}/access_tokens", proof)
        if isinstance(answer, Verdict):
            self._installations.pop(repository, None)  # it may be installed anew
            return answer
        return self._tokens.keep(installation, answer.body) or Verdict("again", "GitHub gave no token")

    async def _asked(self, method: str, path: str, proof: str) -> Answer | Verdict:
        found: list[Answer] = []

        def judge(answer: Answer) -> Verdict:
            found.append(answer)
            return judged(answer, self._clock.now())

        verdict = await attempted(self._called(method, path, proof, None, TOKEN_SECONDS), judge)
        if verdict.outcome == "sent":
            return found[0]
        outcome = "again" if verdict.outcome == "uncertain" else verdict.outcome  # no comment was sent yet
        return replace(verdict, outcome=outcome, reason=f"no token: {verdict.reason}", blames_messages=False)

    def _judged_comment(self, answer: Answer) -> Verdict:
        return judged_comment(answer, self._clock.now())

    async def _called(
        self, method: str, path: str, token: str, body: Mapping[str, Any] | None, seconds: float = CALL_SECONDS
    ) -> Answer:
        headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {token}",
            "user-agent": "hookline",
            "x-github-api-version": VERSION,
        }
        return await call(self._http, method, f"{self._base}{path}", body, headers=headers, seconds=seconds)


def judged_comment(answer: Answer, now: int) -> Verdict:
    """Say what the *answer* to a comment means, at *now*: what was written has an id, and a proxy's answer has none."""
    verdict, written = judged(answer, now), identity(answer.body, "id")
    if verdict.outcome != "sent":
        return verdict
    return replace(verdict, message_ids=[written]) if written else replace(verdict, outcome="uncertain")


def judged(answer: Answer, now: int) -> Verdict:
    """Say what *answer* means, at *now* in milliseconds: 403 and 429 stand for too many calls, too.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    said, request_id = _said(answer), answer.headers.get("x-github-request-id")
    wait = _wait(answer, now / 1000) if answer.status in (403, 429) else None
    if wait is not None:
        return Verdict("again", said, wait, request_id)
    if 300 <= answer.status < 400:
        return Verdict("way_refused", f"{said} (the repository has moved)".strip(), request_id=request_id)
    if answer.status in (403, 404, 410) and answer.body:  # locked, deleted, or not for this token
        return Verdict("way_refused", said, request_id=request_id)
    return replace(usual(answer, text(answer.body, "message") or ""), request_id=request_id)


def _wait(answer: Answer, now: float) -> float | None:
    """Return the seconds to wait when there were too many calls, None when that isn't it."""
    if answer.retry_after is not None:
        return max(answer.retry_after, 1.0)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit() and len(reset) < 12:
        return min(max(int(reset) - now, 1.0), MAX_RATE_SECONDS)
    is_limit = answer.status == 429 or "rate limit" in (text(answer.body, "message") or "").lower()
    return RATE_SECONDS if is_limit else None


def _said(answer: Answer) -> str:
    return f"{answer.status} {text(answer.body, 'message') or ''}".strip()
