"""Write events of the store, and what was answered to them, as a conversation that can be played; people made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from ..adapters.adapter import Adapter
from ..adapters.simulated import Button, SimulatedPlatform
from ..bots.bot import adapter_of
from ..config.configuration import BotConfiguration
from ..errors import AdapterError, HooklineError
from ..events import Event, is_own
from ..flows.effects import MARK
from ..messages import text_of
from ..store.database.reading import Transactions
from ..store.people.history import EventFilter, History, PastDelivery, Story
from .disguises import Disguise
from .phrases import counted, plain
from .transcripts import WAITS, Messages, Transcript, Turn, press

MOST = 500
"""So many events become one conversation at most."""

TIMER = "hookline.timer"
ABOVE = "from the store: ids, telephone numbers and e-mail addresses are made up, names and places are not"
_WORDS: Mapping[str, str] = {"follow": "follows", "join": "joins", "leave": "leaves", "unfollow": "leaves"}
_FILES = ("message.image", "message.video", "message.audio", "message.file")
_JOINED = {"merged": "was run together with", "superseded": "gave way to", "rejected": "was turned away during"}
_UNLIKE = {"standby": "somebody else had the chat", "stale": "it came too late", "unsent": "its author took it back"}
"""Why an event ended as it can't in a test."""


class UnsavedError(HooklineError):
    """Say why events can't be written as a conversation."""


async def named_stories(database: Transactions, bot: str, names: Sequence[str]) -> Sequence[Story]:
    """Return the events of *bot* with these ids or numbers, in their order; raise UnsavedError."""
    found: dict[int, Story] = {}
    for name in names:
        story = await History(database).show(bot, name)
        if story is None:
            raise UnsavedError(f"bot {plain(bot)} has no event {plain(name)}, or has forgotten it")
        found[story.event.seq] = story
    return [found[seq] for seq in sorted(found)]


async def stories_of(database: Transactions, bot: str, conversation: str, since: int | None) -> Sequence[Story]:
    """Return what happened in *conversation* since then (in milliseconds since 1970); raise UnsavedError."""
    history = History(database)
    events = await history.list(EventFilter(bot=bot, conversation=conversation, since=since), MOST + 1)
    if not events:
        raise UnsavedError(f"bot {plain(bot)} has no events of the chat {plain(conversation)} in that time")
    if len(events) > MOST:
        raise UnsavedError(f"these are more than {MOST} events: choose a shorter time with --since")
    each = [await history.show(bot, str(event.event_id)) for event in reversed(events)]
    return [story for story in each if story is not None]


def transcript_of(bot: BotConfiguration, stories: Sequence[Story], own: str, name: str | None = None) -> Transcript:
    """Return *stories*, which are in their order, as a conversation with *bot*; raise UnsavedError.

    *own* is what the bot's files say: numbers and addresses that stand there aren't anybody's.
    """
    if bot.adapter.simulate is None:
        raise UnsavedError(str(AdapterError(bot.adapter.name, "it brings no simulated platform to play it on")))
    platform = bot.adapter.simulate(None)
    scribe = _Scribe(bot, adapter_of(bot), platform, Disguise(own, platform.id_of))
    turns = [turn for story in stories for turn in scribe.turns(story)]
    found = Transcript(bot.name, name or _usual_name(turns), turns, bot.timezone, [ABOVE])
    if not found.steps:
        notes = dict.fromkeys(note for turn in turns for note in turn.notes)
        why = "; ".join(notes) or "nobody did or heard anything"
        raise UnsavedError(f"nothing of {counted(len(stories), 'event')} can be saved: {why}")
    return found


