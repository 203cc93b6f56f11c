"""Leave chats to people: hand them over, keep quiet meanwhile, and take them back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..bots.bot import Bot
from ..bots.happenings import LEAVING
from ..clock import Clock
from ..events import HANDOFF, LATER, TIMER, Event, is_own, lane_of
from ..flows.effects import MARK
from ..flows.words import own, own_language
from ..languages import written_in
from ..messages import Message, Push, as_messages
from ..neutral import Neutral, Quick
from ..routing.actions import BeginFlow
from ..routing.handoffs import Handoff
from ..routing.matching.text import MatchText
from ..routing.wordings import Wording
from ..store.records import Timer
from .answers import said
from .conversation import Routed, Unrun
from .doing import Doer, Effects
from .language import Speech
from .laters import TURNS, handoff_id, hit_of
from .run import Run

ROUTE = "handoff"
"""The route by which events end that begin a hand-off by hand, or end one."""
GIVEN_BACK = f"{MARK}{ROUTE}|"
"""Begins the data of the button by which staff give a chat back: its conversation follows."""
MAX_WAITING = 20
"""So many flows at most begin once a hand-off has ended which were to begin meanwhile."""
_SHOWN = 200
_KINDS = ("idle", "at_most")


class Handoffs:
    """Know of each chat of all bots of a host whether people have it."""

    def __init__(self, doer: Doer, clock: Clock) -> None:
        self._doer = doer
        self._clock = clock

    async def take(self, run: Run, event: Event, route: Callable[[], Awaitable[Routed | Unrun]]) -> Effects | None:
        """Return what becomes of *event* where people have the chat, or give it back; None where the bot goes on."""
        handoff = run.bot.configuration.handoff
        assert handoff is not None
        if event.postback is not None and event.postback.startswith(GIVEN_BACK):
            return await self._given_back(run, event, handoff)
        kept = await run.memory.handoff(event.conversation)
        if event.type == HANDOFF:
            return await self._timed(run, event, handoff, kept)
        if not kept:
            return None
        if event.type in LEAVING:
            run.memory.keep_handoff(event.conversation, {})
            return None
        if is_own(event.type):
            return self._own(run, event, kept)
        if _is_word(run, event, handoff):
            effects = Effects(route=ROUTE)
            await self._end(run, event.conversation, kept, effects)
            effects.answer += await self._spoken(run, event, handoff.back, "handed_back", kept)
            return effects
        effects = Effects(outcome="handed")
        self._renew(run, event, handoff, kept, effects)
        if not run.bot.router.hears_handed:
            return effects
        run.memory.is_handed = True
        routed = await route()
        if isinstance(routed, Routed):
            effects.outcome, effects.route = None, routed.hit.route.name
            await self._doer.do(run, routed, effects)
        return effects

    async def begin(self, run: Run, event: Event, effects: Effects) -> None:
        """Hand the chat of *event* over, for the reason that *effects* hold; people who have it already keep it."""
        why, effects.handed = effects.handed, None
        handoff = run.bot.configuration.handoff
        if why is None or handoff is None:
            return
        kept = await run.memory.handoff(event.conversation)
        if kept:
            return
        now = self._clock.now()
        language = await self._language(run, event, handoff)
        kept = {"since": now, "why": why, "person": event.user, "language": language, "turn": 0, "waiting": []}
        run.memory.keep_handoff(event.conversation, kept)
        self._renew(run, event, handoff, kept, effects)
        effects.put_off(_timer(run, event, "at_most", 0, now + round(handoff.at_most * 1000)))
        effects.answer += await self._spoken(run, event, handoff.reply, "handed", kept)
        if handoff.tell:
            told = await self._told(run, event, why, language)
            effects.pushes += [Push(to, tuple(told)) for to in handoff.tell]

    async def _language(self, run: Run, event: Event, handoff: Handoff) -> str:
        """Return the language of whoever *event* is of; where nothing tells, that of what the bot says itself."""
        if event.text is None and not run.bot.configuration.languages and handoff.reply is not None:
            (first, *_) = handoff.reply.in_language(None)
            return written_in(str(first.body.get("text", ""))) or "en"
        return await Speech(run, event, "").language()

    async def _told(self, run: Run, event: Event, why: str, kept_language: str) -> Sequence[Message]:
        """Return what staff are told: who it is, why, what was said last, and how to give the chat back."""
        sender = await run.bot.adapter.api.sender(event)
        language = own_language(kept_language)
        who = sender.name or event.user or event.conversation
        lines = [f"{why} · {who}", *([event.text[:_SHOWN]] if event.text else [])]
        button = Quick(str(own()["labels"]["give_back"][language]), postback=f"{GIVEN_BACK}{event.conversation}")
        return as_messages(Neutral("\n".join(lines), quick=[button]))

    async def _given_back(self, run: Run, event: Event, handoff: Handoff) -> Effects:
        """Take a chat back whose button somebody of the staff has tapped; of others the tap is nobody's."""
        if not {event.conversation, event.user} & {*handoff.tell}:
            return Effects(outcome="repeated")
        conversation = str(event.postback).removeprefix(GIVEN_BACK)
        kept = await run.memory.handoff(conversation)
        effects = Effects(route=ROUTE, outcome=None if kept else "repeated")
        if kept:
            await self._end(run, conversation, kept, effects)
            back = await self._spoken(run, event, handoff.back, "handed_back", kept)
            effects.pushes.append(Push(conversation, tuple(back)))
        return effects

    async def _timed(self, run: Run, event: Event, handoff: Handoff, kept: Mapping[str, Any]) -> Effects:
        """Return what comes of the time, or of an operator."""
        kind, effects = event.raw.get("kind"), Effects(route=ROUTE)
        if kind == "begin" and not kept:
            effects.handed = str(event.raw.get("why", ""))
            await self.begin(run, event, effects)
            effects.push_to(event)
            return effects
        is_due = kind in ("end", "at_most") or event.raw.get("turn") == kept.get("turn")
        if not kept or kind == "begin" or not is_due:
            return Effects(route=ROUTE, outcome="outdated")
        await self._end(run, event.conversation, kept, effects)
        effects.answer += await self._spoken(run, event, handoff.back, "handed_back", kept)
        effects.push_to(event)
        return effects

    def _own(self, run: Run, event: Event, kept: Mapping[str, Any]) -> Effects | None:
        """Keep for afterwards what would begin a flow now, and remind of no question; all else happens."""
        if event.type == TIMER and (event.raw.get("flow") or {}).get("kind") == "remind":
            return Effects(outcome="outdated")
        hit = hit_of(run.bot, event, self._clock.now()) if event.type == LATER else None
        if hit is None or not isinstance(hit.route.action, BeginFlow):
            return None
        body = {name: value for name, value in event.raw.items() if name not in ("id", "turn", "conversation")}
        waiting = [*kept["waiting"], body][-MAX_WAITING:]
        run.memory.keep_handoff(event.conversation, {**kept, "waiting": waiting})
        return Effects(route=hit.route.name, outcome="handed")

    def _renew(self, run: Run, event: Event, handoff: Handoff, kept: Mapping[str, Any], effects: Effects) -> None:
        """Let it go on for as long as it may after a message."""
        turn = int(kept["turn"]) + 1
        run.memory.keep_handoff(event.conversation, {**kept, "turn": turn})
        effects.put_off(_timer(run, event, "idle", turn, self._clock.now() + round(handoff.idle * 1000)))

    async def _end(self, run: Run, conversation: str, kept: Mapping[str, Any], effects: Effects) -> None:
        run.memory.keep_handoff(conversation, {})
        effects.take_back([handoff_id(conversation, kind) for kind in _KINDS])
        bot, now = run.bot.name, self._clock.now()
        for number, body in enumerate(kept["waiting"]):
            identity, lane = f"{handoff_id(conversation, 'waiting')}/{number}", lane_of(bot, conversation)
            effects.put_off(Timer(bot, identity, conversation, lane, run.row.seq % TURNS, now, body))

    async def _spoken(
        self, run: Run, event: Event, given: Wording | None, key: str, kept: Mapping[str, Any]
    ) -> Sequence[Message]:
        """Return what is said at the begin or the end: what is *given*, or hookline's own words."""
        given = given or run.bot.configuration.texts.get(f"flow.{key}")
        language = str(kept["language"])
        if given is not None:
            return await said(run.bot, event, given.in_language(language))
        return [Message.from_text(str(own()["texts"][key][own_language(language)]))]


