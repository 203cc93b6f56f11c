"""Be Slack for bots on this machine: post events, answer the Web API by its rules, record what is sent."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from pydantic import SecretStr

from hookline import Request
from hookline.adapters.flaws import where
from hookline.adapters.payloads import mapping, objects
from hookline.adapters.simulated import PICTURE, Button, Drawing, Fault, Sent, SentFile, SimulatedPlatform
from hookline.clock import Clock
from hookline.neutral import SAID

from .adapter import SIGNATURE, TIMESTAMP, VERSION, SlackSettings
from .messages import check
from .parse import OPENED, RESPONSES
from .texts import read_text

SECRET = "simulated-secret"  # noqa: S105  it opens nothing
RESPOND_SECONDS = 30 * 60
TEAM = "T0SIMULATED"
_TYPES = {"image": "image/png", "video": "video/mp4", "audio": "audio/mpeg", "file": "application/octet-stream"}
_INTERACTIONS = frozenset(
    ["block_actions", "view_submission", "view_closed", "shortcut", "message_action", "block_suggestion"]
)


@dataclass(slots=True)
class ResponseUrl:
    """Hold where a command or a tap is answered: until when, in milliseconds, and how often still."""

    bot: str
    channel: str
    until: int
    uses: int = RESPONSES


class SimulatedSlack(SimulatedPlatform):
    """Be Slack. ``files`` are what people have sent, by id; ``asked`` are the people whose names were looked up.

    ``response_urls`` are those that were given out, by what ends them; one that is taken out no longer works.
    """

    title = "Slack"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._numbers = itertools.count(1)
        self._bots: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.files: dict[str, SentFile] = {}
        self.asked: list[str] = []

    def settings(self, bot: str, given: SlackSettings) -> SlackSettings:
        """Return the settings by which *bot* speaks to it."""
        token = f"xoxb-{bot}"
        self._bots[token] = bot
        changed = {"signing_secret": [SecretStr(SECRET)], "bot_token": SecretStr(token), "api_base": f"{self.url}/api"}
        return given.model_copy(update={**changed, "bot_user": _bot_user(bot)})

    def text(
        self, bot: str, text: str, *, user: str = "mei", group: str | None = None, mention: bool = False
    ) -> dict[str, Any]:
        """Return the event of a text; one that begins with a slash is a command."""
        if text.startswith("/"):
            return self.command(bot, text, user=user, group=group)
        written = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        called = f"<@{_bot_user(bot)}> " if mention else ""
        return self.event(bot, {**self._message(user, group), "text": f"{called}{written}"})

    def command(self, bot: str, text: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return the slash command *text*."""
        command, _, arguments = text.partition(" ")
        channel = self._channel(user, group)
        return {
            "team_id": TEAM,
            "channel_id": channel,
            "channel_name": "directmessage" if group is None else group,
            "user_id": self.id_of(user),
            "user_name": self._known(user),
            "command": command,
            "text": arguments,
            "api_app_id": "A0SIMULATED",
            "response_url": self._response_url(bot, channel),
            "trigger_id": self._trigger(),
        }

    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return what comes of it when *user* taps a button with *data* below a message of the bot."""
        action = {"type": "button", "action_id": "button.0", "block_id": "b1", "value": data}
        return self.act(bot, action, user=user, group=group)

    def act(
        self, bot: str, action: Mapping[str, Any], *, user: str = "mei", group: str | None = None, thread: str = ""
    ) -> dict[str, Any]:
        """Return what comes of any *action*, as with a picker; of a message in *thread*, if there is one."""
        channel, ts = self._channel(user, group), self._ts()
        stands = {"thread_ts": thread} if thread else {}
        return self._interaction(
            "block_actions",
            user,
            container={"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False, **stands},
            channel={"id": channel, "name": group or "directmessage"},
            message={"type": "message", "user": _bot_user(bot), "bot_id": "B1", "ts": ts, "text": "…", **stands},
            response_url=self._response_url(bot, channel),
            actions=[{"action_ts": self._ts(), **action}],
        )

    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Return an event of the type *kind*: a message, an interaction, or whatever else Slack has."""
        who = user or "someone"
        if kind == "postback":
            return self.tap(bot, str(fields.get("data", "")), user=who, group=group)
        if kind in _INTERACTIONS:
            place = {"channel": {"id": self._channel(who, group), "name": group}} if kind == "message_action" else {}
            return self._interaction(kind, who, **{"callback_id": "callback", **place, **fields})
        if kind == "app_mention":
            text = f"<@{_bot_user(bot)}> {fields.pop('text', 'hi')}"
            message = {**self._message(who, group), "type": kind, "text": text}
            del message["channel_type"]
            return self.event(bot, {**message, **fields})
        if kind in ("channel_join", "channel_leave"):
            return self.event(bot, {**self._message(who, group), "subtype": kind, "text": "…", **fields})
        if kind.startswith("message."):
            return self.event(bot, {**self._message(who, group), **fields})
        if kind in ("message_changed", "message_deleted"):
            return self.event(bot, self._edited(kind, who, group, fields))
        base = {"type": kind, "event_ts": self._ts(), **({"user": self.id_of(who)} if user else {})}
        if kind.startswith("reaction_"):
            item = {"type": "message", "channel": self._channel(who, group), "ts": self._ts()}
            return self.event(bot, {**base, "reaction": "thumbsup", "item": item, **fields})
        return self.event(bot, {**base, "channel": self._channel(who, group), **fields})

    def event(self, bot: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what Slack posts of *event*."""
        return {
            "team_id": TEAM,
            "api_app_id": "A0SIMULATED",
            "event": dict(event),
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers):08d}",
            "event_time": self._clock.now() // 1000,
            "authorizations": [{"team_id": TEAM, "user_id": _bot_user(bot), "is_bot": True}],
        }

    def file(self, bot: str, file: SentFile, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return the event that *user* sends a *file*."""
        file_id = f"F{next(self._numbers):08d}"
        self.files[file_id] = file
        message = {**self._message(user, group), "subtype": "file_share", "text": "", "files": [self._told(file_id)]}
        return self.event(bot, message)

    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        """Return the signed request that brings *raw*: JSON for events, forms for commands and interactions."""
        kind = "application/json" if raw.get("type") == "event_callback" else "application/x-www-form-urlencoded"
        if kind == "application/json":
            body = json.dumps(raw).encode()
        else:
            body = urlencode({"payload": json.dumps(raw)} if "type" in raw else raw, errors="replace").encode()
        return signed(body, SECRET, self._clock.now(), kind)

    def draw(self, message: Mapping[str, Any]) -> Drawing:
        """Return *message* for a terminal."""
        lines: list[str] = []
        buttons: list[Button] = []
        for block in objects(message, "blocks"):
            text = block.get("text")
            lines += _shown(text) if isinstance(text, Mapping) else []
            lines += [f"[image] {block.get('image_url', '')}".strip()] if block.get("type") == "image" else []
            elements = [*objects(block, "elements"), mapping(block, "accessory")]
            buttons += [_drawn(one) for one in elements if "action_id" in one]
        return Drawing(lines or _shown(message), buttons)

    def id_of(self, user: str) -> str:
        """Return the id of a simulated person."""
        return user if user[:1] in ("U", "W") and user.isupper() else f"U{_code(user)}"

    def name_of(self, to: str) -> str:
        """Return the name of who has the id *to*."""
        return self._names.get(to, to)

    def channel_of(self, group: str) -> str:
        """Return the id of the channel *group*."""
        return f"C{_code(group)}"

    def _known(self, user: str) -> str:
        self._names[self.id_of(user)] = user
        return user

    def _channel(self, user: str, group: str | None) -> str:
        self._known(user)
        if group is not None:
            return self.channel_of(group)
        return f"D{self.id_of(user)[1:]}"

    def _message(self, user: str, group: str | None) -> dict[str, Any]:
        ts = self._ts()
        return {
            "type": "message",
            "channel": self._channel(user, group),
            "channel_type": "im" if group is None else "channel",
            "user": self.id_of(user),
            "ts": ts,
            "event_ts": ts,
        }

    def _edited(self, kind: str, user: str, group: str | None, fields: Mapping[str, Any]) -> dict[str, Any]:
        before = {"type": "message", "user": self.id_of(user), "ts": self._ts(), "text": "before"}
        base = {**self._message(user, group), "subtype": kind, "hidden": True, "previous_message": before}
        del base["user"]
        if kind == "message_deleted":
            return {**base, "deleted_ts": before["ts"], **fields}
        return {**base, "message": {**before, "text": str(fields.get("text", "after"))}}

    def _interaction(self, kind: str, user: str, **fields: Any) -> dict[str, Any]:
        who = {"id": self.id_of(user), "username": self._known(user), "name": user, "team_id": TEAM}
        base = {"type": kind, "user": who, "team": {"id": TEAM}, "api_app_id": "A0SIMULATED"}
        return {**base, "trigger_id": self._trigger(), **fields}

    def _response_url(self, bot: str, channel: str) -> str:
        key = f"{bot}-{next(self._numbers)}"
        self.response_urls[key] = ResponseUrl(bot, channel, self._clock.now() + RESPOND_SECONDS * 1000)
        return f"{self.url}/api/respond/{key}"

    def _told(self, file_id: str) -> dict[str, Any]:
        file = self.files[file_id]
        kind = "image/png" if file.content == PICTURE else _TYPES.get(file.kind, _TYPES["file"])
        url = f"{self.url}/api/files/{file_id}"
        return {"id": file_id, "name": file.name, "mimetype": kind, "size": len(file.content), "url_private": url}

    def _trigger(self) -> str:
        return f"{next(self._numbers)}.2.simulated"

    def _ts(self) -> str:
        return f"{self._clock.now() // 1000}.{next(self._numbers):06d}"

    # The API's side.

    def _routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post("/api/respond/{key}", self._respond),
            web.get("/api/files/{file}", self._download),
            web.post("/api/{method}", self._called),
        ]

    def _bot_of(self, request: web.Request) -> str | None:
        return self._bots.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def _called(self, request: web.Request) -> web.Response:
        bot, method = self._bot_of(request), request.match_info["method"]
        if bot is None:
            return self._problem(request, "invalid_auth")
        if method == "chat.postMessage":
            return await self._post(request, bot)
        given = await request.post()
        match method:
            case "auth.test":
                return self._fine(request, {"user_id": _bot_user(bot), "team_id": TEAM, "bot_id": "B1"})
            case "users.info":
                return self._person(request, str(given.get("user")))
            case "files.info" if given.get("file") in self.files:
                return self._fine(request, {"file": self._told(str(given["file"]))})
            case "files.info":
                return self._problem(request, "file_not_found")
        return self._problem(request, "unknown_method")

    def _person(self, request: web.Request, user: str) -> web.Response:
        self.asked.append(user)
        if user not in self._names:
            return self._problem(request, "user_not_found")
        profile = {"display_name": self._names[user], "image_192": f"https://avatars.example/{user}.png"}
        return self._fine(request, {"user": {"id": user, "locale": "zh-TW", "profile": profile}})

    async def _post(self, request: web.Request, bot: str) -> web.Response:
        message = await request.json()
        channel, thread = str(message.pop("channel", "")), message.pop("thread_ts", None)
        if not (channel[:1] in ("C", "D", "G", "U", "W") and channel.isalnum()):
            return self._problem(request, "channel_not_found")
        if (error := _refused(message)) is not None:
            return self._problem(request, *error)
        to = channel if thread is None else f"{channel}:{thread}"

        def accept() -> dict[str, Any]:
            return {"channel": channel, "ts": self._accepted(bot, "post", to, message)}

        return await self._accept(request, accept, partial(self._fine, request))

    async def _respond(self, request: web.Request) -> web.Response:
        url = self.response_urls.get(request.match_info["key"])
        if url is None or self._clock.now() >= url.until:
            return self._problem(request, "expired_url", status=404)
        if url.uses <= 0:
            return self._problem(request, "used_url", status=404)
        message = await request.json()
        thread = message.pop("thread_ts", None)
        if (error := _refused(message)) is not None:
            return self._problem(request, *error, status=400)

        def accept() -> str:
            url.uses -= 1
            to = url.channel if thread is None else f"{url.channel}:{thread}"
            return self._accepted(url.bot, "respond", to, message)

        return await self._accept(request, accept, lambda _: self._plain(request))

    def _accepted(self, bot: str, form: str, to: str, message: Mapping[str, Any]) -> str:
        ts = self._ts()
        person = f"U{to[1:]}" if to.startswith("D") and ":" not in to else to  # who is alone with the bot
        self._record(Sent(bot, form, person, [message], message_ids=[ts]))
        return ts

    async def _download(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["file"])
        if found is None:
            return self._problem(request, "file_not_found", status=404)
        if self._bot_of(request) is None:  # Slack leads to its login page
            self.requests.append((_named(request), 302))
            return web.Response(status=302, headers={"location": "/login"})
        self.requests.append((_named(request), 200))
        return web.Response(body=found.content, content_type="image/png" if found.content == PICTURE else None)

    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        match fault.kind:
            case "rate_limit" | "monthly_limit":
                return self._problem(request, "ratelimited", status=429, headers={"retry-after": "1"})
            case "refuse":
                return self._problem(request, "invalid_blocks", status=400 if "/respond/" in request.path else 200)
        return self._problem(request, "internal_error", status=500)

    def _fine(self, request: web.Request, result: Mapping[str, Any]) -> web.Response:
        self.requests.append((_named(request), 200))
        return web.json_response({"ok": True, **result})

    def _plain(self, request: web.Request) -> web.Response:
        self.requests.append((_named(request), 200))
        return web.Response(text="ok")

    def _problem(
        self,
        request: web.Request,
        error: str,
        why: str = "",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        self.requests.append((_named(request), status))
        more = {"response_metadata": {"messages": [f"[ERROR] {why}"]}} if why else {}
        return web.json_response({"ok": False, "error": error, **more}, status=status, headers=headers)


def signed(body: bytes, secret: str, now: int, content_type: str = "application/json") -> Request:
    """Return the request with *body*, signed at *now*, in milliseconds since 1970."""
    at = str(now // 1000)
    digest = hmac.digest(secret.encode(), f"{VERSION}:{at}:".encode() + body, hashlib.sha256).hex()
    headers = {"content-type": content_type, TIMESTAMP: at, SIGNATURE: f"{VERSION}={digest}"}
    return Request.of(body, headers, now)


def _refused(message: Mapping[str, Any]) -> tuple[str, str] | None:
    flaws = [flaw for flaw in check([message]) if flaw.stops(lets_unknown=False)]
    if not flaws:
        return None
    at = where(flaws[0].path[1:])
    error = "invalid_blocks" if at.startswith("blocks") else "msg_too_long" if message.get("text") else "no_text"
    return error, f"{at}: {flaws[0].reason}"


def _shown(text: Mapping[str, Any]) -> list[str]:
    return read_text(str(text.get("text", "")), None)[0].splitlines()


def _drawn(element: Mapping[str, Any]) -> Button:
    text = mapping(element, "text") or mapping(element, "placeholder")
    button = Button(str(text.get("text") or element.get("type")))
    value = str(element.get("value", element["action_id"]))
    if "url" in element:
        return replace(button, url=str(element["url"]))
    if value.startswith(OPENED):
        return button
    return replace(button, says=value.removeprefix(SAID)) if value.startswith(SAID) else replace(button, data=value)


def _named(request: web.Request) -> str:
    return f"/{request.path.split('/')[2]}" if request.path.count("/") > 2 else f"/{request.path.rpartition('/')[2]}"


def _bot_user(bot: str) -> str:
    return f"U{_code(f'bot {bot}')}"


def _code(name: str) -> str:
    return f"0{zlib.crc32(name.encode()):08X}"
