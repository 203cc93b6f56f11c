"""Hold a conversation with a simulated bot and draw it for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from ...adapters.line.simulated import events
from ...host.reloading import Reloaded
from ...telling.phrases import plain
from ...testing.exchange import Exchange
from ...testing.playground import Playground
from .report import report
from .uploads import KINDS, UnreadableError, upload

HELP = (
    "Type what a customer would write. Or:\n"
    "  /1 /2 …       press a button that the bot has shown\n"
    "  /follow /join /sticker /location   let that happen\n"
    "  /image PATH   send an image         /file PATH     send any other file\n"
    "  /as NAME      be somebody else      /group [NAME]  write in a group, or alone again\n"
    "  /@ TEXT       mention the bot       /bot NAME      talk to another bot\n"
    "  /why          say why the last answer came        /quit"
)
_EVENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "/follow": ("follow", {"follow": {"isUnblocked": False}}),
    "/unfollow": ("unfollow", {}),
    "/join": ("join", {}),
    "/sticker": (
        "message",
        {
            "message": {
                "id": "1",
                "type": "sticker",
                "packageId": "446",
                "stickerId": "1988",
                "stickerResourceType": "STATIC",
            }
        },
    ),
    "/location": (
        "message",
        {"message": {"id": "1", "type": "location", "address": "台北", "latitude": 25.03, "longitude": 121.56}},
    ),
}
_WITHOUT_TOKEN = ("unfollow",)
LEAVING = ("/quit", "/exit", "/q")


@dataclass(frozen=True, slots=True)
class Button:
    """Hold one action that a person could tap."""

    label: str
    action: Mapping[str, Any]


@dataclass
class Scene:
    """Hold who talks to whom, and which buttons are on the screen."""

    playground: Playground
    bot: str
    user: str
    group: str | None
    buttons: list[Button] = field(default_factory=list)
    last: Exchange | None = None

    async def play(self, line: str) -> Exchange | None:
        """Do what *line* says and return what came of it; None for a line that changes only the scene.

        Raises UnreadableError for a file that can't be sent.
        """
        command, _, rest = line.partition(" ")
        line_api = self.playground.line
        where: dict[str, Any] = {"user": self.user, "group": self.group}
        if command in _EVENTS:
            kind, fields = _EVENTS[command]
            if kind == "message":
                fields = {"message": {**fields["message"], "id": events.message_id()}}
            raw = line_api.event(self.bot, kind, with_token=kind not in _WITHOUT_TOKEN, **where, **fields)
            return await self.playground.send(self.bot, raw)
        if command in KINDS:
            return await self.upload(command, rest)
        if command == "/@":
            return await self.playground.says(self.bot, rest, self.user, self.group, mention=True)
        if command.startswith("/") and command[1:].isdigit():
            return await self._press(int(command[1:]))
        return await self.playground.says(self.bot, line, self.user, self.group)

    async def upload(self, command: str, path: str) -> Exchange:
        """Send the file at *path*, as *command* says, and return what came of it; raise UnreadableError."""
        raw = upload(self.playground.line, self.bot, command, path, user=self.user, group=self.group)
        return await self.playground.send(self.bot, raw)

    async def _press(self, number: int) -> Exchange | None:
        if not 1 <= number <= len(self.buttons):
            return None
        action = self.buttons[number - 1].action
        if action.get("type") == "message":
            return await self.playground.says(self.bot, str(action.get("text", "")), self.user, self.group)
        if action.get("type") == "postback":
            raw = self.playground.line.event(
                self.bot, "postback", user=self.user, group=self.group, postback={"data": str(action.get("data", ""))}
            )
            return await self.playground.send(self.bot, raw)
        return None


async def talk(playground: Playground, bot: str, user: str, group: str | None) -> None:
    """Chat in the terminal until /quit, Ctrl-D or Ctrl-C."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import FormattedText
    from prompt_toolkit.patch_stdout import patch_stdout

    console = Console()
    scene = Scene(playground, bot, user, group)
    session: PromptSession[str] = PromptSession()
    console.print(
        Text(f"You are talking to `{bot}` on a simulated LINE platform. /help shows what else you can do.", "dim")
    )
    while True:
        place = f"{scene.user}@{scene.group}" if scene.group else scene.user
        try:
            with patch_stdout(raw=True):
                line = (await session.prompt_async(FormattedText([("bold fg:ansicyan", f"{place}> ")]))).strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line in LEAVING:
            return
        if line:
            await refreshed(console, scene)
        if line and not _changes_scene(console, scene, line):
            await _play(console, scene, line)


