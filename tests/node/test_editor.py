"""The schema as owners meet it: in the real yaml-language-server, which most editors use."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node.language_server import LanguageServer, language_server
from tests.node.packages import LANGUAGE_SERVER, installed

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "bot.yaml", *sorted((ROOT / "config" / "examples").glob("*.yaml"))]
MODELINE = "# yaml-language-server: $schema={}\n"
HEAD = MODELINE.format("bot.schema.json") + (
    "version: 1\nbots:\n  shop:\n    adapter: line\n    line: {channel_secret: '${SECRET}', access_token: '${TOKEN}'}\n"
)
ROUTE = "    routes:\n      - name: hours\n"
HANDLERS = ["tickets.take", "tickets.position", "tickets.cancel", "tickets.next", "tickets.reset"]


@dataclass
class Editor:
    """Be an editor with a folder of files; each text is another file. `|` in a text is the cursor."""

    server: LanguageServer
    folder: Path
    numbers: Iterator[int]

    def red(self, text: str) -> list[str]:
        """Return the red lines of *text*, below the head."""
        return self.server.open(self._path(), HEAD + text)

    def offers(self, text: str) -> list[str]:
        """Return what is offered at the cursor."""
        return self.server.complete(*self._opened(text))

    def hover(self, text: str) -> str:
        """Return what is shown at the cursor, without the name of the schema's file."""
        return self.server.hover(*self._opened(text)).partition("\n\nSource:")[0]

    def _opened(self, text: str) -> tuple[Path, int, int]:
        path, (before, after) = self._path(), (HEAD + text).split("|")
        self.server.open(path, before + after)
        return path, before.count("\n"), len(before.rpartition("\n")[2])

    def _path(self) -> Path:
        return self.folder / f"{next(self.numbers)}.yaml"


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    program = installed(LANGUAGE_SERVER) / "yaml-language-server" / "bin" / "yaml-language-server"
    folder = tmp_path_factory.mktemp("editor")
    with (folder / "bot.schema.json").open("w") as file:
        subprocess.run([sys.executable, "-m", "hookline", "schema"], stdout=file, check=True, timeout=60)
    shutil.copy(ROOT / "config" / "bot.schema.json", folder / "plain.json")
    with language_server(program, folder) as server:
        yield Editor(server, folder, itertools.count())


def test_keys_of_a_route_are_offered(editor: Editor) -> None:
    offered = editor.offers(f"{ROUTE}        |\n")

    assert {"keyword", "exact", "on", "when", "otherwise", "reply", "run"} <= set(offered)
    assert "name" not in offered  # it is there already


def test_keys_of_a_bot_are_offered(editor: Editor) -> None:
    assert {"routes", "plugins", "timezone", "understanding"} <= set(editor.offers("    |\n"))


def test_handlers_of_installed_plugins_are_offered(editor: Editor) -> None:
    offered = editor.offers(f"{ROUTE}        keyword: a\n        run: |\n")

    assert [name for name in offered if name.startswith("tickets.")] == HANDLERS
    assert "true" not in offered


@pytest.mark.parametrize(
    ("step", "offered", "others"),
    [
        ("- |", {"ask", "list", "confirm", "run", "reply", "when"}, {"type", "more", "as"}),
        (
            "- ask: day\n            |",
            {"type", "choices", "at_least", "optional", "when"},
            {"reply", "more", "confirm"},
        ),
        ("- list: cart\n            |", {"steps", "more", "line"}, {"type", "choices"}),
        ("- run: a.b\n            |", {"as", "when"}, {"type", "say", "steps"}),
        ("- ask: day\n            type: |", {"date", "phone", "yes_no"}, set()),
        ("- ask: day\n            check: |", set(HANDLERS), {"true"}),
    ],
    ids=["first", "question", "list", "handler", "types", "handlers"],
)
def test_keys_of_a_step_go_by_what_it_does(editor: Editor, step: str, offered: set[str], others: set[str]) -> None:
    found = set(editor.offers(f"    flows:\n      order:\n        steps:\n          {step}\n"))

    assert offered <= found
    assert not others & found


