"""Hold what comes in: one frozen :class:`Event` for each thing that a platform tells us."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from .ways import Ways, is_free

LANES = 256
NO_CHAT = "event:"
"""Begins the conversation of an event that belongs to no chat."""

ChatKind = Literal["user", "group", "room", "none"]
ConversationId: TypeAlias = str
"""What names a conversation in events and pushes: a chat's id, with a thread's where there are threads."""

OWN = "hookline."
"""Begins the types of hookline's own events."""
TIMER, LATER, SCHEDULE, HANDOFF = f"{OWN}timer", f"{OWN}later", f"{OWN}schedule", f"{OWN}handoff"
"""The time has come of a question in a flow; of what was put off; of an entry of a schedule; of a hand-off."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Say where an event happened.

    ``kind`` is ``"none"`` for an event that belongs to no chat; ``id`` is then empty.
    """

    kind: ChatKind
    id: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """Hold what an event says of the file that came with it, which is still with the platform.

    ``kind`` is its kind as the platform calls it: ``image``, ``video``, ``audio``, ``file``. ``name`` is the name that
    it was sent under, ``size`` its bytes, where they are told. ``url`` is where it is when the platform doesn't keep
    it, empty when it doesn't say.
    """

    kind: str
    name: str | None = None
    size: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Hold one inbound thing, normalised; ``(bot, id)`` is its identity.

    ``type`` is dotted for messages (``message.text``) and the platform's raw type for everything else, unknown ones
    included. ``conversation`` is the unit of ordering, and what a push goes to: the platform's chat id, with a thread's
    where it has threads, or the event's own id when it has no chat. ``chat`` says where it happened; ``ways`` are those
    by which it can be answered, the best first. ``text`` is None unless the event carries typed text. ``calls`` are the
    ``(start, end)`` offsets in ``text`` where the bot itself is mentioned, an empty one where it is called in another
    way. ``quoted`` is the id of the message that this one quotes. ``postback_params`` are what a button brings besides
    its data ``postback``: the date that was picked, for one. ``attachment`` is the file that came with it, not yet
    fetched. Times are in milliseconds since 1970, UTC. ``raw`` is the platform's own object, untouched.
    """

    bot: str
    id: str
    type: str
    conversation: ConversationId
    chat: Chat
    user: str | None
    text: str | None
    timestamp: int
    raw: Mapping[str, Any]
    ways: Ways = ()
    message_id: str | None = None
    postback: str | None = None
    calls: tuple[tuple[int, int], ...] = ()
    is_standby: bool = False
    is_redelivery: bool = False
    received_at: int = 0
    quoted: str | None = None
    postback_params: Mapping[str, str] = field(default_factory=dict)
    attachment: Attachment | None = None
    picked: str | None = None

    @property
    def is_free_to_answer(self) -> bool:
        """Say whether it can be answered without a push, and nobody else has the chat."""
        return not self.is_standby and is_free(self.ways)

    @property
    def is_message(self) -> bool:
        """Say whether a person wrote or sent something (text, image, sticker, …)."""
        return self.type.startswith("message.")

    def as_called(self) -> Event:
        """Return it as one in which the bot is called, whatever its text says."""
        return replace(self, calls=(*self.calls, (0, 0)))

    @property
    def time(self) -> datetime:
        """Return when it happened, by the platform's clock, in UTC."""
        return datetime.fromtimestamp(self.timestamp / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Sender:
    """Hold what the platform tells of the person behind an event; every field may be unknown."""

    id: str | None = None
    name: str | None = None
    language: str | None = None
    picture: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Say why a route won: its name and what its matchers captured.

    For a route with ``intent:`` there are, besides, the intent, the confidence in it (0 to 1), the second best, and
    the entities that were found, typed: a number is an int or a float, a date a ``date``, a time of day a ``time``.

    >>> match = Match(route="order", captures={"number": "42"})
    >>> match["number"], match.get("size", "M")
    ('42', 'M')
    """

    route: str
    captures: Mapping[str, str] = field(default_factory=dict)
    intent: str | None = None
    score: float | None = None
    runner_up: str | None = None
    entities: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.captures[name]

    def get(self, name: str, default: str = "") -> str:
        """Return the capture *name*, or *default* when the pattern left it out."""
        return self.captures.get(name, default)


def is_own(kind: str) -> bool:
    """Say whether events of type *kind* are hookline's own: of those nobody did anything."""
    return kind.startswith(OWN)


def lane_of(bot: str, conversation: str) -> int:
    """Return the lane (0-255) of a conversation: the same in every process and on every host."""
    return zlib.crc32(f"{bot}\x00{conversation}".encode("utf-8", "surrogatepass")) % LANES
