"""Be Discord for bots on this machine: send interactions, answer its API by its rules, record what is sent."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from aiohttp import web
from nacl.signing import SigningKey
from pydantic import SecretStr

from hookline import Request
from hookline.adapters.flaws import where
from hookline.adapters.simulated import Button, Drawing, Fault, Sent, SimulatedPlatform
from hookline.clock import Clock

from .door import SIGNATURE, TIMESTAMP
from .messages import check
from .parse import COMMAND, COMPONENT, MODAL, SAY, TOKEN_MILLISECONDS
from .settings import OPTION_TYPES, Command, DiscordSettings

NONCE_MILLISECONDS = 5 * 60_000
CALLBACK_MILLISECONDS = 3_000
EPOCH = 1_420_070_400_000
Shape = Literal["thinking", "shown", "none"]


@dataclass(slots=True)
class Asked:
    """Hold one interaction: by its token it is answered. ``original`` is what is seen of its first answer."""

    bot: str
    id: str
    channel: str
    until: int
    is_acknowledged: bool
    original: Shape
    message_id: str = ""


class SimulatedDiscord(SimulatedPlatform):
    """Be Discord. ``thinking`` are the interactions that still show it, ``commands`` those of each application."""

    title = "Discord"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._numbers = itertools.count(1)
        self._keys: dict[str, SigningKey] = {}
        self._settings: dict[str, DiscordSettings] = {}
        self._names: dict[str, str] = {}
        self._asked: dict[str, Asked] = {}
        self._nonces: dict[tuple[str, str], tuple[int, Mapping[str, Any]]] = {}
        self.commands: dict[str, list[Mapping[str, Any]]] = {}

    def settings(self, bot: str, given: DiscordSettings) -> DiscordSettings:
        """Return the settings by which *bot* speaks to it."""
        key = self._keys.setdefault(bot, SigningKey.generate())
        number = given.application_id if given.application_id.isdigit() else str(_number(f"bot {bot}"))
        own = given.model_copy(
            update={
                "public_key": key.verify_key.encode().hex(),
                "application_id": number,
                "bot_token": SecretStr(f"token-of-{bot}"),
                "api_base": self.url,
            }
        )
        self._settings[bot] = own
        return own

    @property
    def thinking(self) -> list[str]:
        """Return the interactions of which people still see that somebody is thinking."""
        return [asked.id for asked in self._asked.values() if asked.original == "thinking"]

    def text(
        self, bot: str, text: str, *, user: str = "mei", group: str | None = None, mention: bool = False
    ) -> dict[str, Any]:
        """Return the interaction of a slash command; whatever else is written, `/say` says."""
        name, *words = text.removeprefix("/").split() or [""]
        if not (text.startswith("/") and name):
            said = {"name": "text", "type": OPTION_TYPES["string"], "value": text}
            return self._command(bot, user, group, SAY, [said])
        known = next((one for one in self._settings[bot].commands if one.name == name), None)
        return self._command(bot, user, group, name, _options(known, words))

    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return the interaction that *user* taps a button with *data* below a message of the bot."""
        return self._component(bot, user, group, {"custom_id": data, "component_type": 2})

    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Return an interaction of the type *kind*: *fields* are its data, those of an unknown one its own."""
        who = user or "someone"
        match kind:
            case "message.text":
                return self.text(bot, str(fields.get("text", "")), user=who, group=group)
            case "postback":
                custom = str(fields.pop("data", ""))
                menu = {"component_type": 3} if "values" in fields else {"component_type": 2}
                return self._component(bot, who, group, {"custom_id": custom, **menu, **fields})
            case "modal":
                return {**self._interaction(bot, MODAL, who, group), "data": {"custom_id": "form", **fields}}
            case "user_command" | "message_command":
                chosen = {"id": "1", "name": kind, "type": 2 if kind == "user_command" else 3, "target_id": "7"}
                return {**self._interaction(bot, COMMAND, who, group), "data": {**chosen, **fields}}
        number = kind.removeprefix("interaction.")
        return {**self._interaction(bot, int(number) if number.isdigit() else 99, who, group), **fields}

    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        """Return the signed request that brings *raw*, whose token is good from now on."""
        body, seconds = json.dumps(raw).encode(), str(self._clock.now() // 1000)
        signature = self._keys[bot].sign(seconds.encode() + body).signature.hex()
        headers = {"content-type": "application/json", SIGNATURE: signature, TIMESTAMP: seconds}
        kind, token = raw.get("type"), raw.get("token")
        if isinstance(token, str) and kind in (COMMAND, COMPONENT, MODAL):
            is_shown = kind != COMPONENT and self._settings[bot].defer
            asked = Asked(
                bot,
                str(raw.get("id")),
                str(raw.get("channel_id")),
                self._clock.now() + TOKEN_MILLISECONDS,
                is_acknowledged=kind == COMPONENT or is_shown,
                original="thinking" if is_shown else "none",
            )
            self._asked.setdefault(token, asked)
        return Request.of(body, headers, self._clock.now())

    def draw(self, message: Mapping[str, Any]) -> Drawing:
        """Return *message* for a terminal."""
        lines = str(message.get("content", "")).splitlines()
        for embed in _objects(message.get("embeds")):
            picture = _mapping(embed.get("image")).get("url")
            lines += [str(embed[key]) for key in ("title", "description") if embed.get(key)]
            lines += [f"[image] {picture}"] if picture else []
        inner = [one for row in _objects(message.get("components")) for one in _objects(row.get("components"))]
        buttons = [button for one in inner for button in _drawn(one)]
        return Drawing(lines or ([] if buttons else ["[message]"]), buttons)

    def id_of(self, user: str) -> str:
        """Return the id of a simulated person; the chat with them has the same one here, though not at Discord."""
        return str(_number(user))

    def name_of(self, to: str) -> str:
        """Return the name of who has the id *to*."""
        return self._names.get(to, to)

    def _command(self, bot: str, user: str, group: str | None, name: str, options: Sequence[Any]) -> dict[str, Any]:
        data = {"id": str(_number(f"command {name}")), "name": name, "type": 1, "options": list(options)}
        return {**self._interaction(bot, COMMAND, user, group), "data": data}

    def _component(self, bot: str, user: str, group: str | None, data: Mapping[str, Any]) -> dict[str, Any]:
        author = {"id": self._settings[bot].application_id, "username": bot, "bot": True}
        message = {"id": self._snowflake(), "type": 0, "content": "", "author": author}
        return {**self._interaction(bot, COMPONENT, user, group), "data": dict(data), "message": message}

    def _interaction(self, bot: str, kind: int, user: str, group: str | None) -> dict[str, Any]:
        self._names[self.id_of(user)] = user
        person = {"id": self.id_of(user), "username": user.lower(), "global_name": user, "discriminator": "0"}
        number = self._snowflake()
        base = {
            "id": number,
            "application_id": self._settings[bot].application_id,
            "type": kind,
            "token": f"token{number}",
            "version": 1,
            "locale": "zh-TW",
        }
        if group is None:
            room = self.id_of(user)
            return {**base, "channel_id": room, "channel": {"id": room, "type": 1}, "user": person, "context": 1}
        room = self.id_of(group)
        return {
            **base,
            "channel_id": room,
            "channel": {"id": room, "type": 0, "name": group},
            "guild_id": self.id_of(f"server of {group}"),
            "member": {"user": person, "nick": None, "roles": [], "permissions": "2147483647"},
            "context": 0,
        }

    def _snowflake(self) -> str:
        return str((max(self._clock.now() - EPOCH, 0) << 22) + next(self._numbers))

    # The API's side.

    def _routes(self) -> Iterable[web.RouteDef]:
        original = "/webhooks/{application}/{token}/messages/@original"
        commands = "/applications/{application}/commands"
        return [
            web.patch(original, self._edit),
            web.delete(original, self._delete),
            web.post("/webhooks/{application}/{token}", self._follow_up),
            web.post("/interactions/{id}/{token}/callback", self._call_back),
            web.post("/channels/{channel}/messages", self._write),
            web.get(commands, self._list_commands),
            web.put(commands, self._overwrite_commands),
        ]

    async def _edit(self, request: web.Request) -> web.Response:
        asked = self._found(request)
        if isinstance(asked, web.Response):
            return asked
        if asked.original == "none":
            return self._problem(request, 404, 10008, "Unknown Message")
        return await self._send(request, await request.json(), "original", asked)

    async def _delete(self, request: web.Request) -> web.Response:
        asked = self._found(request)
        if isinstance(asked, web.Response):
            return asked
        if asked.original == "none":
            return self._problem(request, 404, 10008, "Unknown Message")

        def accept() -> None:
            asked.original = "none"

        return await self._accept(request, accept, lambda _: self._fine(request, 204))

    async def _follow_up(self, request: web.Request) -> web.Response:
        asked = self._found(request)
        return (
            asked
            if isinstance(asked, web.Response)
            else await self._send(request, await request.json(), "followup", asked)
        )

    async def _call_back(self, request: web.Request) -> web.Response:
        asked = self._asked.get(request.match_info["token"])
        started = None if asked is None else asked.until - TOKEN_MILLISECONDS
        if asked is None or started is None or self._clock.now() > started + CALLBACK_MILLISECONDS:
            return self._problem(request, 404, 10062, "Unknown interaction")
        if asked.is_acknowledged:
            return self._problem(request, 400, 40060, "Interaction has already been acknowledged.")
        body = await request.json()
        return await self._send(request, body.get("data") or {}, "callback", asked)

    async def _write(self, request: web.Request) -> web.Response:
        bot, channel = self._bot_of(request), request.match_info["channel"]
        if bot is None:
            return self._problem(request, 401, 0, "401: Unauthorized")
        if not channel.isdigit():
            return self._problem(request, 404, 10003, "Unknown Channel")
        message = await request.json()
        nonce, is_enforced = message.pop("nonce", None), message.pop("enforce_nonce", False)
        if why := _refused(message):
            return self._problem(request, 400, 50035, why)

        def accept() -> Mapping[str, Any]:
            before = self._nonces.get((bot, str(nonce)))
            if is_enforced and before is not None and self._clock.now() - before[0] < NONCE_MILLISECONDS:
                return before[1]
            sent = self._sent(bot, "channel", channel, message, None if nonce is None else str(nonce))
            self._nonces[bot, str(nonce)] = self._clock.now(), sent
            return sent

        return await self._accept(request, accept, partial(self._fine, request, 200))

    async def _send(self, request: web.Request, message: Mapping[str, Any], form: str, asked: Asked) -> web.Response:
        if why := _refused(message):
            return self._problem(request, 400, 50035, why)

        def accept() -> Mapping[str, Any]:
            is_edited = form == "original" and asked.original == "shown"
            if is_edited:
                self.sent = [one for one in self.sent if list(one.message_ids) != [asked.message_id]]
            sent = self._sent(asked.bot, form, asked.channel, message, None, asked.message_id if is_edited else None)
            if form in ("original", "callback") or asked.original == "thinking":
                asked.original, asked.message_id, asked.is_acknowledged = "shown", str(sent["id"]), True
            return sent

        status = 204 if form == "callback" else 200
        return await self._accept(request, accept, partial(self._fine, request, status))

    def _sent(
        self,
        bot: str,
        form: str,
        to: str,
        message: Mapping[str, Any],
        retry_key: str | None,
        message_id: str | None = None,
    ) -> Mapping[str, Any]:
        number = message_id or self._snowflake()
        self._record(Sent(bot, form, to, [message], retry_key, [number]))
        return {"id": number, "channel_id": to, "content": message.get("content", "")}

    def _found(self, request: web.Request) -> Asked | web.Response:
        asked = self._asked.get(request.match_info["token"])
        if asked is None or not asked.is_acknowledged:
            return self._problem(request, 404, 10015, "Unknown Webhook")
        if self._clock.now() >= asked.until:
            return self._problem(request, 401, 50027, "Invalid Webhook Token")
        return asked

    def _bot_of(self, request: web.Request) -> str | None:
        given = request.headers.get("authorization", "").removeprefix("Bot ")
        return next((bot for bot, one in self._settings.items() if one.bot_token.get_secret_value() == given), None)

    async def _list_commands(self, request: web.Request) -> web.Response:
        return self._for_application(request, lambda number: web.json_response(self.commands.get(number, [])))

    async def _overwrite_commands(self, request: web.Request) -> web.Response:
        given = await request.json()

        def overwrite(number: str) -> web.Response:
            own = {"application_id": number, "type": 1, "default_member_permissions": None, "nsfw": False}
            self.commands[number] = [{**own, "id": self._snowflake(), "version": "1", **one} for one in given]
            return web.json_response(self.commands[number])

        return self._for_application(request, overwrite)

    def _for_application(self, request: web.Request, answer: Callable[[str], web.Response]) -> web.Response:
        bot, number = self._bot_of(request), request.match_info["application"]
        if bot is None:
            return self._problem(request, 401, 0, "401: Unauthorized")
        if self._settings[bot].application_id != number:
            return self._problem(request, 403, 20012, "You are not authorized to perform this action")
        self.requests.append((_named(request), 200))
        return answer(number)

    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        match fault.kind:
            case "rate_limit" | "monthly_limit":
                more = {"retry_after": 0.3, "global": False}
                return self._problem(request, 429, None, "You are being rate limited.", **more)
            case "refuse":
                return self._problem(request, 400, 50006, "Cannot send an empty message")
        return self._problem(request, 500, 0, "500: Internal Server Error")

    def _fine(self, request: web.Request, status: int, body: object = None) -> web.Response:
        self.requests.append((_named(request), status))
        return web.Response(status=204) if status == 204 else web.json_response(body, status=status)

    def _problem(self, request: web.Request, status: int, code: int | None, message: str, **more: Any) -> web.Response:
        self.requests.append((_named(request), status))
        coded = {} if code is None else {"code": code}
        return web.json_response({"message": message, **coded, **more}, status=status)


def _named(request: web.Request) -> str:
    """Return what was called, without a token."""
    parts = request.path.split("/")
    return f"{request.method} /{parts[1]}" + ("/@original" if parts[-1] == "@original" else "")


def _refused(message: Mapping[str, Any]) -> str:
    flaws = [flaw for flaw in check([message]) if flaw.stops(lets_unknown=True)]
    return f"Invalid Form Body: {where(flaws[0].path[1:])}: {flaws[0].reason}" if flaws else ""


def _number(name: str) -> int:
    """Return the id of a person, a channel or a bot: ids stay as they are, names become one."""
    return int(name) if name.isascii() and name.isdigit() else 10_000_000 + zlib.crc32(name.encode())


def _options(known: Command | None, words: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return *words* as what was filled in: by the names of the command's options, the last of which takes the rest."""
    if known is None or not known.options:
        return [{"name": f"option{place}", "type": 3, "value": word} for place, word in enumerate(words, 1)]
    most = len(known.options)
    given = [*words[: most - 1], " ".join(words[most - 1 :])] if len(words) > most else words
    return [
        {"name": option.name, "type": OPTION_TYPES[option.type], "value": _value(option.type, word)}
        for option, word in zip(known.options, given, strict=False)
    ]


def _value(kind: str, word: str) -> object:
    try:
        return {"integer": int, "number": float}.get(kind, str)(word) if kind != "boolean" else word == "true"
    except ValueError:
        return word


def _drawn(one: Mapping[str, Any]) -> Iterable[Button]:
    label, custom = str(one.get("label") or one.get("placeholder") or ""), one.get("custom_id")
    if one.get("url"):
        return [Button(label, url=str(one["url"]))]
    return [Button(label, data=str(custom))] if custom else []


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