async def refreshed(console: Console, scene: Scene) -> None:
    """Take up what has changed in the files since the last message, and say so, or what is wrong with them."""
    reloaded = await scene.playground.refresh()
    if reloaded is None:
        return
    if reloaded.problems:
        console.print(Text(plain(report(reloaded.problems)), "red"), soft_wrap=True)
        console.print(Text("what was there before goes on", "dim"))
        return
    console.print(Text(f"the files have changed: {', '.join(_changes(reloaded)) or 'nothing that counts'}", "dim"))
    if scene.bot not in scene.playground.host.bots:
        scene.bot = next(iter(scene.playground.host.bots))
        console.print(Text(f"you are talking to `{scene.bot}` now", "dim"))


def _changes(reloaded: Reloaded) -> Iterator[str]:
    """Yield what became of which bots, in words."""
    for verb, bots in (("changed", reloaded.changed), ("added", reloaded.added), ("removed", reloaded.removed)):
        if bots:
            yield f"{verb} {', '.join(bots)}"


async def converse(playground: Playground, bot: str, lines: Sequence[str]) -> None:
    """Say *lines* one after another, and print question and answer."""
    console = Console(highlight=False)
    scene = Scene(playground, bot, "mei", None)
    console.print(Text(f"A conversation with `{bot}` on the simulated LINE platform:", "dim"))
    for line in lines:
        console.print(Text(f"{scene.user}> {_printable(line)}", "bold"), soft_wrap=True)
        if line in LEAVING:
            return
        if not _changes_scene(console, scene, line):
            await _play(console, scene, line)


async def _play(console: Console, scene: Scene, line: str) -> None:
    try:
        exchange = await scene.play(line)
    except UnreadableError as error:
        console.print(Text(_printable(str(error)), "red"), soft_wrap=True)
    else:
        _show(console, scene, exchange)


