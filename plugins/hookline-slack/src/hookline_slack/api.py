"""Call Slack's API: post messages, answer commands and taps, fetch files, learn who somebody is.

https://docs.slack.dev/apis/web-api/
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from hookline import ContentError, Delivery, Event, PlatformError, Sender, Verdict
from hookline.adapters.adapter import Incoming
from hookline.adapters.calls import Answer, attempted, call, parts_of, usual
from hookline.adapters.http import HttpClient
from hookline.adapters.payloads import mapping, text
from hookline.clock import Clock

from .hosts import Hosts
from .parse import file_of

CALL_SECONDS = 9.0
SENDER_SECONDS = 2.0
SENDER_MILLISECONDS = 10 * 60_000
MAX_SENDERS = 1_000

_JSON = {"content-type": "application/json; charset=utf-8"}
_AGAIN = frozenset(["ratelimited", "rate_limited", "request_timeout"])
"""With these nothing was done; ``request_timeout`` says that the request came cut off."""
_UNCERTAIN = frozenset(["internal_error", "fatal_error", "service_unavailable"])
"""With these some of what was asked for may have been done: https://docs.slack.dev/reference/methods/chat.postMessage"""
_BLAMING = frozenset(
    (
        *("msg_too_long", "msg_blocks_too_long", "no_text", "invalid_blocks", "invalid_blocks_format"),
        *("invalid_attachments", "attachment_payload_limit_exceeded", "too_many_attachments", "invalid_payload"),
        *("invalid_metadata_format", "metadata_too_large", "markdown_text_conflict", "invalid_arguments"),
    )
)
_ONLY_RESPONDS = ("response_type", "replace_original", "delete_original")


