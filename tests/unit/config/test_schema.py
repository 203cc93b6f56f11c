"""Check that the JSON Schema for editors agrees with what the loader takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from hookline.config.keys.schema import dump, schema
from hookline.plugins.platforms import AdapterRegistry
from hookline.plugins.registry import PluginRegistry
from tests.support import findings
from tests.unit.config import test_broken_files, test_broken_intents, test_broken_routes
from tests.unit.config.broken import ENVIRONMENT, Case, Expected, bot, line, route, top

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "config" / "examples").glob("*.yaml"))


NOT_RED = {
    "bool written True",  # YAML 1.2 reads it as true
    "password in store",  # told apart from a variable by an expression that no editor has
    "default password in store",
    "file without a type",  # the mistake is in a JSON file that the YAML names
}

CORPUS = [
    case
    for module in (test_broken_files, test_broken_routes, test_broken_intents)
    for table in vars(module).values()
    if isinstance(table, list)
    for case in table
    if isinstance(case, Case)
]
STRUCTURAL = re.compile(
    r"unknown key |`.*` is missing in |.*: expected |expected true or false|.*: may not be empty$"
    r"|a route needs a `name`|.* has (neither|both) |a message object needs |.* can't stand beside |.* says neither "
    r"|.* in plain text|.*must be one secret|.*: a name is |entity .* (says nothing|has both)"
    r"|`(retries|deadline)` is for a handler"
)
"""What is said of mistakes that are in the form of a file: in its keys, and in the kinds of its values."""


def _is_structural(expected: Expected) -> bool:
    return expected.severity == "error" and STRUCTURAL.match(expected.message) is not None


class EditorLoader(yaml.SafeLoader):
    """Read scalars as editors do: by the core schema of YAML 1.2, where `on`, `no` and `22:22` are text."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  PyYAML's own table, replaced for this class


for _tag, _pattern in {
    "bool": r"true|True|TRUE|false|False|FALSE",
    "null": r"~|null|Null|NULL|",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
}.items():
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), None)


