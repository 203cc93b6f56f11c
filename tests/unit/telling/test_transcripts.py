"""Whatever somebody writes stands in a file so that it is read as it was, in each place where it may stand."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from hookline.adapters.simulated import Button
from hookline.config.editing.conversations import whole_file
from hookline.telling.transcripts import Transcript, Turn, press
from hookline.testing.scripts import Case, read_script

HOSTILE = [
    "it's", '"quoted"', "a: b", "a #b", "# a", "- a", "? a", "[a", "{a: 1}", "{", "{day}", "&a", "*a", "!a", "%a", "@a",
    "`a`", "| a", "> a", "12", "1.0", "1e3", "0x1f", "true", "null", "~", "yes", "2026-12-01", "12:30", "${HOME}", "$$",
    "${", "👩‍👩‍👧 🇹🇼", "ราคา", "שלום", "a\u202eb", "a\u200bb", "\ufeffa", "a：b", "“a”", "‘a’", "--- a", "...",
    "a,b]", "<<", "=", "a\\nb", "tests: []", "a\tb", "　a", "\x00", "x" * 4000, "two\nlines", "ends\n",
    "\n\nbegins", "cr\r\nlf",
    " a ", "nothing", "\u2028", "\x85", "-",
]  # fmt: skip


def read(path: Path, *turns: Turn, name: str = "a", notes: tuple[str, ...] = ()) -> Case:
    path.write_text(whole_file("shop", Transcript("shop", name, turns, UTC, notes).lines()), "utf-8", newline="")
    (case,) = read_script(path).cases
    return case


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_comes_back_as_it_was(text: str, tmp_path: Path) -> None:
    heard = [{"text": text}]
    says = Turn(0, "says", text, user=text, group=text, hears=heard, pushed=[*heard, {"altText": "b"}], notes=[text])
    key = text[:1000]
    sends = Turn(0, "sends", {key: {"data": text}})
    case = read(tmp_path / "a.yaml", says, Turn(0, "taps", text), sends, name=text, notes=(text,))

    first, taps, sent = case.steps
    assert (case.name, first.value, first.user, first.group) == (text, text, text, text)
    assert first.wanted == {"hears": [text] if text == "nothing" else text, "pushed": [text, "b"]}
    assert (taps.value, sent.value) == (text, {key: {"data": text}})


def test_empty_message_and_half_a_character_are_said(tmp_path: Path) -> None:
    case = read(tmp_path / "a.yaml", Turn(0, "says", ""), Turn(0, "says", "a\ud83d"))

    assert [step.value for step in case.steps] == ["", "a?"]


def test_nothing_unseen_is_written(tmp_path: Path) -> None:
    read(tmp_path / "a.yaml", Turn(0, "says", "a\u202eb", notes=["c\u202ed\n- leaves"]))

    text = (tmp_path / "a.yaml").read_text("utf-8")
    assert '# c\\u202ed - leaves\n      - says: "a\\u202eb"\n' in text


def test_what_has_no_text_is_wanted_by_its_kind(tmp_path: Path) -> None:
    case = read(tmp_path / "a.yaml", Turn(0, "says", "a", hears=[{"type": "image", "url": "http://x"}, {"photo": 1}]))

    assert case.steps[0].wanted == {"hears": [{"json": {"type": "image"}}, {"pattern": ""}]}


def test_long_pauses_are_steps_and_what_cannot_be_played_is_a_comment(tmp_path: Path) -> None:
    turns = [
        Turn(0, None, notes=["lost"]), Turn(5_500, "says", "a"), Turn(65_000, "says", "b"), Turn(126_500, "says", "c"),
        Turn(200_000, "waits", pushed=[{"text": "d"}]), Turn(200_500, None, notes=["e"]), Turn(201_000, "leaves"),
    ]  # fmt: skip
    case = read(tmp_path / "a.yaml", *turns)

    assert [(step.does, step.value) for step in case.steps] == [
        ("says", "a"), ("says", "b"), ("waits", 61.0), ("says", "c"), ("waits", 74.0), ("leaves", True),
    ]  # fmt: skip
    assert (
        (tmp_path / "a.yaml")
        .read_text("utf-8")
        .startswith(
            "bot: shop\ntests:\n  - name: a\n    at: 1970-01-01 00:00:05\n    steps:\n      # lost\n      - says: a\n"
        )
    )
    assert case.at is not None


A, B, OTHER_A = Button("A", data="a"), Button("B", data="b"), Button("A", data="c")


@pytest.mark.parametrize(
    ("shown", "named"),
    [
        ([[A, B]], "A"),
        ([[B], [A]], "A"),
        ([[], [OTHER_A, A]], 2),
        ([[OTHER_A], [A]], None),
        ([[OTHER_A], [B, A]], None),
        ([[B]], None),
        ([], None),
    ],
)
def test_button_is_named_by_what_finds_it_again(shown: list[list[Button]], named: str | int | None) -> None:
    assert press(lambda button: button.data == "a", shown) == named