@pytest.mark.parametrize(
    "written", ["on: |", "on: [|]", "on:\n          - |"], ids=["alone", "in brackets", "in a list"]
)
def test_event_types_are_offered(editor: Editor, written: str) -> None:
    offered = editor.offers(f"{ROUTE}        {written}\n        reply: b\n")

    assert {"message.text", "message", "follow", "postback", '"*"'} <= set(offered)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("    plugins:\n      |\n", {"echo", "tickets", "intents"}),
        ("    plugins:\n      tickets:\n        |\n", {"staff", "language", "notify_at", "texts"}),
        ("    understanding:\n      classifier: |\n", {"encoder", "ngrams", "encoder+"}),
        ("    understanding:\n      threshold: |\n", {"lenient", "default", "strict"}),
        ("    routes:\n      - include: |\n", {"tickets"}),
        (f"{ROUTE}        when:\n          chat: |\n", {"user", "group", "room"}),
        ("    push_fallback: |\n", {"true", "false"}),
        ("  cafe:\n    adapter: |\n", {"line"}),
    ],
    ids=["plugins", "settings", "classifiers", "thresholds", "packs", "chats", "bools", "adapters"],
)
def test_names_are_offered(editor: Editor, text: str, expected: set[str]) -> None:
    assert expected <= set(editor.offers(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{ROUTE}        key|word: a\n        reply: b\n", "The text contains one of these."),
        (f"{ROUTE}        keyword: a\n        ru|n: orders.show\n", "Run this handler: PLUGIN.NAME."),
        (f"{ROUTE}        keyword: a\n        when: {{ch|at: user}}\n", "The kind of chat."),
        ("    time|zone: Asia/Taipei\n", "The time zone of `when:`, as in Asia/Taipei."),
        ("    plugins: {tickets: {not|ify_at: 3}}\n", "How many places before their turn customers are told."),
        ("    plugins: {tick|ets: {notify_at: 3}}\n", "Hold what a bot may set under `plugins: tickets:`."),
        (
            f"{ROUTE}        keyword: a\n        run: tickets.t|ake\n",
            "`tickets.take`: Give the customer the next number, or show the one they have.",
        ),
        (
            "  cafe:\n    adapter: line\n    line: {channel_se|cret: '${A}', access_token: '${B}'}\n",
            "newest first. ${VAR} or {file: PATH}, never the secret itself.",
        ),
    ],
    ids=["keyword", "run", "chat", "timezone", "setting", "plugin", "handler", "secret"],
)
def test_hover_shows_what_a_key_is_for(editor: Editor, text: str, expected: str) -> None:
    assert expected in editor.hover(text).replace("\\", "")  # it escapes what Markdown might read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{ROUTE}        keywrod: a\n        on: follow\n        reply: b\n", "8:8: Property keywrod is not allowed."),
        ("    zzz: 1\n", "6:4: Property zzz is not allowed."),
        ("    plugins: {tickets: {notify: 2}}\n", "6:24: Property notify is not allowed."),
        ("    plugins: {echo: {prefx: a}}\n", "6:21: Property prefx is not allowed."),
        ("    plugins: {tickets: {notify_at: many}}\n", "6:35: Expected a whole number."),
        (f"{ROUTE}        keyword: a\n", '7:8: Missing property "reply".'),
        (f"{ROUTE}        reply: a\n", '7:8: Missing property "keyword".'),
        (f"{ROUTE}        keyword: a\n        reply: b\n        run: a.b\n", "9:8: Property reply is not allowed."),
        ("    push_fallback: 'yes'\n", "6:19: Expected true or false, without quotes."),
        (
            "  cafe:\n    adapter: line\n    line: {channel_secret: abc, access_token: '${B}'}\n",
            "8:27: Expected ${VAR} or {file: PATH}, never the secret itself.",
        ),
    ],
)
def test_mistake_is_a_red_line_at_its_place(editor: Editor, text: str, expected: str) -> None:
    assert editor.red(text) == [expected]


@pytest.mark.parametrize("target", ["tickets.tke", "tickets"])
def test_handler_that_no_plugin_has_is_red(editor: Editor, target: str) -> None:
    (found,) = editor.red(f"{ROUTE}        keyword: a\n        run: {target}\n")

    assert found.startswith("9:13: Value is not accepted. Valid values: ")
    assert '"tickets.take"' in found


@pytest.mark.parametrize(
    "text",
    [
        f"{ROUTE}        keyword: a\n        run: orders.show\n",
        f"{ROUTE}        keyword: a\n        run: tickets.${{WHICH}}\n",
        "    plugins: {orders: {api: https://erp.example}}\n",
        "    plugins: {tickets: {notify_at: '${PLACES:-2}'}}\n",
        "    plugins:\n      tickets:\n",
        "    routes:\n      - {name: 𠮷野, keyword: 1, reply: 10.50, when: {days: '${DAY}'}}\n",
    ],
    ids=["handler elsewhere", "variable handler", "plugin elsewhere", "variable number", "no settings", "rare letters"],
)
def test_what_may_be_right_is_not_red(editor: Editor, text: str) -> None:
    assert editor.red(text) == []


@pytest.mark.parametrize("schema", ["bot.schema.json", "plain.json"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_the_repository_have_no_red_lines(editor: Editor, path: Path, schema: str) -> None:
    text = MODELINE.format(schema) + path.read_text("utf-8").partition("\n")[2]
    last = text.count("\n")

    right = editor.server.open(editor.folder / f"right-{schema}-{path.name}", text)
    wrong = editor.server.open(editor.folder / f"wrong-{schema}-{path.name}", f"{text}zzz: 1\n")

    assert right == []
    assert wrong == [f"{last}:0: Property zzz is not allowed."]
