"""What the recipe is made of: texts, n-grams, the head."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline_intents import head
from hookline_intents.grams import GramSpace, count
from hookline_intents.texts import MAX_TEXT, normalised, script_of, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CANCEL  my\tOrder ", "cancel my order"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("我想取消訂單", "我想取消订单"),
        ("東京の天気は？", "東京の天気は?"),
        ("我 想 訂 位", "我想订位"),
        ("ขอ เมนู", "ขอเมนู"),
        ("turn on 電燈", "turn on 电灯"),
        ("a\0b", "a b"),
        ("\ud800hi", "hi"),
        ("", ""),
    ],
)
def test_texts_come_into_one_form(text: str, expected: str) -> None:
    assert normalised(text) == expected


@given(st.text())
def test_any_text_has_a_form_that_can_be_encoded(text: str) -> None:
    form = normalised(text)

    assert len(form) <= MAX_TEXT
    assert form.encode().decode() == form


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("opening_hours", "opening hours"),
        ("iot/hueLight_up", "iot hue light up"),
        ("營業時間", "营业时间"),
        ("a.b-c", "a b c"),
    ],
)
def test_names_become_words(name: str, words: str) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("text", "script"), [("你好 hi", "han"), ("は", "kana"), ("漢字とかな", "kana"), ("ไทย", "thai"), ("hi 1", "other")]
)
def test_script_says_most_about_the_language(text: str, script: str) -> None:
    assert script_of(text) == script


def test_grams_of_like_texts_are_like() -> None:
    texts = ["when do you open", "when do you close", "book a table"]
    rows = GramSpace.learn([count(text) for text in texts], 512).vectors([count(text) for text in texts])

    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert rows[0] @ rows[1] > 0.4 > rows[0] @ rows[2]


def test_what_no_example_has_does_not_count() -> None:
    space = GramSpace.learn([count("abc")], 64)
    unknown, empty, part = space.vectors([count("xyz"), count(""), count("abcxyz")])

    assert np.count_nonzero(unknown) == 1  # the blank around it
    assert not empty.any()
    assert part @ space.vectors([count("abc")])[0] > 0.5


def test_head_is_that_of_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is here to compare with only")
    random = np.random.default_rng(1)
    centres = random.normal(size=(12, 40))
    classes = np.repeat(np.arange(12), [3, 5, 8, 9, 10, 4, 6, 7, 10, 3, 5, 10])
    rows = (centres[classes] + random.normal(size=(len(classes), 40))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    weights = head.fit(rows, classes, np.ones(12, np.float32))
    theirs = linear.LogisticRegression(C=head.STRENGTH, class_weight="balanced", tol=1e-8, max_iter=5000).fit(
        rows, classes
    )
    asked = random.normal(size=(500, 40)).astype(np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    scores = asked @ weights[:-1] + weights[-1]
    ours = np.exp(scores - scores.max(axis=1, keepdims=True))
    ours /= ours.sum(axis=1, keepdims=True)

    assert np.abs(ours - theirs.predict_proba(asked)).max() < 0.01


def test_classes_weigh_what_they_are_given() -> None:
    rows = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
    classes = np.array([0, 1, 0, 1])
    even = head.fit(rows, classes, np.array([1, 1], np.float32))
    heavy = head.fit(rows, classes, np.array([1, 8], np.float32))

    assert abs(even[-1, 0] - even[-1, 1]) < 0.01
    assert heavy[-1, 1] - heavy[-1, 0] > 1
