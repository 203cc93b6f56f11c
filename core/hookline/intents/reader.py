"""Say which intent a text has: by its sentences, by an example word for word, or by what was learned.

The order of certainty: a sentence template, an example as it stands, a text without words (none), the classifier.
What the classifier says counts when its confidence exceeds the threshold.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import HandlerError
from ..plugins.classifiers import IntentModel, Question, Score
from ..routing.matching.text import MatchText
from ..routing.understood import Candidate, Understood
from ..threads import in_daemon_thread
from .entities.entities import mentioned, shown
from .intent import SHARES, Intent, Intents, has_words, key_of

MARGIN = 0.1
"""When the two best are nearer than this (in probability) it is better to ask back."""
NEAR = 1.25
"""Within this factor of its threshold a confidence is near it."""
RIVAL = 0.1
"""A second best with less than this share of the best's confidence is nothing to ask about."""
SHOWN = 3
MAX_BATCH = 64


@dataclass(frozen=True, slots=True)
class Bounds:
    """Hold when an intent is believed: above ``sure``. From ``unsure`` up to ``safe`` it is nearly so, or hardly."""

    sure: float
    unsure: float
    safe: float


class Reader:
    """Read the texts of one bot."""

    def __init__(self, intents: Intents, model: IntentModel | None) -> None:
        self._intents = {intent.name: intent for intent in intents.intents}
        self._asks_back = intents.asks_back
        self._zone = ZoneInfo(intents.timezone)
        self._needed = [(intent.name, intent.needed) for intent in intents.intents]
        self._literal = _literal_examples(intents.intents)
        self.model = model
        self._bounds = {name: _bounds(intent, intents, model) for name, intent in self._intents.items()}

    def bounds_of(self, intent: str) -> Bounds:
        """Return when *intent* is believed."""
        return self._bounds[intent]

    def read(self, text: MatchText, now: datetime) -> Understood:
        """Return what *text* means; it may take milliseconds, so never call it on the event loop."""
        (understood,) = self.read_all([text], now)
        return understood

    def read_all(self, texts: Sequence[MatchText], now: datetime) -> list[Understood]:
        """Return what each of *texts* means, as :meth:`read` does; many take less time together."""
        read = [self.certain(text, now) for text in texts]
        open_ = [text for text, certain in zip(texts, read, strict=True) if certain is None]
        if not open_ or self.model is None:
            return [certain or Understood() for certain in read]
        answers = self.model.classify([self.question(text, now) for text in open_])
        if len(answers) != len(open_):
            raise HandlerError(f"the classifier gave {len(answers)} answers to {len(open_)} questions")
        scores = iter(answers)
        return [certain or self.decided(text, now, next(scores)) for text, certain in zip(texts, read, strict=True)]

    def is_near(self, understood: Understood) -> bool:
        """Say whether it was a close thing that the best intent was believed, or not."""
        if understood.is_certain or not understood.scores:
            return False
        bounds = self._bounds[understood.scores[0].intent]
        return understood.doubt is not None or bounds.unsure < understood.score <= bounds.safe

    def certain(self, text: MatchText, now: datetime) -> Understood | None:
        """Return what *text* means where that takes no classifier, or None."""
        local = now.astimezone(self._zone)
        for intent in self._intents.values():
            for sentence in intent.sentences:
                values = sentence.read(text, local)
                if values is not None:
                    return self._surely(intent, values, f"it is the sentence `{sentence.source}`")
        literal = self._literal.get(key_of(text.spoken)) if self._literal else None
        if literal is not None:
            values = mentioned(literal.entities, text, local)
            return self._surely(literal, values, "it is an example word for word")
        if not has_words(text):
            return Understood(how="there is no word in it", is_certain=True)
        return Understood(how="it is none of the sentences", is_certain=True) if self.model is None else None

    def question(self, text: MatchText, now: datetime) -> Question:
        """Return what to ask the classifier about *text*."""
        local = now.astimezone(self._zone)
        excluded = {name for name, needed in self._needed if needed and not self._has(name, needed, text, local)}
        return Question(text.cleaned, frozenset(excluded))

    def decided(self, text: MatchText, now: datetime, scores: Sequence[Score]) -> Understood:
        """Return what follows from the classifier's *scores*."""
        if not scores:
            return Understood(how="it mentions nothing that any intent needs")
        best = scores[0]
        bounds = self._bounds[best.intent]
        top = tuple(scores[:SHOWN])
        how = f"scores {_listed(top)}; believed above {bounds.sure:.2f}"
        is_sure = best.confidence > bounds.sure
        has_rival = len(scores) > 1 and scores[1].confidence > best.confidence * RIVAL
        is_close = has_rival and best.probability - scores[1].probability < MARGIN
        if self._asks_back and has_rival and best.confidence > bounds.unsure and (is_close or not is_sure):
            doubt = (self._candidate(best.intent), self._candidate(scores[1].intent))
            return Understood(None, top, bounds.sure, doubt, how=how)
        if not is_sure:
            return Understood(None, top, bounds.sure, how=how)
        intent = self._intents[best.intent]
        values = mentioned(intent.entities, text, now.astimezone(self._zone)) if intent.entities else {}
        return Understood(intent.name, top, bounds.sure, None, values, _shown(values), how)

    def _has(self, name: str, needed: frozenset[str], text: MatchText, local: datetime) -> bool:
        entities = self._intents[name].entities
        return all(entities[entity].spans(text, local) for entity in needed)

    def _surely(self, intent: Intent, values: Mapping[str, Any], how: str) -> Understood:
        score = Score(intent.name, 1.0, 1.0)
        return Understood(intent.name, (score,), 0.0, None, values, _shown(values), how, is_certain=True)

    def _candidate(self, name: str) -> Candidate:
        intent = self._intents[name]
        return Candidate(name, intent.label, intent.wordings()[0][0])


