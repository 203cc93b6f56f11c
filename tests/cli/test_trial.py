"""Check what is said of configuration files that are tried in a fresh process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hookline.telling import trial
from tests.cli.test_live import BOT
from tests.support import SECRETS


def test_findings_are_those_of_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "bot.yaml"
    path.write_text(BOT.replace("keyword", "keywrod"), "utf-8")

    (found,) = trial.tried([path], is_strict=True).findings

    assert (str(found), found.hint) == (
        f"{path}:10:22: unknown key `keywrod` in route `menu`",
        "did you mean `keyword`?",
    )


def test_bots_that_a_fresh_process_would_leave_out_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "bot.yaml"
    wrong = BOT.partition("  shop:")[2].replace("keyword", "keywrod")
    path.write_text(f"{BOT}  cafe:{wrong}", "utf-8")

    tried = trial.tried([path], is_strict=False)

    assert ([one.message for one in tried.findings], tried.out) == (["unknown key `keywrod` in route `menu`"], ["cafe"])


@pytest.mark.parametrize(
    ("code", "said"),
    [("raise SystemExit('no memory')", "no memory"), ("pass", "it said nothing")],
)
def test_process_that_says_nothing_of_the_files_is_a_finding(code: str, said: str) -> None:
    tried = trial.tried([Path("bot.yaml")], is_strict=False, command=[sys.executable, "-c", code])

    assert tried.out is None
    assert [str(one) for one in tried.findings] == [f"bot.yaml:1:1: a new process failed: {said}"]