def by_operator(bot: Bot | str, conversation: str, kind: str, now: int, **body: Any) -> Timer:
    """Return the timer by which an operator hands a chat over (``begin``) or takes it back (``end``), now."""
    name = bot if isinstance(bot, str) else bot.name
    whole = {"type": HANDOFF, "kind": kind, "chat": {"kind": "none", "id": conversation}, **body}
    identity = f"{handoff_id(conversation, 'operator')}/{kind}"
    return Timer(name, identity, conversation, lane_of(name, conversation), now // 1000 % TURNS, now, whole)


def _is_word(run: Run, event: Event, handoff: Handoff) -> bool:
    if not event.is_message or event.text is None:
        return False
    heard = run.bot.router.heard(event)
    words = handoff.words or [word for each in own()["words"]["end"].values() for word in each]
    return any(MatchText(word, is_called=True).key == heard.key.strip() for word in words)


def _timer(run: Run, event: Event, kind: str, turn: int, at: int) -> Timer:
    bot, conversation = run.bot.name, event.conversation
    body = {
        "type": HANDOFF,
        "kind": kind,
        "chat": {"kind": event.chat.kind, "id": event.chat.id},
        "user": event.user,
    }
    return Timer(bot, handoff_id(conversation, kind), conversation, lane_of(bot, conversation), turn, at, body)
