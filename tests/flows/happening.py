"""Let happen what the rows of the table say, in the chat of one cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hookline.events import Event
from hookline.flows.instance import Instance
from hookline.testing.events import group_id
from tests.flows.shop import CALLED
from tests.support import make_event

EARLIER = 5_000
"""So many milliseconds before it was asked something came that is early."""

TIMERS: Mapping[str, tuple[str, int]] = {
    "timer: remind": ("remind", 0),
    "timer: expire": ("expire", 0),
    "timer: close": ("close", 0),
    "timer: of an earlier question": ("expire", -1),
    "timer: begins another flow": ("begin", 0),
}
"""The kind of each timer, and how many turns it is behind."""

FITTING: Mapping[str | None, str] = {
    "day": "2027-02-03", "time": "10:00", "confirm": "好", "color": "red", "n": "3", "come": "會到", "cart/more": "好",
}  # fmt: skip
"""What is an answer to a question, as it is written; where nothing stands any text is."""

TAPPED: Mapping[str | None, str] = {**FITTING, "confirm": "yes", "cart/more": "yes"}


@dataclass(frozen=True, slots=True)
class Moment:
    """Hold where, to whom and when something happens: to *user*, in a *group* or alone with the *bot*."""

    bot: str
    user: str
    group: str | None
    now: int

    @property
    def key(self) -> tuple[str, str]:
        """Return which conversation it is."""
        return self.bot, self.user if self.group is None else group_id(self.group)

    @property
    def chat(self) -> Mapping[str, str]:
        """Return the chat as timers have it."""
        return {"kind": "user" if self.group is None else "group", "id": self.key[1]}

    def says(self, text: str, *, is_called: bool = True, earlier: int = 0) -> Event:
        """Return a text, in a group behind the bot's name."""
        called = f"{CALLED} {text}" if self.group is not None and is_called else text
        return self.lets(called, earlier=earlier)

    def taps(self, identity: str, step: str, value: str, user: str | None = None) -> Event:
        """Return a tap on a button of a question: of a date, on its picker."""
        picked = {"data": f"~{identity}|{step}|", "params": {"date": value}}
        plain = {"data": f"~{identity}|{step}|{value}"}
        return self.lets(None, user, kind="postback", postback=picked if value[:2] == "20" else plain)

    def lets(self, text: str | None, user: str | None = None, *, earlier: int = 0, **fields: Any) -> Event:
        """Return what happens."""
        return make_event(
            text, bot=self.bot, now=self.now - earlier, user=user or self.user, group=self.group, **fields
        )


@dataclass(frozen=True, slots=True)
class _Scene:
    moment: Moment
    top: Instance | None
    texts: Sequence[Event]

    @property
    def id(self) -> str:
        return "none" if self.top is None else self.top.id

    @property
    def asked(self) -> str:
        return "day" if self.top is None else str(self.top.asked)

    @property
    def earliest(self) -> str:
        order = [] if self.top is None else [name for name in self.top.order if "/" not in name]
        return order[0] if order else "day"

    @property
    def first_answer(self) -> str:
        return "?" if self.top is None else str(self.top.known.get(self.earliest, "?"))

    @property
    def second_text(self) -> str:
        return "none" if len(self.texts) < 2 else str(self.texts[1].message_id)

    def taps(self, step: str, value: str, user: str | None = None) -> Event:
        return self.moment.taps(self.id, step, value, user)


_HAPPEN: Mapping[str, Callable[[_Scene], Event]] = {
    "text that fits": lambda scene: scene.moment.says(FITTING.get(scene.asked, "x")),
    "text that doesn't": lambda scene: scene.moment.says("@@"),
    "answer from before the question": lambda scene: scene.moment.says(FITTING.get(scene.asked, "x"), earlier=EARLIER),
    "text from before the question": lambda scene: scene.moment.says("@@", earlier=EARLIER),
    "text not said to the bot": lambda scene: scene.moment.says("@@", is_called=False),
    "text for a route": lambda scene: scene.moment.says("help"),
    "text for an exact route": lambda scene: scene.moment.says("menu"),
    "text for a route that interrupts": lambda scene: scene.moment.says("human"),
    "text that begins another flow": lambda scene: scene.moment.says("third"),
    "text that begins the same flow": lambda scene: scene.moment.says("book" if scene.top is None else scene.top.flow),
    "sticker": lambda scene: scene.moment.lets(
        None, message={"type": "sticker", "id": f"s{scene.moment.user}", "packageId": "1", "stickerId": "2"}
    ),
    **{
        f"word {word}": lambda scene, word=word: scene.moment.says(word)  # type: ignore[misc]
        for word in ("取消", "上一步", "修改", "略過")
    },
    "tap: what is asked": lambda scene: scene.taps(scene.asked, TAPPED.get(scene.asked, "x")),
    "tap: not offered": lambda scene: scene.taps(scene.asked, "none"),
    "tap: earlier, the same": lambda scene: scene.taps(scene.earliest, scene.first_answer),
    "tap: earlier, another": lambda scene: scene.taps("day", "2027-02-09"),
    "tap: unknown question": lambda scene: scene.taps("zzz", "1"),
    "tap: somebody else's": lambda scene: scene.taps(scene.asked, TAPPED.get(scene.asked, "x"), f"bob {scene.id}"),
    "tap: unknown flow": lambda scene: scene.moment.taps("nothing", "day", "1"),
    "button 取消": lambda scene: scene.taps("@cancel", scene.asked),
    "button 上一步": lambda scene: scene.taps("@back", scene.asked),
    "message taken back": lambda scene: scene.moment.lets(None, kind="unsend", unsend={"messageId": scene.second_text}),
    "leaves": lambda scene: scene.moment.lets(None, kind="unfollow" if scene.moment.group is None else "leave"),
}


def happening(event: str, moment: Moment, top: Instance | None, texts: Sequence[Event]) -> Event:
    """Return what the row *event* lets happen to whoever is asked by *top*, and has written *texts* before."""
    return _HAPPEN[event](_Scene(moment, top, texts))
