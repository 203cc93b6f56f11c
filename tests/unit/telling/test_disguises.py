"""Numbers and addresses of people become made-up ones of the same form; whatever else is written stays."""

from __future__ import annotations

import pytest

from hookline.telling.disguises import Disguise
from hookline.testing.events import user_id

OWN = "call 02-1234-5678 or mail help@shop.example; as in TW123456789; U0123456789abcdef0123456789abcdef"


def disguised(*texts: str) -> list[str]:
    disguise = Disguise(OWN, user_id)
    return [disguise.text(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "made_up"),
    [
        ("0912-345-678", "0912-000-001"),
        ("我的電話是0912345678謝謝", "我的電話是0912000001謝謝"),
        ("０９１２－３４５－６７８", "０９１２－０００－００１"),
        ("(02) 2345-6789", "(02) 2300-0001"),
        ("02-2345-6789", "02-2300-0001"),
        ("+886 912 345 678", "+886 912 000 001"),
        ("+886912345678", "+886912000001"),
        ("090-1234-5678", "090-1200-0001"),
        ("+81-3-1234-5678", "+81-3-1200-0001"),
        ("081-234-5678", "081-200-0001"),
        ("๐๘๑-๒๓๔-๕๖๗๘", "๐๘๑-๒๐๐-๐๐๐๑"),
        ("010-1234-5678", "010-1200-0001"),
        ("138 0013 8000", "138 0000 0001"),
        ("(212) 555-0188", "(212) 500-0001"),
        ("+1 212.555.0188", "+1 212.500.0001"),
        ("06 12 34 56 78", "06 12 00 00 01"),
        ("+33 6 12 34 56 78", "+33 6 12 00 00 01"),
        ("+49 (0)30 1234567", "+49 (0)30 1000001"),
        ("07911 123456", "07911 000001"),
        ("555-0188", "500-0001"),
        ("王小明 0912345678 2位", "王小明 0912000001 2位"),
        ("4111 1111 1111 1234", "4111 0000 0000 0001"),
        ("A234567890", "A234000001"),
    ],
)
def test_number_is_made_up_in_its_form(text: str, made_up: str) -> None:
    assert disguised(text) == [made_up]


@pytest.mark.parametrize(
    ("text", "made_up"),
    [
        ("wang.xm+line@mail.example.co.jp", "person1@example.com"),
        ("信箱是wang@gmail.com謝謝", "信箱是person1@example.com謝謝"),
        ("<a-b_c@x-y.org>.", "<person1@example.com>."),
        ("王小明@gmail.com", "person1@example.com"),
        ("wang@例え.jp", "person1@example.com"),
        ("ｗａｎｇ＠ｇｍａｉｌ．ｃｏｍ", "person1@example.com"),
        ("Wang@Gmail.com wang@gmail.com li@gmail.com", "person1@example.com person1@example.com person2@example.com"),
        ("li@shop.example", "person1@shop.example"),
    ],
)
def test_address_is_made_up(text: str, made_up: str) -> None:
    assert disguised(text) == [made_up]


@pytest.mark.parametrize(
    "text",
    [
        *("", "hi", "2026-12-01", "2026/12/1 10:00", "2026-12-01 10:00:30", "20261201", "10:00-12:00", "明天 14:00"),
        *("3 杯 1,200 元", "12/24 18:30", "10 20 30 40", "100 200", "@mei", "a@b", "123456", "TW123456789"),
        *("02-1234-5678", "help@shop.example", "U0123456789abcdef0123456789abcdef", "😀 {day} ${HOME}"),
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert disguised(text) == [text]


def test_same_number_is_the_same_however_it_is_written() -> None:
    texts = disguised("0912-345-678", "0912345678", "0987 654 321", "+886 912-345-678", "0912345678")

    assert texts == ["0912-000-001", "0912000001", "0987 000 002", "+886 912-000-001", "0912000001"]


def test_people_and_groups_get_names_in_their_order() -> None:
    disguise = Disguise(OWN, user_id)
    people = [user_id(f"person {number}") for number in range(12)]

    named = [disguise.person(one) for one in people]
    groups = [disguise.group(one) for one in ("C1", "C2", "C1")]

    assert (named[:3], named[-1], groups) == (["mei", "ann", "bob"], "person12", ["group", "group2", "group"])
    assert disguise.person("5") == "person13"  # though the files have a 5
    assert disguise.person("U0123456789abcdef0123456789abcdef") == "U0123456789abcdef0123456789abcdef"
    assert disguise.text(f"hi {people[1]}!") == f"hi {user_id('ann')}!"


def test_id_of_somebody_else_is_made_up() -> None:
    assert disguised(user_id("x"), "5f0c9a1b-22de-4f00-9abc-001122334455") == [
        "U" + "0" * 31 + "1",
        "50000000-0000-0000-0000-000000000002",
    ]


def test_long_text_takes_no_long_time() -> None:
    assert len(disguised("a" * 20_000, "1 " * 10_000, "@" * 20_000, "a." * 10_000)) == 4
