"""The mistakes that people of this field tell of: each with its place and its whole message, and no host is stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.config.loading import load
from hookline.errors import ConfigError
from hookline.findings.findings import Finding
from hookline.plugins.installed import Installed
from hookline.plugins.registry import PluginRegistry
from tests.unit.config.broken import (
    ENVIRONMENT,
    SECRET_RULE,
    SINGLE_QUOTES,
    UNSET,
    Expected,
    bot,
    error,
    found_in,
    line,
    route,
)

RAISES_AT_IMPORT = "raise RuntimeError('no network')\n"
ENDS_THE_PROCESS = "import sys\nsys.exit(3)\n"
RAISES_AT_REGISTRATION = """
from hookline import hookimpl

@hookimpl
def hookline_handlers():
    raise KeyError("city")
"""
WRONG_HANDLER = """
from hookline import hookimpl

async def say(context, city):
    return city

@hookimpl
def hookline_handlers():
    return {"say": say}
"""
RAISES_IN_SETTINGS = """
from pydantic import BaseModel, field_validator
from hookline import hookimpl

class Settings(BaseModel):
    city: str

    @field_validator("city")
    @classmethod
    def known(cls, value):
        raise RuntimeError("the map is gone")

@hookimpl
def hookline_settings():
    return Settings
"""
USING = bot("plugins: {horror: {city: Taipei}}")


def findings_of(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> list[Finding]:
    """Return what is found in a bot whose plugin `horror` is *code*, in a module called *name*."""
    (folder / f"{name}.py").write_text(code, "utf-8")
    (folder / "bot.yaml").write_text(USING, "utf-8")
    monkeypatch.syspath_prepend(folder)
    registry = PluginRegistry({"horror": Installed("horror", name)})
    with pytest.raises(ConfigError) as caught:
        load([folder / "bot.yaml"], registry, environment=ENVIRONMENT)
    return caught.value.findings


def said_of(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Return what is said of it."""
    return [str(finding).removeprefix(f"{folder}/") for finding in findings_of(code, folder, monkeypatch, name)]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        (
            "horror_import",
            RAISES_AT_IMPORT,
            "bot.yaml:6:15: plugin `horror`: importing `horror_import` failed: RuntimeError: no network",
        ),
        (
            "horror_exit",
            ENDS_THE_PROCESS,
            "bot.yaml:6:15: plugin `horror`: importing `horror_exit` failed: SystemExit: 3",
        ),
        (
            "horror_registration",
            RAISES_AT_REGISTRATION,
            "bot.yaml:6:15: plugin `horror`: `hookline_handlers()` failed: KeyError: 'city'",
        ),
        (
            "horror_signature",
            WRONG_HANDLER,
            "bot.yaml:6:15: plugin `horror`: handler `say` is `say(context, city)`; "
            "it must take one argument, the Context",
        ),
        (
            "horror_settings",
            RAISES_IN_SETTINGS,
            "bot.yaml:6:15: plugin `horror`: checking its settings failed: RuntimeError: the map is gone",
        ),
    ],
)
def test_plugin_that_fails_is_a_finding_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str, said: str
) -> None:
    assert said_of(code, tmp_path, monkeypatch, name) == [said]


@pytest.mark.parametrize(
    ("name", "code", "number"),
    [
        ("lost_import", RAISES_AT_IMPORT, 1),
        ("lost_syntax", "import json\nasyc def say(context): ...\n", 2),
        ("lost_registration", RAISES_AT_REGISTRATION, 6),
    ],
)
def test_line_where_a_plugin_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str, number: int
) -> None:
    (finding,) = findings_of(code, tmp_path, monkeypatch, name)

    assert finding.hint == f"see {tmp_path / name}.py, line {number}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            bot("settings: &shared {a: b}"),
            error(
                6,
                15,
                "anchors (`&name`) are not supported",
                f"if it is text, {SINGLE_QUOTES}; or use `packs:`",
            ),
        ),
        (bot("push_fallback: no"), error(6, 20, "expected true or false, unquoted, for `push_fallback`")),
        (
            bot("\tcall_names: a"),
            error(6, 5, "not YAML: a tab in the indentation", "indent with spaces: YAML takes no tabs"),
        ),
        (
            "version: 1\nbots:\n\tshop:\n\t\tadapter: line\n",
            error(3, 1, "not YAML: a tab in the indentation", "indent with spaces: YAML takes no tabs"),
        ),
        (
            bot("timezone: UTC", "timezone: UTC"),
            error(7, 5, "`timezone` stands here twice", "the first is in line 6"),
        ),
        (
            route("keyword: a", "  reply: b"),
            error(
                9,
                16,
                "not YAML: mapping values are not allowed in this context",
                "indent line 9 like those that it belongs to: keys stand in one column, and so do entries",
            ),
        ),
        (
            line("channel_secret: ${NOPE}", "access_token: ${TOKEN}"),
            error(6, 23, "variable `NOPE` is not set", UNSET),
        ),
        (
            line("channel_secret: ${SECRET}", "access_token: abc"),
            error(7, 21, "`access_token` holds a secret in plain text", SECRET_RULE),
        ),
    ],
    ids=[
        "anchor",
        "no",
        "tab",
        "tab below bots",
        "duplicate key",
        "indentation",
        "unset variable",
        "secret in plain text",
    ],
)
def test_horror_of_yaml_is_found_at_its_place(tmp_path: Path, text: str, expected: Expected) -> None:
    assert found_in(tmp_path, text) == [expected]
