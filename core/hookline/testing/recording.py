"""Remember what people do in a playground, and what comes of it, to write it as a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..adapters.simulated import Button, Sent, SentFile
from ..flows.effects import MARK
from ..telling.transcripts import WAITS, Transcript, Turn, press
from .buttons import buttons_of, sent_to
from .exchange import Exchange
from .playground import Playground

_WORDS: Mapping[tuple[str, bool], str] = {
    ("follow", False): "follows",
    ("join", True): "joins",
    ("leave", True): "leaves",
    ("unfollow", False): "leaves",
}
"""What a step calls that an event happens, in a group or not."""

_OTHERWISE = ("image", "video", "audio", "file", "sticker", "location", "postback")
"""What `sends:` takes for another kind of thing than an event of that type."""


class Recorder:
    """Let people act in *playground*, and remember it, for each bot, since the scene began."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground
        self._turns: dict[str, list[Turn]] = {}
        self._begun: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    def transcript(self, bot: str, name: str) -> Transcript:
        """Return what was played with *bot*, as a conversation that is called *name*."""
        self._look_up(bot)
        timezone = self._playground.host.bots[bot].configuration.timezone
        return Transcript(bot, name, tuple(self._turns.get(bot, ())), timezone)

    def forget(self) -> None:
        """Begin a new scene."""
        self._turns.clear()
        self._begun.clear()
        self._seen.clear()

    async def says(self, bot: str, text: str, user: str, group: str | None, *, mention: bool = False) -> Exchange:
        """Let *user* write *text*, alone with the bot or in *group*."""
        turn = self._turn(bot, "says", text, user, group, mention=mention)
        return self._note(bot, turn, await self._playground.says(bot, text, user, group, mention=mention))

    async def presses(self, bot: str, button: Button, user: str, group: str | None) -> Exchange | None:
        """Let *user* press a *button*; None for one that only opens something."""
        if button.says is not None:
            named = self._named(bot, button, user, group)
            turn = self._turn(bot, *(("says", button.says) if named is None else ("taps", named)), user, group)
            return self._note(bot, turn, await self._playground.says(bot, button.says, user, group))
        return None if button.data is None else await self.taps(bot, button.data, user, group)

    async def taps(self, bot: str, data: str, user: str, group: str | None) -> Exchange:
        """Let *user* tap a button with *data*."""
        named = self._named(bot, Button("", data=data), user, group)
        if named is not None:
            turn = self._turn(bot, "taps", named, user, group)
        elif data.startswith(MARK):
            turn = self._missing(bot, user, group, "a button was tapped here that nobody has seen in this scene")
        else:
            turn = self._turn(bot, "sends", {"postback": {"data": data}}, user, group)
        return self._note(bot, turn, await self._playground.taps(bot, data, user, group))

    async def happens(self, bot: str, kind: str, user: str, group: str | None, **fields: Any) -> Exchange:
        """Let an event of the type *kind* happen."""
        word = None if fields else _WORDS.get((kind, group is not None))
        if word is not None:
            turn = self._turn(bot, word, True, user, group)
        elif kind in _OTHERWISE:
            turn = self._missing(bot, user, group, f"`{kind}` happened here, which no step can say")
        else:
            turn = self._turn(bot, "sends", {kind: fields} if fields else kind, user, group)
        return self._note(bot, turn, await self._playground.happens(bot, kind, user, group, **fields))

    async def gives(self, bot: str, file: SentFile, user: str, group: str | None) -> Exchange:
        """Let *user* send a *file*."""
        turn = self._turn(bot, "sends", {file.kind: {"name": file.name}}, user, group)
        return self._note(bot, turn, await self._playground.gives(bot, file, user, group))

    def _turn(
        self, bot: str, does: str | None, value: object, user: str, group: str | None, *, mention: bool = False
    ) -> Turn:
        """Return what is about to happen; what has been sent till now has come of something else."""
        self._look_up(bot)
        return Turn(self._now(), does, value, user, group, mention)

    def _missing(self, bot: str, user: str, group: str | None, note: str) -> Turn:
        self._look_up(bot)
        return Turn(self._now(), None, user=user, group=group, notes=[note])

    def _note(self, bot: str, turn: Turn, exchange: Exchange) -> Exchange:
        """Keep *turn* with what has come of it."""
        pushed = _messages(self._pushes(bot)) if exchange.pushed else None
        notes = [*turn.notes, *(f"not sent: {failure}" for failure in exchange.failures)]
        if exchange.error is not None:
            notes.append(f"failed: {exchange.error}")
        self._seen[bot] = len(self._playground.platform(bot).sent)
        done = Turn(
            turn.at, turn.does, turn.value, turn.user, turn.group, turn.mention, exchange.messages, pushed, notes
        )
        self._turns.setdefault(bot, []).append(done)
        return exchange

    def _look_up(self, bot: str) -> None:
        """Keep what *bot* has sent since somebody last did something: its time had come."""
        sent = self._playground.platform(bot).sent
        self._begun.setdefault(bot, len(sent))
        self._seen.setdefault(bot, len(sent))
        pushed = _messages(self._pushes(bot))
        self._seen[bot] = len(sent)
        if pushed and self._turns.get(bot):
            self._turns[bot].append(Turn(self._now(), WAITS, pushed=pushed))

    def _pushes(self, bot: str) -> Sequence[Sent]:
        sent = self._playground.platform(bot).sent[self._seen[bot] :]
        return [one for one in sent if one.channel == bot and one.form != "reply"]

    def _named(self, bot: str, meant: Button, user: str, group: str | None) -> str | int | None:
        platform = self._playground.platform(bot)
        sent = [one for one in sent_to(platform, user, group, self._begun.get(bot, 0)) if one.channel == bot]
        shown = (buttons_of(platform, one.messages) for one in sent)
        return press(lambda button: (button.says, button.data) == (meant.says, meant.data), shown)

    def _now(self) -> int:
        return self._playground.host.clock.now()


def _messages(sent: Sequence[Sent]) -> Sequence[Mapping[str, Any]]:
    return [message for one in sent for message in one.messages]