def test_schema_is_valid_draft_7() -> None:
    document = _schema()

    Draft7Validator.check_schema(document)
    assert document["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "$defs" not in dump(document)


def test_patterns_mean_the_same_to_an_editor() -> None:
    assert r"[\\w" not in dump(_schema())


def test_schema_in_the_repository_is_fresh() -> None:
    path = ROOT / "config" / "bot.schema.json"

    assert path.read_text("utf-8") == dump(_schema()), "run: .venv/bin/hookline schema --plain > config/bot.schema.json"


@pytest.mark.parametrize("path", [ROOT / "bot.yaml", *EXAMPLES], ids=lambda path: path.name)
def test_files_of_the_repository_fit(path: Path) -> None:
    assert _complaints(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        top(),
        bot("plugins: {tickets: {notify_at: '${PLACES:-3}'}}", "understanding: {threshold: '${SURE:-0.7}'}"),
        bot("plugins: {tickets: {notify_at: '3'}}", "limits: {running: '${RUNNING:-5}'}"),
        route("keyword: a", "when: {chat: '${KIND:-user}'}", "enabled: ${ON:-true}", "reply: b"),
        route("enabled: false"),
        bot(
            "intents: {number: {sentences: ['number {n}', '{p} number', 'no {v}'], entities: {n: number,"
            " p: {pattern: a}, v: '${KIND:-date}'}}}",
            "routes: [{name: a, intent: number, reply: '{match.n}'}]",
        ),
        bot("adapter: ${PLATFORM:-line}").replace("    adapter: line\n", ""),
        top("store: sqlite:///a.db", "retention: {ids_days: 3, bodies_days: 0}"),
        line("channel_secret:", "  - ${SECRET}", "  - '${TOKEN}'", "access_token: {file: token.txt}"),
        bot("plugins: {tickets: {staff: [U1]}}", "call_names: 1", "timezone: UTC", "push_fallback: false"),
        bot("plugins:", "  tickets:"),
        bot("settings: {phone: 123, price: 10.50}", "on_error: sorry"),
        bot("routes:", "  - {name: 1, keyword: 1, reply: 1}"),
        bot("settings: {電話: 1}", "routes:", "  - {name: 菜單, keyword: a, reply: b}"),
        bot("push_fallback: ${PUSH:-false}"),
        top("retention: {ids_days: '${DAYS:-3}'}"),
        route("keyword: [1, 1.5, true, no]", "reply: [1, {type: text, text: a}]"),
        route("on: '*'", "when: {chat: [user], mentioned: false, state: {step: 1}}", "reply: a"),
        route("keyword: a", "remember: {language: en}"),
        route("keyword: a", "set: {x: 1}", "count: visits"),
        route("postback: {item: 1}", "when: {days: mon, time: 9:00-10:00}", "reply: a"),
    ],
)
def test_what_the_loader_takes_fits(text: str, tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("one-token")

    assert [one for one in findings(tmp_path, text, ENVIRONMENT) if one.severity == "error"] == []
    assert _complaints(text) == []
    assert _complaints(text, _rich_schema()) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (top().replace("version: 1", "version: 2"), "version"),
        (top().removeprefix("version: 1\n"), ""),
        ("version: 1\n", ""),
        ("version: 1\nbots: {}\n", "bots"),
        (top("stroe: sqlite:///a.db"), ""),
        (top().replace("adapter: line", "adapter: lime"), "bots/shop/adapter"),
        (top().replace("    adapter: line\n", ""), "bots/shop"),
        (top().replace("shop:", "my shop:"), "bots"),
        (bot("zzz: 1"), "bots/shop"),
        (bot("settings: {my phone: 1}"), "bots/shop/settings"),
        (bot("plugins: {my plugin: {}}"), "bots/shop/plugins"),
        (top("packs: {my pack: {routes: [{name: a, keyword: b, reply: c}]}}"), "packs"),
        (bot("push_fallback: 'true'"), "bots/shop/push_fallback"),
        (bot("routes: {name: a}"), "bots/shop/routes"),
        (line("channel_secret: abcdef", "access_token: ${TOKEN}"), "bots/shop/line/channel_secret"),
        (line("channel_secret: ${SECRET:-abc}", "access_token: ${TOKEN}"), "bots/shop/line/channel_secret"),
        (line("channel_secret: ${SECRET}"), "bots/shop/line"),
        (route("keywrod: a", "reply: b"), "bots/shop/routes/0"),
        (route("keyword: {a: b}", "reply: b"), "bots/shop/routes/0/keyword"),
        (route("keyword: a", "when: {chat: users}", "reply: b"), "bots/shop/routes/0/when"),
        (route("keyword: a", "when: {day: mon}", "reply: b"), "bots/shop/routes/0/when"),
        (route("keyword: a", "reply: {texts: b}"), "bots/shop/routes/0/reply"),
        (route("keyword: a", "reply: []"), "bots/shop/routes/0/reply"),
        (route("keyword: a", "run: tickets"), "bots/shop/routes/0/run"),
        (route("keyword: a", "reply: b", "begin: c"), "bots/shop/routes/0"),
        (route("keyword: a", "run: tickets.take", "begin: c"), "bots/shop/routes/0"),
        (route("keyword: a"), "bots/shop/routes/0"),
        (top("packs: {manners: {}}"), "packs/manners"),
    ],
)
def test_wrong_file_does_not_fit(text: str, where: str) -> None:
    assert where in _complaints(text)


@pytest.mark.parametrize(
    "broken", [case for case in CORPUS if any(_is_structural(one) for one in case.expected)], ids=str
)
def test_structural_mistake_of_the_corpus_is_red(broken: Case) -> None:
    complaints = _complaints(broken.text, _rich_schema())

    assert bool(complaints) != (broken.name in NOT_RED)


def _schema() -> dict[str, Any]:
    return schema(AdapterRegistry.discover().every())


def _rich_schema() -> dict[str, Any]:
    registry = PluginRegistry.discover()
    plugins = [registry.load(name) for name in ("echo", "intents", "tickets")]
    return schema(AdapterRegistry.discover().every(), plugins)


def _complaints(text: str, document: dict[str, Any] | None = None) -> list[str]:
    data = yaml.load(text, Loader=EditorLoader)
    found = Draft7Validator(document or _schema()).iter_errors(data)
    return ["/".join(map(str, error.absolute_path)) for error in found]