class SlackApi:
    """Call Slack's Web API as one bot."""

    def __init__(self, hosts: Hosts, token: str, http: HttpClient, clock: Clock) -> None:
        self._hosts = hosts
        self._token = token
        self._http = http
        self._clock = clock
        self._senders: OrderedDict[str, tuple[int, Sender]] = OrderedDict()

    async def call(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        """Return what a method answers, as in ``await context.api.call("users.info", user="U1")``.

        Raises PlatformError where it isn't done. Parameters that are no texts go out as JSON, as Slack wants them.
        """
        from aiohttp import ClientError  # lazy: 150 ms that an idle host need not pay

        try:
            answer = await self._asked(method, parameters, CALL_SECONDS)
        except (ClientError, TimeoutError, OSError) as error:
            raise PlatformError(f"{method}: no answer from Slack ({type(error).__name__})") from None
        if answer.body.get("ok") is not True:
            raise PlatformError(f"{method}: Slack says {_said(answer)}", answer.status)
        return answer.body

    async def sender(self, event: Event) -> Sender:
        """Return who is behind *event*; never raises, what can't be learned in two seconds is None."""
        if event.user is None:
            return Sender()
        known = self._senders.get(event.user)
        if known is not None and self._clock.now() < known[0]:
            return known[1]
        try:
            async with asyncio.timeout(SENDER_SECONDS):
                found = await self.call("users.info", user=event.user, include_locale="true")
        except Exception:  # the promise of PlatformApi.sender: who it is is never worth a failed answer
            return Sender(event.user)
        sender = _sender(event.user, mapping(found, "user"))
        self._senders[event.user] = self._clock.now() + SENDER_MILLISECONDS, sender
        self._senders.move_to_end(event.user)
        while len(self._senders) > MAX_SENDERS:
            self._senders.popitem(last=False)
        return sender

    async def send(self, delivery: Delivery) -> Verdict:
        """Send one message."""
        if not delivery.messages:
            return Verdict("sent", "there is nothing to say")
        address, _, thread = delivery.way.to.partition(" ")
        if delivery.way.name == "respond":
            return await self._respond(address, thread, delivery.messages[0])
        return await self._post(address, delivery.messages[0])

    async def _respond(self, url: str, thread: str, message: Mapping[str, Any]) -> Verdict:
        if not self._hosts.is_response_url(url):  # the settings may have changed since it was kept
            return Verdict("way_refused", "the `response_url` isn't Slack's")
        where = {"thread_ts": thread} if thread else {}
        body = {"response_type": "in_channel", "replace_original": False, **where, **message}
        return await attempted(
            call(self._http, "POST", url, body, headers=_JSON, seconds=CALL_SECONDS), judged_response
        )

    async def _post(self, address: str, message: Mapping[str, Any]) -> Verdict:
        if message.get("response_type") == "ephemeral":  # else all would see what was meant for one
            reason = "only who has tapped a button or given a command can be answered alone (`ephemeral`)"
            return Verdict("refused", reason, blames_messages=True)
        channel, _, thread = address.partition(":")
        where = {"channel": channel, **({"thread_ts": thread} if thread else {})}
        body = {**{name: value for name, value in message.items() if name not in _ONLY_RESPONDS}, **where}
        url = f"{self._hosts.base}/chat.postMessage"
        headers = {**_JSON, **self._authorization()}
        return await attempted(call(self._http, "POST", url, body, headers=headers, seconds=CALL_SECONDS), judged)

    async def _asked(self, method: str, parameters: Mapping[str, Any], seconds: float) -> Answer:
        """Call a method with a form: all of them take one, but some of them no JSON."""
        given = {name: one if isinstance(one, str) else json.dumps(one) for name, one in parameters.items()}
        async with (
            asyncio.timeout(seconds),
            self._http.session().post(
                f"{self._hosts.base}/{method}",
                data=urlencode(given, errors="replace").encode(),
                headers={"content-type": "application/x-www-form-urlencoded", **self._authorization()},
                allow_redirects=False,
            ) as response,
        ):
            found = _object(await response.read())
            return Answer(response.status, found, {name.lower(): one for name, one in response.headers.items()})

    def _authorization(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    @asynccontextmanager
    async def incoming(self, event: Event, at_most: int) -> AsyncIterator[Incoming]:
        """Open the first file that came with *event*; needs the scope ``files:read``."""
        from aiohttp import ClientError  # lazy: as above

        found = await self._file(file_of(event.raw))
        url = text(found, "url_private_download") or text(found, "url_private")
        if url is None or not self._hosts.is_file(url):
            raise ContentError(f"the file of `{event.type}` isn't with Slack")
        try:
            async with self._http.downloads().get(
                url, headers=self._authorization(), allow_redirects=False
            ) as response:
                if response.status in (404, 410):
                    raise ContentError("Slack no longer has this file")
                if response.status != 200:  # without the scope Slack leads to its login page
                    raise PlatformError(f"fetching a file: Slack says {response.status}", response.status)
                kind = text(found, "mimetype") or response.content_type
                yield Incoming(kind, parts_of(response.content, at_most))
        except (TimeoutError, ClientError) as error:
            raise PlatformError(f"fetching a file: no answer from Slack ({type(error).__name__})") from None

    async def _file(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is to be known of a file; of one from another workspace the event tells only its id."""
        file_id = text(found, "id")
        if text(found, "url_private") is not None or file_id is None:
            return found
        return mapping(await self.call("files.info", file=file_id), "file")


def _sender(user: str, found: Mapping[str, Any]) -> Sender:
    profile = mapping(found, "profile")
    name = text(profile, "display_name") or text(profile, "real_name") or text(found, "name")
    picture, status = text(profile, "image_192"), text(profile, "status_text")
    return Sender(user, name, text(found, "locale"), picture, status)


def judged(answer: Answer) -> Verdict:
    """Say what *answer* means: the body does, since Slack answers 200 and says that it failed."""
    request_id = answer.headers.get("x-slack-req-id")
    if answer.body.get("ok") is True:
        sent = text(answer.body, "ts")
        return Verdict("sent", request_id=request_id, message_ids=[] if sent is None else [sent])
    return replace(_failed(answer), request_id=request_id)


def _failed(answer: Answer) -> Verdict:
    error = text(answer.body, "error") or ""
    if answer.status == 429 or error in _AGAIN:
        return Verdict("again", _said(answer), after=answer.retry_after or 1.0)
    if error in _UNCERTAIN:
        return Verdict("uncertain", _said(answer))
    if error and answer.status < 500:
        return Verdict("refused", _said(answer), blames_messages=error in _BLAMING)
    return usual(replace(answer, status=500) if answer.status == 200 else answer, error)


def judged_response(answer: Answer) -> Verdict:
    """Say what the *answer* to a ``response_url`` means: it is ``ok`` as plain text, or an error in either form.

    Any error that doesn't blame the messages is about the URL, or the app: ``expired_url``, ``used_url``. Another way
    may still do.
    """
    error = text(answer.body, "error") or ""
    if answer.status == 200 and not error:
        return Verdict("sent")
    if answer.status in (400, 413) and not error:
        return Verdict("refused", _said(answer), blames_messages=True)
    is_over = answer.status in (403, 404, 410) if not error else error not in _BLAMING | _AGAIN | _UNCERTAIN
    if is_over and answer.status != 429:
        return Verdict("way_refused", _said(answer))
    return _failed(answer)


def _said(answer: Answer) -> str:
    why = [text(answer.body, "error") or "", *_details(answer.body)]
    return f"{answer.status} {' '.join(filter(None, why))}".strip()


def _details(body: Mapping[str, Any]) -> list[str]:
    messages = mapping(body, "response_metadata").get("messages")
    return [one for one in messages if isinstance(one, str)][:3] if isinstance(messages, list) else []


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
