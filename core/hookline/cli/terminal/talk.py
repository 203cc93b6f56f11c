"""Hold a conversation with a simulated bot and draw it for a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console
from rich.text import Text

from ...adapters.simulated import Button
from ...config.editing.conversations import add_conversation
from ...errors import EditError
from ...host.reloading import Reloaded
from ...telling.phrases import counted, plain
from ...testing.exchange import Exchange
from ...testing.playground import Playground
from ...testing.recording import Recorder
from .report import report
from .uploads import KINDS, UnreadableError, upload

HELP = (
    "Type what a customer would write. Or:\n"
    "  /1 /2 …       press a button that the bot has shown\n"
    "  /follow /join /sticker /location   let that happen\n"
    "  /tap DATA     tap a button          /event TYPE [JSON]   let any event happen\n"
    "  /image PATH   send an image         /file PATH     send any other file\n"
    "  /as NAME      be somebody else      /group [NAME]  write in a group, or alone again\n"
    "  /@ TEXT       mention the bot       /bot NAME      talk to another bot\n"
    "  /why          say why the last answer came        /quit\n"
    "  /save FILE NAME   write what was said and answered since the chat began, or\n"
    "                since /new, as a test: `hookline test FILE` plays it\n"
    "  /new          forget all that, the bots too, and begin anew\n"
    "  //TEXT        say /TEXT, where a bot has commands of its own"
)
_SAVED = re.compile(r"""(?:(?P<quote>["'])(?P<quoted>.+?)(?P=quote)|(?P<file>(?!["'])\S+))\s+(?P<name>\S.*)""")
_EVENTS = {
    "/follow": "follow",
    "/unfollow": "unfollow",
    "/join": "join",
    "/sticker": "message.sticker",
    "/location": "message.location",
}
DONE = (*KINDS, "/event", "/tap")
"""What is done, not said, in a script too."""
LEAVING = ("/quit", "/exit", "/q")
NEW = "/new"


class UnsavedError(Exception):
    """Say why what was played isn't saved."""


def named_in(rest: str) -> tuple[Path, str]:
    """Return the file and the name that stand behind `/save`; raise UnsavedError."""
    found = _SAVED.match(rest.strip())
    if found is None:
        raise UnsavedError("say where, and as what: /save FILE NAME, as in /save tests/booking.yaml books a table")
    return Path(found["quoted"] or found["file"]).expanduser(), found["name"]


@dataclass
class Scene:
    """Hold who talks to whom, and which buttons are on the screen."""

    playground: Playground
    bot: str
    user: str
    group: str | None
    buttons: list[Button] = field(default_factory=list)
    last: Exchange | None = None
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.playground)

    async def play(self, line: str) -> Exchange | None:
        """Do what *line* says and return what came of it; None for a line that changes only the scene.

        Raises UnreadableError for a file that can't be sent.
        """
        command, _, rest = line.partition(" ")
        if command.startswith("//"):
            return await self.recorder.says(self.bot, line[1:], self.user, self.group)
        if command == "/tap":
            return await self.recorder.taps(self.bot, rest.strip(), self.user, self.group)
        if command == "/event":
            kind, _, data = rest.strip().partition(" ")
            if not kind:
                raise UnreadableError("say which event: /event TYPE [JSON]")
            return await self.recorder.happens(self.bot, kind, self.user, self.group, **fields_of(data))
        if command in _EVENTS and _EVENTS[command] in self.events:
            return await self.recorder.happens(self.bot, _EVENTS[command], self.user, self.group)
        if command in KINDS:
            return await self.upload(command, rest)
        if command == "/@":
            return await self.recorder.says(self.bot, rest, self.user, self.group, mention=True)
        if command.startswith("/") and command[1:].isdigit():
            return await self._press(int(command[1:]))
        return await self.recorder.says(self.bot, line, self.user, self.group)

    @property
    def has_commands(self) -> bool:
        """Say whether people give the bot commands of its own that begin with a slash."""
        return "command" in self.playground.host.bots[self.bot].kind.fields

    @property
    def events(self) -> Collection[str]:
        """Return the types of events that the bot's platform has."""
        return self.playground.host.bots[self.bot].kind.events

    async def upload(self, command: str, path: str) -> Exchange:
        """Send the file at *path*, as *command* says, and return what came of it; raise UnreadableError."""
        return await self.recorder.gives(self.bot, upload(command, path), self.user, self.group)

    async def _press(self, number: int) -> Exchange | None:
        if not 1 <= number <= len(self.buttons):
            return None
        return await self.recorder.presses(self.bot, self.buttons[number - 1], self.user, self.group)

    async def begin_anew(self) -> None:
        """Forget all that was played, and what the bots remember of it."""
        await self.playground.restart(forgets=True)
        self.recorder.forget()
        self.buttons, self.last = [], None

    def save(self, rest: str) -> str:
        """Write what was played as *rest* of `/save` says, and return what is to be told; raise UnsavedError."""
        path, name = named_in(rest)
        transcript = self.recorder.transcript(self.bot, name)
        if not transcript.steps:
            raise UnsavedError(f"nothing has been played with `{self.bot}` yet")
        try:
            add_conversation(path, self.bot, name, transcript.lines(), is_only_bot=len(self.playground.host.bots) == 1)
        except EditError as error:
            raise UnsavedError(str(error)) from error
        return (
            f"saved {counted(len(transcript.steps), 'step')} as `{name}`: `hookline test {quote(str(path))}` plays them"
        )


async def talk(playground: Playground, bot: str, user: str, group: str | None) -> None:
    """Chat in the terminal until /quit, Ctrl-D or Ctrl-C."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import FormattedText
    from prompt_toolkit.patch_stdout import patch_stdout

    console = Console()
    scene = Scene(playground, bot, user, group)
    session: PromptSession[str] = PromptSession()
    where = f"a simulated {playground.platform(bot).title} platform"
    console.print(Text(f"You are talking to `{bot}` on {where}. /help shows what else you can do.", "dim"))
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
        if line == NEW:
            await scene.begin_anew()
            console.print(Text("all is forgotten: a new scene begins", "dim"))
        elif line and not _changes_scene(console, scene, line):
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
    where = f"the simulated {playground.platform(bot).title} platform"
    console.print(Text(f"A conversation with `{bot}` on {where}:", "dim"))
    for line in lines:
        console.print(Text(f"{scene.user}> {_printable(line)}", "bold"), soft_wrap=True)
        if line in LEAVING:
            return
        if line == NEW:
            await scene.begin_anew()
        elif not _changes_scene(console, scene, line):
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
    event = exchange.happened
    line: dict[str, Any] = {
        "event": None if event is None else {"id": event.id, "type": event.type, "text": event.text},
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
        case "/save":
            _save(console, scene, rest)
        case "/why":
            _show_why(console, scene.last)
        case _ if command.startswith("/") and not (_is_known(command) or scene.has_commands):
            console.print(f"there is no {command}; /help shows what there is", markup=False)
        case _:
            return False
    return True


def _save(console: Console, scene: Scene, rest: str) -> None:
    try:
        console.print(Text(_printable(scene.save(rest)), "dim"), soft_wrap=True)
    except UnsavedError as error:
        console.print(Text(_printable(str(error)), "red"), soft_wrap=True)


def _bots(scene: Scene, wanted: str) -> str:
    bots = scene.playground.host.bots
    there = f"there {'is' if len(bots) == 1 else 'are'}: {', '.join(bots)}"
    return f"there is no bot {_printable(wanted)}; {there}" if wanted else there


def _is_known(command: str) -> bool:
    own = ("/@", "/event", "/tap")
    return command.startswith("//") or command in (*_EVENTS, *KINDS, *own) or command[1:].isdigit()


def fields_of(text: str) -> dict[str, Any]:
    """Return what stands behind an event's type: a JSON object, or nothing; raise UnreadableError."""
    try:
        found = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise UnreadableError(f"what stands behind the event's type is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise UnreadableError("what stands behind the event's type must be a JSON object")
    return found


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
    platform = scene.playground.platform(scene.bot)
    for message in exchange.messages:
        drawing = platform.draw(message)
        buttons.extend(drawing.buttons)
        for line in drawing.lines:
            console.print(Text(f"  {_printable(line)}", "green"), soft_wrap=True)
    for to, messages in exchange.pushed:
        for message in messages:
            for line in platform.draw(message).lines:
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
    return scene.playground.platform(scene.bot).name_of(to)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x1b", "␛").replace("\0", "␀")
