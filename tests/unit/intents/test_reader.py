"""What a text means: by a sentence, by an example, by what was learned, or nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline.errors import HandlerError
from hookline.intents.intent import Example, Intent, Intents, Level, key_of
from hookline.intents.reader import Desk, Reader
from hookline.plugins.classifiers import Question, Score, Trial
from hookline.routing.matching.text import MatchText
from tests.unit.intents.worlds import HOURS, TUESDAY, TWO, bot_of, read, reader_of

UNSURE = "- {name: which, unsure: true, reply: hm}"


class Scripted:
    """Be a model whose scores are written down, and that counts how it is asked."""

    def __init__(self, scores: Mapping[str, tuple[float, float]]) -> None:
        self._scores = [Score(intent, *numbers) for intent, numbers in scores.items()]
        self.trials: Sequence[Trial] = ()
        self.batches: list[int] = []
        self.threads: set[int] = set()

    def threshold(self, share: float) -> float:
        return 0.5 + share

    def classify(self, questions: Sequence[Question]) -> Sequence[Sequence[Score]]:
        self.batches.append(len(questions))
        self.threads.add(threading.get_ident())
        return [[score for score in self._scores if score.intent not in question.excluded] for question in questions]


def scripted(
    scores: Mapping[str, tuple[float, float]], *, asks_back: bool = False, threshold: float | Level = "default"
) -> Reader:
    """Return a reader of intents `a` and `b`, whose classifier says *scores*: (probability, confidence)."""
    intents = [Intent(name, name.upper(), (Example(f"example of {name}"),)) for name in ("a", "b")]
    return Reader(Intents(intents, asks_back=asks_back, threshold=threshold), Scripted(scores))


def test_example_word_for_word_needs_no_classifier() -> None:
    understood = read(reader_of(TWO), "你们几点开门？")

    assert (understood.intent, understood.score, understood.how) == ("hours", 1.0, "it is an example word for word")


def test_text_like_an_example_has_its_intent() -> None:
    assert read(reader_of(TWO), "請問你們幾點開門呢").intent == "hours"


@pytest.mark.parametrize("text", ["", "？！", "👍👍", "…", " "])
def test_text_without_words_has_no_intent(text: str) -> None:
    assert read(reader_of(TWO), text).how == "there is no word in it"


def test_sign_that_is_an_example_has_its_intent() -> None:
    assert read(reader_of(TWO + "yes: {examples: ['👍', 好, ok]}\n"), "👍").intent == "yes"


def test_text_far_from_all_examples_has_no_intent() -> None:
    assert read(reader_of(TWO), "火星上的石頭").intent is None


def test_intents_of_sentences_alone_need_no_classifier() -> None:
    reader = reader_of("hours: {sentences: ['幾點[會]開門']}\n")

    assert (read(reader, "幾點會開門").intent, read(reader, "幾點打烊").intent) == ("hours", None)


def test_intent_is_ruled_out_when_what_all_its_examples_mention_is_missing() -> None:
    drink = "{drink: {values: [紅茶, 奶茶]}}"
    order = f"order: {{entities: {drink}, examples: ['我要一杯{{drink}}', '給我{{drink}}', '來杯{{drink}}']}}\n"
    reader = reader_of(HOURS + order)

    assert (read(reader, "我要一杯奶茶").intent, read(reader, "我要一杯咖啡").intent) == ("order", None)


def test_entities_are_typed_and_shown() -> None:
    book = "book: {entities: {day: date, count: number}, examples: ['{day}訂位', '訂位{count}人', 我要訂位]}\n"
    understood = read(reader_of(HOURS + book), "明天想訂位 4 人")

    assert understood.entities == {"day": date(2026, 11, 25), "count": 4}
    assert understood.shown == {"day": "2026-11-25", "count": "4"}


def test_relative_days_are_those_of_the_bots_time_zone() -> None:
    reader = reader_of("book: {entities: {day: date}, sentences: ['{day}訂位']}\n")
    late = TUESDAY.replace(hour=20)  # Wednesday, 04:00 in Taipei

    assert read(reader, "明天訂位", late).entities == {"day": date(2026, 11, 26)}


@pytest.mark.parametrize(
    ("scores", "intent"),
    [
        ({"a": (0.9, 0.6), "b": (0.1, 0.1)}, "a"),
        ({"a": (0.9, 0.57), "b": (0.1, 0.1)}, None),
        ({"a": (0.5, 0.6), "b": (0.5, 0.6)}, "a"),
        ({}, None),
    ],
)
def test_best_counts_when_it_exceeds_the_threshold(
    scores: Mapping[str, tuple[float, float]], intent: str | None
) -> None:
    assert read(scripted(scores), "text").intent == intent


@pytest.mark.parametrize(
    ("scores", "is_doubt"),
    [
        ({"a": (0.9, 0.6), "b": (0.1, 0.1)}, False),
        ({"a": (0.52, 0.6), "b": (0.48, 0.5)}, True),  # too close to each other
        ({"a": (0.9, 0.56), "b": (0.1, 0.1)}, True),  # just below the threshold
        ({"a": (0.9, 0.5), "b": (0.1, 0.1)}, False),
        ({"a": (1.0, 0.56)}, False),  # nothing else to choose
    ],
)
def test_doubt_is_asked_about_where_a_route_does(scores: Mapping[str, tuple[float, float]], *, is_doubt: bool) -> None:
    understood = read(scripted(scores, asks_back=True), "text")

    assert (understood.doubt is not None) is is_doubt
    if understood.doubt is not None:
        assert [(one.intent, one.label, one.example) for one in understood.doubt] == [
            ("a", "A", "example of a"),
            ("b", "B", "example of b"),
        ]


@pytest.mark.parametrize(("given", "threshold"), [("lenient", 0.54), ("default", 0.58), ("strict", 0.62), (0.9, 0.9)])
def test_threshold_is_that_of_the_bot(given: float | Level, threshold: float) -> None:
    assert scripted({}, threshold=given).bounds_of("a").sure == pytest.approx(threshold)


def test_own_threshold_of_an_intent_goes_before_the_bots() -> None:
    intents = bot_of("hours: {examples: [a b, c d], threshold: 0.75}\norder: {examples: [e f, g h]}\n").intents
    reader = Reader(intents, Scripted({}))

    assert (reader.bounds_of("hours").sure, reader.bounds_of("order").sure) == (0.75, 0.58)


def test_reading_many_is_reading_each() -> None:
    reader = reader_of(TWO)
    texts = ["你們幾點開門", "👍", "訂位可以嗎", "火星", "今天有營業嗎？"]
    many = reader.read_all([MatchText(text, is_called=True) for text in texts], TUESDAY)

    assert many == [read(reader, text) for text in texts]


async def test_texts_that_wait_are_classified_together_and_never_on_the_loop() -> None:
    reader, desk = scripted({"a": (0.9, 0.9)}), Desk()
    texts = [MatchText(f"text {number}", is_called=True) for number in range(200)]
    understood = await asyncio.gather(*(desk.read(reader, text, TUESDAY) for text in texts))
    await desk.close()

    model = reader.model
    assert isinstance(model, Scripted)
    assert {one.intent for one in understood} == {"a"}
    assert (sum(model.batches), max(model.batches)) == (200, 64)
    assert threading.get_ident() not in model.threads


@pytest.mark.parametrize("text", ["茶" * 5000, "1 " * 2500, "年" * 5000, "9" * 5000, "明天" * 2500])
async def test_hostile_text_does_not_stop_the_loop(text: str) -> None:
    entities = "{drink: {values: [茶, 茶茶]}, code: {pattern: '\\d'}, day: date, at: time, many: number}"
    names = "{drink}{code}{day}{at}{many}"
    reader, desk = (
        reader_of(f"order: {{entities: {entities}, examples: ['{names}', 'a {names}', 'b {names}']}}\n"),
        Desk(),
    )
    reading = asyncio.ensure_future(desk.read(reader, MatchText(text, is_called=True), TUESDAY))
    longest = 0.0
    while not reading.done():
        begun_at = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - begun_at)
    await desk.close()

    assert longest < 0.25  # seconds, on a machine that does other things, too; 0.9 when it was read on the loop


async def test_bots_take_turns_at_the_desk() -> None:
    busy, quiet, desk = scripted({"a": (0.9, 0.9)}), scripted({"b": (0.9, 0.9)}), Desk()
    text = MatchText("text", is_called=True)
    flood = [asyncio.ensure_future(desk.read(busy, text, TUESDAY)) for _ in range(1000)]
    await asyncio.sleep(0)
    understood = await desk.read(quiet, text, TUESDAY)

    assert (understood.intent, sum(one.done() for one in flood) <= 128) == ("b", True)
    await asyncio.gather(*flood)
    await desk.close()


async def test_classifier_with_too_few_answers_fails_those_who_asked() -> None:
    class Short(Scripted):
        def classify(self, questions: Sequence[Question]) -> Sequence[Sequence[Score]]:
            return []

    desk = Desk()
    with pytest.raises(HandlerError, match="0 answers to 1 questions"):
        await desk.read(
            Reader(Intents([Intent("a", "A", (Example("x"),))]), Short({})), MatchText("text", True), TUESDAY
        )
    await desk.close()


def test_sentence_that_an_example_stands_for_is_certain() -> None:
    tea = "tea: {entities: {drink: {values: [紅茶, 奶茶]}}, examples: ['我要一杯{drink}謝謝']}\n"

    assert read(reader_of(TWO + tea), "我要一杯紅茶謝謝").is_certain


async def test_failing_classifier_fails_those_who_asked_and_nobody_else() -> None:
    class Broken(Scripted):
        def classify(self, questions: Sequence[Question]) -> Sequence[Sequence[Score]]:
            raise ZeroDivisionError

    broken, desk = Reader(Intents([Intent("a", "A", (Example("x"),))]), Broken({})), Desk()
    text = MatchText("text", is_called=True)

    with pytest.raises(ZeroDivisionError):
        await desk.read(broken, text, TUESDAY)
    assert (await desk.read(scripted({"a": (0.9, 0.9)}), text, TUESDAY)).intent == "a"
    await desk.close()


@given(st.text(max_size=50))
def test_key_is_the_same_whatever_the_case_and_the_ends(text: str) -> None:
    assert key_of(f" {text}！") == key_of(text) or not any(letter.isalnum() for letter in text)
