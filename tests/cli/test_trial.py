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

    (found,) = trial.findings([path])

    assert (str(found), found.hint) == (
        f"{path}:10:22: unknown key `keywrod` in route `menu`",
        "did you mean `keyword`?",
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [("raise SystemExit('no memory')", "no memory"), ("pass", "it said nothing")],
)
def test_process_that_says_nothing_of_the_files_is_a_finding(code: str, said: str) -> None:
    found = trial.findings([Path("bot.yaml")], [sys.executable, "-c", code])

    assert [str(one) for one in found] == [f"bot.yaml:1:1: a new process failed: {said}"]