_Waiting = deque[tuple[MatchText, datetime, asyncio.Future[Understood]]]


class Desk:
    """Read the texts of all bots of a host one after the other, those that wait for the same reader together."""

    def __init__(self) -> None:
        self._waiting: dict[Reader, _Waiting] = {}
        self._work: asyncio.Task[None] | None = None

    async def read(self, reader: Reader, text: MatchText, now: datetime) -> Understood:
        """Return what *text* means; the event loop goes on meanwhile. Raises what the classifier raises."""
        answer: asyncio.Future[Understood] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(reader, deque()).append((text, now, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._read_all())
        return await answer

    async def close(self) -> None:
        """Begin no other classification, and wait for none."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _read_all(self) -> None:
        while self._waiting:
            reader, waiting = next(iter(self._waiting.items()))
            del self._waiting[reader]
            taken = [waiting.popleft() for _ in range(min(len(waiting), MAX_BATCH))]
            if waiting:
                self._waiting[reader] = waiting  # behind the other bots
            asked = [item for item in taken if not item[2].done()]
            if asked:
                await _answer(reader, asked)


async def _answer(reader: Reader, asked: Sequence[tuple[MatchText, datetime, asyncio.Future[Understood]]]) -> None:
    try:
        texts, now = [text for text, _, _ in asked], asked[0][1]
        read = await in_daemon_thread("reading texts", lambda: reader.read_all(texts, now))
    except Exception as error:  # a classifier's code: the events that asked fail, as with any handler
        for _, _, answer in asked:
            if not answer.done():
                answer.set_exception(error)
        return
    for (_, _, answer), understood in zip(asked, read, strict=True):
        if not answer.done():
            answer.set_result(understood)


def _bounds(intent: Intent, intents: Intents, model: IntentModel | None) -> Bounds:
    wanted = intents.threshold if intent.threshold is None else intent.threshold
    if model is None:
        return Bounds(0.0, 0.0, 0.0)
    if not isinstance(wanted, str):
        return Bounds(wanted, wanted / NEAR, wanted * NEAR)
    share = SHARES[wanted]
    sure = model.threshold(share)
    return Bounds(sure, model.threshold(share / 2), max(sure * NEAR, model.threshold(share * 2)))


def _literal_examples(intents: Sequence[Intent]) -> dict[str, Intent]:
    return {key_of(text): intent for intent in intents for texts in intent.wordings() for text in texts}


def _shown(values: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: shown(value) for name, value in values.items()}


def _listed(scores: Sequence[Score]) -> str:
    return ", ".join(f"{score.intent} {score.confidence:.2f}" for score in scores)
