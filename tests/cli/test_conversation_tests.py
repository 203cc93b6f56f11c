"""Conversations as tests: `hookline test`, and what pytest makes of the same files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.commands import hookline

BOT = """
version: 1
bots:
  clinic:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    timezone: Asia/Taipei
    plugins: {clinic: }
    flows:
      booking:
        expire: 2h
        expired: 先這樣喔。
        steps:
          - {ask: day, type: date, say: 哪一天？, at_least: today, only: {days: [mon, tue, wed, thu, fri, sat]}}
          - {ask: time, choices: clinic.slots, say: 幾點？}
          - {ask: phone, type: phone, remember: true}
          - confirm: 預約 {flow.day.text} {flow.time}
          - run: clinic.book
          - reply: 完成！編號 {flow.book.number}
    routes:
      - {name: book, keyword: 預約, begin: booking}
      - {name: hi, on: follow, reply: 歡迎}
      - {name: other, otherwise: true, reply: 請說「預約」。}
"""
GOOD = """
bot: clinic
at: 2026-12-01 10:00
handlers: {clinic.slots: ['10:00', '14:00'], clinic.book: {number: A7}}
tests:
  - name: books
    steps:
      - {follows: true, hears: 歡迎}
      - says: 我要預約明天
      - hears: 幾點？
        flow: {name: booking, asks: time, knows: {day: '2026-12-02'}}
      - taps: 2
      - says: 0912-345-678
        hears: {contains: 12月2日（三） 14:00}
      - restarts: true
      - taps: 確定
        hears: 完成！編號 A7
        flow: nothing
        person: {phone: '0912345678'}
  - name: is silent, and it ends
    steps:
      - says: 預約
      - waits: 3h
        pushed: 先這樣喔。
      - {says: 明天, route: other}
  - name: 'refuses {day}'
    cases: [{day: 星期天}, {day: 昨天}]
    steps:
      - says: 預約
      - {says: '{day}', hears: {contains: 不行}, route: flow:booking.day}
  - name: keeps the question when the clinic fails
    steps:
      - says: 預約
      - fails: {clinic.slots: out of order}
      - {says: 明天, outcome: buried}
      - fails: {clinic.slots: null}
      - {says: 明天, hears: 幾點？}
"""
WRONG = """
bot: clinic
handlers: {clinic.slots: ['10:00'], clinic.book: {}}
tests:
  - name: goes otherwise
    steps:
      - says: 預約
        hears: 幾點？
  - name: taps what isn't there
    steps:
      - says: 預約明天
      - taps: 15:00
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "bot.yaml").write_text(BOT, "utf-8")
    (tmp_path / "tests" / "clinic.yaml").write_text(GOOD, "utf-8")
    return tmp_path


def test_conversations_of_the_folder_tests_are_played(clinic: Path) -> None:
    result = hookline(clinic, "test")

    assert result.returncode == 0, result.stdout + result.stderr
    assert [line for line in result.stdout.splitlines() if line.startswith("ok")] == [
        "ok    books",
        "ok    is silent, and it ends",
        "ok    refuses 星期天",
        "ok    refuses 昨天",
        "ok    keeps the question when the clinic fails",
    ]


def test_what_goes_otherwise_is_told_with_its_line_and_what_came(clinic: Path) -> None:
    (clinic / "tests" / "clinic.yaml").write_text(WRONG, "utf-8")
    result = hookline(clinic, "test", "tests/clinic.yaml")

    assert result.returncode == 1
    assert (
        "tests/clinic.yaml:8: wanted `幾點？`\n        came `哪一天？`\n        by route book, answered"
        in result.stdout
    )
    assert "tests/clinic.yaml:12: wanted a button `15:00`\n        came `10:00`" in result.stdout


def test_results_are_given_for_machines(clinic: Path) -> None:
    (clinic / "tests" / "clinic.yaml").write_text(WRONG, "utf-8")
    facts = json.loads(hookline(clinic, "test", "--json", "--junit", "junit.xml", "-k", "otherwise").stdout)
    (suite,) = ElementTree.parse(clinic / "junit.xml").iter("testsuite")

    (told,) = facts["tests"]
    assert (told["line"], told["wanted"], told["came"], told["failed"]) == (8, "`幾點？`", "`哪一天？`", True)
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")


def test_coverage_that_is_too_little_fails(clinic: Path) -> None:
    result = hookline(clinic, "test", "-k", "silent", "--coverage", "90")

    assert result.returncode == 1
    assert "never come by: flow:booking.confirm, flow:booking.day, flow:booking.phone" in result.stderr
    assert hookline(clinic, "test", "--coverage", "100").returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests: []\n", "1:8: `tests` is a list of conversations"),
        ("tests: [{name: a, steps: [{sayz: hi}]}]\n", "unknown key `sayz`"),
        ("tests: [{name: a, steps: [{says: hi, taps: 1}]}]\n", "a step does one thing: `says` and `taps` are two"),
        ("tests: [{name: a, steps: [{waits: long}]}]\n", "`waits`: expected a length of time"),
        ("at: soon\ntests: [{name: a, steps: [{says: hi}]}]\n", "1:5: `at`: `soon` is no time"),
        ("tests: [{name: a}]\n", "a test needs `steps:`"),
    ],
)
def test_mistake_in_a_conversation_is_told_at_its_place(text: str, said: str, clinic: Path) -> None:
    (clinic / "wrong.yaml").write_text(text, "utf-8")
    result = hookline(clinic, "test", "wrong.yaml")

    assert result.returncode == 1
    assert said in result.stderr, result.stderr


def test_pytest_collects_the_same_files(clinic: Path) -> None:
    (clinic / "tests" / "wrong.yaml").write_text(WRONG, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

    result = subprocess.run(command, cwd=clinic, capture_output=True, text=True, timeout=100, check=False)

    assert "2 failed, 5 passed" in result.stdout, result.stdout
    assert "wrong.yaml:8: wanted `幾點？`" in result.stdout