@dataclass
class _Scribe:
    """Write one event after another, and know what was sent before it."""

    bot: BotConfiguration
    adapter: Adapter
    platform: SimulatedPlatform
    disguise: Disguise
    sent: list[tuple[str, Messages]] = field(default_factory=list)
    last_message: str | None = None

    def turns(self, story: Story) -> Sequence[Turn]:
        """Return what became of one event: no turn where nobody noticed it."""
        event = story.event
        if is_own(event.kind):
            turns = self._due(story)
        elif not story.raw:
            what = f"event {event.seq} ({event.kind})"
            turns = [Turn(event.received_at, None, notes=[f"{what}: what it said isn't kept any more"])]
        else:
            turns = [self._happened(story, self.adapter.read(story.raw, event.received_at))]
        self.sent += [(one.conversation, one.messages) for one in self._gone(story) if one.messages]
        return turns

    def _due(self, story: Story) -> Sequence[Turn]:
        pushed = self._messages(self._gone(story))
        if not pushed:
            return []
        if story.event.kind == TIMER:
            return [Turn(story.event.received_at, WAITS, pushed=pushed)]
        said = "; ".join(text_of(message) for message in pushed)
        return [Turn(story.event.received_at, None, notes=[f"{story.event.kind}, which no step can say: {said}"])]

    def _happened(self, story: Story, event: Event) -> Turn:
        group = self.disguise.group(event.chat.id) if event.chat.kind in ("group", "room") else None
        user = {} if event.user is None else {"user": self.disguise.person(event.user)}
        does, value, notes = self._done(event)
        if event.user is None and does is not None:
            notes = [*notes, "who did this isn't known"]
        hears, pushed, more = self._came(story)
        if event.message_id is not None and event.is_message:
            self.last_message = event.message_id
        return Turn(
            at=story.event.received_at,
            does=does,
            value=value,
            group=group,
            mention=event.text is not None and bool(event.calls),
            hears=hears,
            pushed=pushed,
            notes=[*notes, *more],
            **user,
        )

    def _done(self, event: Event) -> tuple[str | None, object, Sequence[str]]:
        """Return what a step says of *event*, and what it can't say."""
        if event.postback is not None:
            return self._tapped(event)
        if event.type == "message.text":
            text = self.disguise.text(_uncalled(event))
            return ("says", text, ()) if event.text else (None, True, ["a text stood here that its author took back"])
        if event.type in _WORDS:
            return _WORDS[event.type], True, ()
        if event.type in _FILES:
            kind = event.type.removeprefix("message.")
            name = event.attachment.name if event.attachment is not None else None
            return "sends", {kind: {"name": f"{kind}{PurePath(name).suffix}"}} if name else kind, ()
        match event.type:
            case "message.sticker":
                return "sends", _sticker(event), ()
            case "message.location":
                return "sends", event.type, ["the place is another one"]
            case "unsend" if event.message_id == self.last_message:
                return "unsends", True, ()
        return None, True, [f"`{event.type}` happened here, which no step can say"]

    def _tapped(self, event: Event) -> tuple[str | None, object, Sequence[str]]:
        data = event.postback or ""
        if event.picked is not None and self._is_picker(data):
            return "picks", event.picked, ()
        is_private = event.chat.kind not in ("group", "room")
        sent = [messages for chat, messages in reversed(self.sent) if not is_private or chat == event.conversation]
        label = press(lambda button: button.data == data, map(self._buttons, sent))
        if label is not None:
            return "taps", self.disguise.text(label) if isinstance(label, str) else label, ()
        if not data.startswith(MARK):
            return "sends", {"postback": {"data": self.disguise.text(data)}}, ()
        return None, True, ["a button was tapped here that was sent before what is saved, or isn't kept any more"]

    def _is_picker(self, data: str) -> bool:
        """Say whether the last picker that was sent is that with *data*."""
        for _, messages in reversed(self.sent):
            for message in reversed(messages):
                quick: Any = message.get("quickReply") or {}
                for item in quick.get("items", ()):
                    if item.get("action", {}).get("type") == "datetimepicker":
                        return bool(item["action"].get("data") == data)
        return False

    def _buttons(self, messages: Messages) -> Sequence[Button]:
        return [button for message in messages for button in self.platform.draw(message).buttons]

    def _came(self, story: Story) -> tuple[Messages | None, Messages | None, Sequence[str]]:
        """Return what was heard and pushed, and why that can't be wanted again."""
        event = story.event
        if event.joined is not None and event.outcome in _JOINED:
            how = f"it {_JOINED[event.outcome]} event {event.joined}"
            return None, None, [f"this came in a burst: {how}, while a test plays one after another"]
        if event.outcome in _UNLIKE:
            return None, None, [f"nothing was answered then, since {_UNLIKE[event.outcome]}"]
        if event.status in ("waiting", "running"):
            return None, None, ["it hasn't been answered yet"]
        own = [one for one in story.deliveries if one.bot == self.bot.name]
        here = [one for one in own if one.conversation == event.conversation]
        notes = [
            f"not sent then: {plain(one.reason or one.outcome or one.status)}" for one in own if one.outcome != "sent"
        ]
        if event.outcome == "buried":
            notes.append("its handler failed then")
        gone = self._gone(story)
        if any(not one.messages for one in gone):
            return None, None, [*notes, "what was answered isn't kept any more"]
        elsewhere = any(one not in here for one in gone)
        pushes = [one for one in gone if one.via != "reply"]
        return (
            self._messages([one for one in gone if one in here]),
            self._messages(pushes) if elsewhere else None,
            notes,
        )

    def _gone(self, story: Story) -> Sequence[PastDelivery]:
        return [one for one in story.deliveries if one.bot == self.bot.name and one.outcome == "sent"]

    def _messages(self, deliveries: Sequence[PastDelivery]) -> Messages:
        return [self._disguised(message) for one in deliveries for message in one.messages]

    def _disguised(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *message* as it may be shown: its text, or its kind."""
        text = text_of(message)
        return {"text": self.disguise.text(text)} if text else {"type": message.get("type")}


def _usual_name(turns: Sequence[Turn]) -> str:
    first = next((str(turn.value) for turn in turns if turn.does == "says"), None)
    return "past conversation" if first is None else f"past conversation: {' '.join(first.split())[:40]}"


def _uncalled(event: Event) -> str:
    """Return the text of *event* without the name by which the bot is called."""
    text = event.text or ""
    for start, end in sorted(event.calls, reverse=True):
        text = f"{text[:start].rstrip()} {text[end:].lstrip()}".strip() if end > start else text
    return text


def _sticker(event: Event) -> object:
    message = event.raw.get("message")
    known = ("packageId", "stickerId")
    if isinstance(message, Mapping) and all(name in message for name in known):
        return {event.type: {"message": {name: str(message[name]) for name in known}}}
    return event.type
