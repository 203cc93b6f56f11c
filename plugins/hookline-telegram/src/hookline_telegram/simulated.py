"""Be Telegram for bots on this machine: send updates, answer the Bot API by its rules, record what is sent."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Iterable, Mapping
from functools import partial
from mimetypes import guess_type
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from hookline import Request
from hookline.adapters.flaws import where
from hookline.adapters.simulated import PICTURE, Button, Drawing, Fault, Sent, SentFile, SimulatedPlatform
from hookline.clock import Clock

from .adapter import HEADER, TelegramSettings
from .messages import METHODS, check
from .parse import SERVICES

SECRET = "simulated-secret"  # noqa: S105  it opens nothing
_NOT_TOLD = ("secret_token", "drop_pending_updates")
_FILE_KEYS: Mapping[str, str] = {"image": "photo", "video": "video", "audio": "audio", "file": "document"}


class SimulatedTelegram(SimulatedPlatform):
    """Be Telegram.

    ``acknowledged`` are the taps that a bot has answered, ``files`` what people have sent, ``set_webhooks`` what bots
    have said by setWebhook, and what has gone wrong with that.
    """

    title = "Telegram"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._numbers = itertools.count(1)
        self._bots: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._usernames: dict[str, str] = {}
        self.acknowledged: list[str] = []
        self.files: dict[str, SentFile] = {}
        self.set_webhooks: dict[str, dict[str, Any]] = {}

    def settings(self, bot: str, given: TelegramSettings) -> TelegramSettings:
        """Return the settings by which *bot* speaks to it."""
        token = f"{_number(f'bot {bot}')}:{bot}"
        self._bots[token] = bot
        self._usernames[bot] = (given.username or self._username(bot)).removeprefix("@")
        changed = {"token": SecretStr(token), "secret_token": [SecretStr(SECRET)], "api_base": self.url}
        return given.model_copy(update={**changed, "username": self._usernames[bot]})

    def text(
        self, bot: str, text: str, *, user: str = "mei", group: str | None = None, mention: bool = False
    ) -> dict[str, Any]:
        """Return the update with a text; one that begins with a slash is a command."""
        name = f"@{self._username(bot)}"
        command, blank, rest = text.partition(" ") if text.startswith("/") else ("", "", text)
        called = f"{command}{name if mention else ''}" if command else name if mention else ""
        written = f"{called}{blank if command else ' ' if called else ''}{rest}"
        kind = "bot_command" if command else "mention"
        entities = [{"type": kind, "offset": 0, "length": len(called.encode("utf-16-le")) // 2}] if called else []
        more = {"entities": entities} if entities else {}
        return self._update("message", {**self._message(user, group), "text": written, **more})

    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return the update that *user* taps a button with *data* below a message of the bot."""
        message = {
            **self._message(user, group),
            "from": {"id": _number(f"bot {bot}"), "is_bot": True, "first_name": bot},
        }
        query = {"id": str(next(self._numbers)), "from": self._person(user), "message": message, "data": data}
        return self._update("callback_query", query)

    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Return an update of the type *kind*: a message with *fields*, or whatever else Telegram has."""
        who = user or "someone"
        if kind == "postback":
            return self.tap(bot, str(fields.get("data", "")), user=who, group=group)
        if kind.startswith("message.") or kind in SERVICES:
            return self._update("message", {**self._message(who, group), **(fields or _usual(kind))})
        if kind.endswith(("_message", "_post")):
            return self._update(kind, {**self._message(who, group), **fields})
        base = {"from": self._person(who), "chat": self._chat(who, group), "date": self._now()}
        if kind == "message_reaction":
            base = {**base, "user": base.pop("from"), "message_id": next(self._numbers), "old_reaction": []}
        return self._update(kind, {**base, **fields})

    def file(self, bot: str, file: SentFile, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return the update that *user* sends a *file*."""
        file_id = f"file-{next(self._numbers)}"
        self.files[file_id] = file
        found: Any = {"file_id": file_id, "file_unique_id": file_id, "file_size": len(file.content)}
        if file.kind == "image":
            found = [found]
        else:
            found |= {"file_name": file.name, "mime_type": guess_type(file.name)[0] or "application/octet-stream"}
        return self._update("message", {**self._message(user, group), _FILE_KEYS[file.kind]: found})

    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        """Return the request that brings *raw*."""
        headers = {"content-type": "application/json", HEADER: SECRET}
        return Request.of(json.dumps(raw).encode(), headers, self._clock.now())

    def draw(self, message: Mapping[str, Any]) -> Drawing:
        """Return *message* for a terminal."""
        method = message.get("method", "sendMessage")
        shown = str(message.get("text") or message.get("caption") or message.get("title") or "")
        what = "" if method == "sendMessage" else f"[{str(method).removeprefix('send').lower()}] "
        media = str(message.get(METHODS.get(str(method), ""), "")) if what else ""
        lines = [line for line in (f"{what}{media}".strip(), *shown.splitlines()) if line]
        markup = message.get("reply_markup") or {}
        rows = [*(markup.get("inline_keyboard") or ()), *(markup.get("keyboard") or ())]
        return Drawing(lines, [_drawn(one) for row in rows for one in row])

    def id_of(self, user: str) -> str:
        """Return the id of a simulated person."""
        return str(_number(user))

    def name_of(self, to: str) -> str:
        """Return the name of who has the id *to*."""
        return self._names.get(to, to)

    def _username(self, bot: str) -> str:
        return self._usernames.get(bot, f"{bot}_bot")

    def _update(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"update_id": next(self._numbers), kind: dict(body)}

    def _message(self, user: str, group: str | None) -> dict[str, Any]:
        return {
            "message_id": next(self._numbers),
            "from": self._person(user),
            "chat": self._chat(user, group),
            "date": self._now(),
        }

    def _person(self, user: str) -> dict[str, Any]:
        self._names[self.id_of(user)] = user
        return {"id": _number(user), "is_bot": False, "first_name": user, "language_code": "zh-hant"}

    def _chat(self, user: str, group: str | None) -> dict[str, Any]:
        if group is None:
            return {"id": _number(user), "type": "private", "first_name": user}
        return {"id": -_number(group), "type": "supergroup", "title": group}

    def _now(self) -> int:
        return self._clock.now() // 1000

    # The API's side.

    def _routes(self) -> Iterable[web.RouteDef]:
        return [web.get("/file/bot{token}/{file}", self._download), web.post("/bot{token}/{method}", self._called)]

    async def _called(self, request: web.Request) -> web.Response:
        bot, method = self._bots.get(request.match_info["token"]), request.match_info["method"]
        if bot is None:
            return self._problem(request, 401, "Unauthorized")
        parameters = await request.json() if request.can_read_body else {}
        if method == "answerCallbackQuery":
            self.acknowledged.append(str(parameters.get("callback_query_id")))
            return self._fine(request, True)
        if method == "getMe":
            number = _number(f"bot {bot}")
            return self._fine(
                request, {"id": number, "is_bot": True, "first_name": bot, "username": self._username(bot)}
            )
        if method == "getFile":
            file_id = str(parameters.get("file_id"))
            if file_id not in self.files:
                return self._problem(request, 400, "Bad Request: wrong file_id or the file is temporarily unavailable")
            return self._fine(request, {"file_path": file_id})
        if method in ("setWebhook", "deleteWebhook", "getWebhookInfo"):
            return self._webhook(request, bot, method, parameters)
        if method not in METHODS:
            return self._problem(request, 404, "Not Found")
        chat, thread = str(parameters.pop("chat_id", "")), parameters.pop("message_thread_id", None)
        message = {"method": method, **parameters}
        flaws = [flaw for flaw in check([message]) if flaw.stops(lets_unknown=False)]
        if not chat.lstrip("-").isdigit() or flaws:
            why = f"{where(flaws[0].path[1:])}: {flaws[0].reason}" if flaws else "chat not found"
            return self._problem(request, 400, f"Bad Request: {why}")
        to = chat if thread is None else f"{chat}:{thread}"

        def accept() -> dict[str, Any]:
            number = next(self._numbers)
            self._record(Sent(bot, "send", to, [message], message_ids=[str(number)]))
            return {"message_id": number, "chat": {"id": int(chat)}, "date": self._now()}

        return await self._accept(request, accept, partial(self._fine, request))

    def _webhook(self, request: web.Request, bot: str, method: str, parameters: Mapping[str, Any]) -> web.Response:
        if method == "getWebhookInfo":
            found = {name: value for name, value in self.set_webhooks.get(bot, {}).items() if name not in _NOT_TOLD}
            return self._fine(request, {"url": "", "has_custom_certificate": False, "pending_update_count": 0, **found})
        url = str(parameters.get("url", ""))
        if url and not url.startswith("https://"):
            return self._problem(request, 400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if method == "deleteWebhook" or not url:
            self.set_webhooks.pop(bot, None)
        else:
            self.set_webhooks[bot] = dict(parameters)
        return self._fine(request, True)

    async def _download(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["file"])
        if found is None or request.match_info["token"] not in self._bots:
            return self._problem(request, 404, "Not Found")
        self.requests.append((request.path, 200))
        return web.Response(body=found.content, content_type="image/png" if found.content == PICTURE else None)

    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        match fault.kind:
            case "rate_limit" | "monthly_limit":
                return self._problem(request, 429, "Too Many Requests: retry after 1", parameters={"retry_after": 1})
            case "refuse":
                return self._problem(request, 400, "Bad Request: message text is empty")
        return self._problem(request, 500, "Internal Server Error")

    def _fine(self, request: web.Request, result: object) -> web.Response:
        self.requests.append((_named(request), 200))
        return web.json_response({"ok": True, "result": result})

    def _problem(self, request: web.Request, status: int, description: str, **more: Any) -> web.Response:
        self.requests.append((_named(request), status))
        body = {"ok": False, "error_code": status, "description": description, **more}
        return web.json_response(body, status=status)


def _named(request: web.Request) -> str:
    return f"/{request.path.rpartition('/')[2]}"


def _number(name: str) -> int:
    """Return the id of a person, a group or a bot: ids stay as they are, names become one."""
    return abs(int(name)) if name.lstrip("-").isdigit() else 10_000_000 + zlib.crc32(name.encode())


def _usual(kind: str) -> Mapping[str, Any]:
    match kind:
        case "message.sticker":
            return {"sticker": {"file_id": "sticker", "emoji": "👍"}}
        case "message.location":
            return {"location": {"latitude": 25.03, "longitude": 121.56}}
        case "message.contact":
            return {"contact": {"phone_number": "+886912345678", "first_name": "Mei"}}
        case "new_chat_members":
            return {"new_chat_members": [{"id": 7, "is_bot": False, "first_name": "Ann"}]}
    return {}


def _drawn(button: Mapping[str, Any]) -> Button:
    label, data, url = str(button.get("text", "")), button.get("callback_data"), button.get("url")
    if url is not None:
        return Button(label, url=str(url))
    return Button(label, says=label) if data is None else Button(label, data=str(data))