def exchange_json(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange as the JSON line that scripts read."""
    raw = exchange.event
    message = raw.get("message")
    kind = f"message.{message.get('type')}" if isinstance(message, Mapping) else raw.get("type")
    line: dict[str, Any] = {
        "event": {
            "id": raw.get("webhookEventId"),
            "type": kind,
            "text": message.get("text") if isinstance(message, Mapping) else None,
        },
        "route": exchange.route,
        "messages": list(exchange.messages),
        "via": exchange.via,
    }
    if exchange.pushed:
        line["pushed"] = [{"to": to, "messages": list(messages)} for to, messages in exchange.pushed]
    if exchange.failures:
        line["failures"] = list(exchange.failures)
    if (error := exchange.error) is not None:
        line["error"] = {
            "type": error.type,
            "message": error.message,
            "handler": error.handler,
            "where": error.where,
        }
    return line


def _changes_scene(console: Console, scene: Scene, line: str) -> bool:
    command, _, rest = line.partition(" ")
    rest = rest.strip()
    match command:
        case "/help" | "/?":
            console.print(HELP, markup=False, highlight=False)
        case "/as" if rest:
            scene.user = rest
        case "/group":
            scene.group = rest or (None if scene.group else "group")
        case "/bot" if rest in scene.playground.host.bots:
            scene.bot = rest
        case "/bot":
            console.print(_bots(scene, rest), markup=False, highlight=False)
        case "/why":
            _show_why(console, scene.last)
        case _ if command.startswith("/") and not _is_known(command):
            console.print(f"there is no {command}; /help shows what there is", markup=False)
        case _:
            return False
    return True


def _bots(scene: Scene, wanted: str) -> str:
    bots = scene.playground.host.bots
    there = f"there {'is' if len(bots) == 1 else 'are'}: {', '.join(bots)}"
    return f"there is no bot {_printable(wanted)}; {there}" if wanted else there


def _is_known(command: str) -> bool:
    return command in _EVENTS or command in KINDS or command == "/@" or command[1:].isdigit()


def _show_why(console: Console, exchange: Exchange | None) -> None:
    if exchange is None:
        console.print("nothing has been said yet")
    else:
        console.print(
            Text(f"route: {exchange.route or 'none'}, outcome: {exchange.outcome}, via: {exchange.via}", "dim")
        )


def _show(console: Console, scene: Scene, exchange: Exchange | None) -> None:
    if exchange is None:
        console.print(Text("there is no such button", "dim"))
        return
    scene.last = exchange
    buttons: list[Button] = []
    for message in exchange.messages:
        for line in _drawn(message, buttons):
            console.print(Text(f"  {_printable(line)}", "green"), soft_wrap=True)
    for to, messages in exchange.pushed:
        for message in messages:
            for line in _drawn(message, []):
                console.print(Text(f"  → {_who(scene, to)}: {_printable(line)}", "yellow"))
    for failure in exchange.failures:
        console.print(Text(f"  not sent ({failure})", "red"))
    if exchange.error is not None:
        said = " ".join(_printable(str(exchange.error)).split())
        console.print(Text(f"  failed: {said}", "red"), soft_wrap=True)
    if buttons:
        scene.buttons = buttons
        shown = "  ".join(f"[/{number}] {button.label}" for number, button in enumerate(buttons, 1))
        console.print(Text(f"  {_printable(shown)}", "cyan"))
    if not (exchange.messages or exchange.pushed or exchange.failures or exchange.error):
        console.print(Text(f"  (no answer: {exchange.outcome})", "dim"))


def _who(scene: Scene, to: str) -> str:
    profile = scene.playground.line.profiles.get(to)
    return profile.name if profile else to


def _drawn(message: Mapping[str, Any], buttons: list[Button]) -> Iterator[str]:
    """Yield a message as lines of text, and collect the buttons that it shows."""
    match message.get("type"):
        case "text" | "textV2":
            yield from str(message.get("text", "")).splitlines() or [""]
        case "flex":
            yield f"▣ {message.get('altText', '')}"
            yield from (f"  {line}" for line in _texts_of(message.get("contents")))
            buttons.extend(_card_buttons(message.get("contents")))
        case "template":
            yield f"▣ {message.get('altText', '')}"
            yield from (f"  {line}" for line in _template_texts(message.get("template")))
            buttons.extend(_buttons_of(message.get("template")))
        case "location":
            yield f"[location] {message.get('title', '')}, {message.get('address', '')}"
        case kind:
            url = message.get("originalContentUrl") or message.get("stickerId") or ""
            yield f"[{kind}] {url}".rstrip()
    buttons.extend(_buttons_of(message.get("quickReply")))


def _template_texts(node: Any) -> Iterator[str]:
    """Yield the titles and texts of a template, those of its columns included."""
    if isinstance(node, Mapping):
        for name in ("title", "text"):
            yield from str(node.get(name) or "").splitlines()
        for column in node.get("columns") or []:
            yield from _template_texts(column)


def _texts_of(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if node.get("type") == "box" and node.get("layout") in ("horizontal", "baseline"):
            parts = [text for child in node.get("contents", []) for text in _texts_of(child)]
            if parts:
                yield "  ".join(parts)
            return
        if node.get("type") in ("text", "span") and node.get("text"):
            yield str(node["text"])
        for value in node.values():
            if isinstance(value, Mapping | list):
                yield from _texts_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from _texts_of(item)


def _card_buttons(contents: Any) -> Iterator[Button]:
    """Yield the buttons of a flex message; in a carousel each says on which card it is."""
    cards = contents.get("contents") if isinstance(contents, Mapping) and contents.get("type") == "carousel" else None
    if not isinstance(cards, list):
        yield from _buttons_of(contents)
        return
    for card in cards:
        title = next(_texts_of(card), "")
        yield from (
            Button(f"{button.label} ({title})" if title else button.label, button.action)
            for button in _buttons_of(card)
        )


def _buttons_of(node: Any) -> Iterator[Button]:
    if isinstance(node, Mapping):
        action = node.get("action")
        if isinstance(action, Mapping):
            yield Button(str(action.get("label") or action.get("text") or action.get("uri") or "…"), action)
        for name, value in node.items():
            if name == "actions" and isinstance(value, list):
                yield from (Button(str(item.get("label", "…")), item) for item in value if isinstance(item, Mapping))
            elif name != "action":
                yield from _buttons_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from _buttons_of(item)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x1b", "␛").replace("\0", "␀")
