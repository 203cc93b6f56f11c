"""Check that a load takes over what hasn't changed, and nothing else: it says the same as a load from scratch."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from hookline.config.configuration import Configuration
from hookline.config.loading import Loader, load
from hookline.config.yaml.texts import Texts
from hookline.errors import ConfigError
from hookline.plugins.registry import PluginRegistry
from hookline.routing.matching.patterns import Variant
from hookline.routing.templates import MessageTemplate
from hookline.testing.bot import offered_by

TICKETS = Path(__file__).parents[3] / "plugins" / "hookline-tickets"
HEAD = "version: 1\n"
NO_KEY = "not YAML: while parsing a block mapping, did not find expected key"
LISTS = "lists: {staff: [U1, U2], crew: C1}\n"
PACKS = """\
packs:
  members:
    routes:
      - {name: hi, exact: hi, allow: {groups: lists.crew}, reply: hi}
  manners:
    routes:
      - {name: thanks, exact: 謝謝, reply: 不客氣}
"""
SEEDS = range(12)


class World:
    """Hold files that change, and the loader that reads them again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"SECRET": "one-secret", "TOKEN": "one-token", "GREETING": "hello"}
        self.registry = PluginRegistry()
        for plugin in offered_by(TICKETS)[0]:
            self.registry.add(plugin)
        self.paths: list[Path] = []
        self._loader: Loader | None = None

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text, "utf-8")
        if name.endswith(".yaml") and path not in self.paths:
            self.paths.append(path)

    def load(self, texts: Texts | None = None) -> Configuration:
        self._loader = self._loader or Loader(self.paths, self.registry, environment=self.environment)
        return self._loader.load(texts)

    def load_anew(self) -> Configuration:
        return load(self.paths, self.registry, environment=self.environment)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def bot(name: str, *routes: str, settings: str = "", secret: str = "${SECRET}") -> str:
    lines = [f"  {name}:", "    adapter: line", f"    line: {{channel_secret: '{secret}', access_token: '${{TOKEN}}'}}"]
    lines += [f"    {settings}"] if settings else []
    lines += ["    routes:", *(f"      - {route}" for route in routes)]
    return "\n".join(lines) + "\n"


def kept(before: Configuration, after: Configuration) -> list[str]:
    return [name for name, one in after.bots.items() if before.bots.get(name) is one]


A = bot("a", "{name: x, keyword: x, reply: y}")
B = bot("b", "{name: x, keyword: x, reply: y}")
FLAWED_BOT = bot("a", "{name: x, keyword: 'x, y', reply: y}")
GREETS = bot(
    "greets", "{name: x, keyword: x, reply: 'say {settings.word}'}", settings="settings: {word: '${GREETING}'}"
)
INCLUDES = bot("includes", "include: manners")
SHOWS = bot("shows", "{name: x, keyword: x, reply: {json: menu.json}}")
LETS = bot("lets", "{name: x, keyword: x, allow: {users: [lists.staff, U7]}, reply: y}")
OWN = bot("own", "{name: x, keyword: x, when: {users: lists.staff}, reply: y}", settings="lists: {staff: U9}")
JOINS = bot("joins", "include: members")
PICKS = bot("picks", "{name: x, keyword: x, reply: {any: [y, {json: pick.json}]}}")
TURNS = bot("turns", "{name: x, keyword: x, overlap: reject, busy: {json: busy.json}, reply: y}")
ALL = HEAD + LISTS + PACKS + "bots:\n" + A + B + GREETS + INCLUDES + SHOWS + LETS + OWN + JOINS + PICKS + TURNS
EVERY = ["a", "b", "greets", "includes", "shows", "lets", "own", "joins", "picks", "turns"]
MENU = '{"type": "text", "text": "noodles"}'
FLAWED = '{"type": "text", "text": "noodles", "quickreply": {}}'

Change = Callable[[World], None]


def rewritten(old: str, new: str) -> Change:
    def change(world: World) -> None:
        text = (world.folder / "bot.yaml").read_text("utf-8")
        assert old in text
        world.write("bot.yaml", text.replace(old, new, 1))

    return change


def set_variable(name: str, value: str) -> Change:
    return lambda world: world.environment.update({name: value})


def written(name: str, text: str) -> Change:
    return lambda world: world.write(name, text)


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda world: None, []),
        (rewritten("  a:\n", "  # a comment\n\n  a:\n"), []),
        (rewritten("  b:\n    adapter: line\n", "  b:   # the second\n    adapter:   'line'\n"), ["b"]),
        (rewritten("  b:\n    adapter: line\n", "  b:   # the second\n    adapter:    line\n"), []),
        (rewritten("version: 1\n", "version: 1\nlimits: {running: 7}\n"), []),
        (rewritten("  b:\n    adapter: line\n", "  b:\n    adapter: line\n    push_fallback: false\n"), ["b"]),
        (rewritten("reply: 不客氣", "reply: 不會"), ["includes"]),
        (set_variable("GREETING", "hi"), ["greets"]),
        (set_variable("TOKEN", "another-token"), EVERY),
        (set_variable("OTHER", "one"), []),
        (written("menu.json", '{"type": "text", "text": "rice"}'), ["shows"]),
        (written("other.json", "{}"), []),
        (written("pick.json", '{"type": "text", "text": "rice"}'), ["picks"]),
        (written("busy.json", '{"type": "text", "text": "rice"}'), ["turns"]),
        (rewritten("staff: [U1, U2]", "staff: [U2, U1, U2]"), []),
        (rewritten("staff: [U1, U2]", "staff: [U1]"), ["lets"]),
        (rewritten("crew: C1", "crew: [C1, C2]"), ["joins"]),
        (rewritten("crew: C1", "crew: C1, guests: U4"), []),
        (rewritten("staff: U9", "staff: U8"), ["own"]),
        (rewritten("lists: {staff: U9}", "lists: {staff: U9, crew: C9}"), ["own"]),
        (written(".env", "GREETING=from-the-file\n"), []),
        (rewritten("bots:\n", 'bots:\n  "new": {adapter: line, line: {channel_secret: "${SECRET}", '
         'access_token: "${TOKEN}"}, routes: [{name: r, keyword: r, reply: r}]}\n'), ["new"]),
    ],
    ids=["nothing", "a comment", "quotes", "layout", "the top", "a key", "a pack", "a variable", "a token",
         "another variable", "a JSON file", "another JSON file",
         "a JSON file to choose", "a JSON file for the busy", "the order in a list", "a list", "a pack's list",
         "another list", "a bot's list", "another list of a bot", "an .env that is overridden", "one more bot"],
)  # fmt: skip
def test_exactly_what_is_made_of_something_else_is_made_again(change: Change, changed: list[str], world: World) -> None:
    for name in ("menu.json", "pick.json", "busy.json"):
        world.write(name, MENU)
    world.write("bot.yaml", ALL)
    before = world.load()

    change(world)
    after = world.load()

    assert sorted(set(after.bots) - set(kept(before, after))) == sorted(changed)
    assert dump(after) == dump(world.load_anew())


def test_a_value_of_the_env_file_counts(world: World) -> None:
    del world.environment["GREETING"]
    world.write(".env", "GREETING=hello\n")
    world.write("bot.yaml", HEAD + "bots:\n" + A + GREETS)
    before = world.load()

    world.write(".env", "GREETING=hi\n")
    after = world.load()

    assert kept(before, after) == ["a"]
    assert after.bots["greets"].settings == {"word": "hi"}


def test_a_secret_in_a_file_counts(world: World) -> None:
    world.write("secret.txt", "an-old-secret\n")
    own = B.replace("'${SECRET}'", "{file: secret.txt}")
    world.write("bot.yaml", HEAD + "bots:\n" + A + own)
    before = world.load()

    world.write("secret.txt", "a-new-secret\n")
    after = world.load()

    assert kept(before, after) == ["a"]
    assert after.secrets == {"one-secret", "one-token", "a-new-secret"}


def test_a_bot_that_is_taken_over_keeps_its_warnings_and_secrets(world: World) -> None:
    world.write("bot.yaml", HEAD + "bots:\n" + bot("a", "{name: x, keyword: 'x, y', reply: y}") + B)
    before = world.load()

    after = world.load()

    assert kept(before, after) == ["a", "b"]
    assert [warning.message for warning in after.warnings] == ["`keyword`: this is one text with a comma in it"]
    assert list(after.warnings) == list(before.warnings)
    assert after.secrets == before.secrets == {"one-secret", "one-token"}


FLAWED_PACK = "packs:\n  manners:\n    routes:\n      - {name: t, keyword: 'x, y', reply: y}\n"
"""A bot that includes it has a warning, which stands there."""


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("bots:\n" + FLAWED_BOT, "  a:\n", "# one\n  # two\n  a:\n"),
        ("bots:\n" + FLAWED_BOT, "    routes:\n", "    # one\n    # two\n    routes:\n"),
        ("bots:\n" + FLAWED_BOT, "keyword: 'x", "keyword:   'x"),
        ("bots:\n" + FLAWED_BOT, "  b:\n", "    # the end of a\n  b:\n"),
        (FLAWED_PACK + "bots:\n" + INCLUDES, "  manners:\n", "  # one\n  manners:\n"),
        (FLAWED_PACK + "bots:\n" + INCLUDES, "    routes:\n", "    # one\n    routes:\n"),
    ],
    ids=["above the bot", "in the bot", "in the line", "below the bot", "above the pack", "in the pack"],
)
def test_a_warning_is_told_where_it_stands_now_and_its_bot_is_kept(text: str, old: str, new: str, world: World) -> None:
    world.write("bot.yaml", HEAD + text + B)
    before = world.load()

    rewritten(old, new)(world)
    after = world.load()

    assert len(after.warnings) == 1
    assert list(after.warnings) == list(world.load_anew().warnings)
    assert kept(before, after) == list(after.bots)


@pytest.mark.parametrize("changed", ["a", "b"])
def test_what_is_found_in_messages_that_bots_share_is_told_once_whichever_of_them_changes(
    changed: str, world: World
) -> None:
    world.write("menu.json", FLAWED)
    bots = {name: bot(name, "{name: x, keyword: x, reply: {json: menu.json}}") for name in ("a", "b", "c")}
    world.write("bot.yaml", HEAD + "bots:\n" + "".join(bots.values()))
    before = world.load()

    bots[changed] = bot(changed, "{name: x, keyword: x, reply: y}")
    world.write("bot.yaml", HEAD + "bots:\n" + "".join(bots.values()))
    after = world.load()

    assert kept(before, after) == sorted(bots.keys() - {changed})
    assert [str(one).removeprefix(f"{world.folder}/") for one in after.warnings] == [
        "menu.json:1:37: warning: line would ignore `quickreply`: unknown key in a `text` message"
    ]
    assert list(after.warnings) == list(before.warnings) == list(world.load_anew().warnings)


def test_what_was_found_in_a_json_file_goes_with_it(world: World) -> None:
    world.write("menu.json", FLAWED)
    world.write("bot.yaml", HEAD + "bots:\n" + A + SHOWS)
    world.load()

    world.write("menu.json", MENU)
    after = world.load()

    assert list(after.warnings) == []


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ("lists: {crew: C1}\n", "`users`: bot `lets` has no list `staff`"),
        ("lists: {staff: U1, crew: C1, U7: U3}\n", "`users`: `U7` is the name of a list"),
    ],
)
def test_a_list_that_goes_or_comes_is_found_though_the_bot_did_not_change(
    lists: str, expected: str, world: World
) -> None:
    world.write("bot.yaml", HEAD + LISTS + "bots:\n" + A + LETS)
    world.load()
    world.write("bot.yaml", HEAD + lists + "bots:\n" + A + LETS)

    with pytest.raises(ConfigError) as caught:
        world.load()

    assert [finding.message for finding in caught.value.findings] == [expected]


def test_a_load_that_fails_forgets_nothing(world: World) -> None:
    world.write("bot.yaml", HEAD + "bots:\n" + A + B)
    before = world.load()
    world.write("bot.yaml", HEAD + "bots:\n" + A + B.replace("keyword: x", "keywrod: x"))

    with pytest.raises(ConfigError):
        world.load()
    world.write("bot.yaml", HEAD + "bots:\n" + A + B)
    after = world.load()

    assert kept(before, after) == ["a", "b"]


def test_every_load_reads_and_tells_of_every_file(world: World) -> None:
    for name in ("menu.json", "pick.json", "busy.json"):
        world.write(name, MENU)
    world.write("bot.yaml", ALL)
    first, second = Texts(), Texts()
    world.load(first)

    world.load(second)

    assert second.seen == first.seen
    assert second.stamps == first.stamps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "bots:\n" + A + B + A, "13:3: `a` stands here twice"),
        (HEAD + "bots:\n" + A + "  b: &x\n    adapter: line\n", "8:6: anchors (`&name`) are not supported"),
        (
            HEAD + "bots:\n" + A + "  b:\n    adapter: 'line\n  c: d'\n",
            "9:14: `adapter`: there is no adapter `line c: d`",
        ),
        (
            HEAD + "bots:\n" + A + "  b: [\n",
            "9:1: not YAML: while parsing a flow node, did not find expected node content",
        ),
        (HEAD + "bots:\n" + A + " b: 1\n", f"8:2: {NO_KEY}"),
        (HEAD + "bots:\n" + A + "---\n", "8:1: a second document: one file is one document"),
        (HEAD + "bots:\n" + A + "bots:\n" + B, "8:1: `bots` stands here twice"),
        (
            HEAD + "store: 'sqlite:///x.db\nbots:\n" + A,
            f"6:29: {NO_KEY}",
        ),
        (HEAD + "bots:\n" + A + "  ? [b]\n  : c\n", "8:5: a key must be plain text"),
    ],
)
def test_mistakes_between_the_bots_of_a_file_are_found_at_their_places(text: str, expected: str, world: World) -> None:
    world.write("bot.yaml", HEAD + "bots:\n" + A)
    world.load()
    world.write("bot.yaml", text)

    with pytest.raises(ConfigError) as caught:
        world.load()

    assert str(caught.value.findings[0]).removeprefix(f"{world.folder}/bot.yaml:") == expected


def test_two_files_that_have_one_bot_are_found_though_neither_bot_changed(world: World) -> None:
    world.write("a.yaml", HEAD + "bots:\n" + A)
    world.write("b.yaml", HEAD + "bots:\n" + B)
    world.load()
    world.write("b.yaml", HEAD + "bots:\n" + A)

    with pytest.raises(ConfigError) as caught:
        world.load()

    assert [finding.message for finding in caught.value.findings] == ["a second bot `a`"]


def test_a_pack_that_gets_the_name_of_a_plugin_is_found_though_the_bot_did_not_change(world: World) -> None:
    uses = bot("a", "{name: x, keyword: x, reply: y}", settings="plugins: {tickets: {}}")
    world.write("bot.yaml", HEAD + "bots:\n" + uses)
    world.load()
    world.write("bot.yaml", HEAD + PACKS.replace("manners", "tickets") + "bots:\n" + uses)

    with pytest.raises(ConfigError) as caught:
        world.load()

    assert "two packs are named `tickets`" in [finding.message for finding in caught.value.findings]


@pytest.mark.parametrize("seed", SEEDS)
def test_loads_after_random_edits_say_what_a_load_from_scratch_does(seed: int, world: World) -> None:
    dice = random.Random(seed)
    drawn = {name: _drawn(dice) for name in string.ascii_lowercase[:8]}
    packs = {name: dice.randrange(3) for name in ("one", "two")}
    lists = {name: dice.randrange(3) for name in ("vips", "crew")}
    files = {name: dice.choice(["1.yaml", "2.yaml"]) for name in drawn}
    world.write("menu.json", MENU)
    _write(world, drawn, packs, lists, files, dice)
    before, said = world.load(), _said(drawn, packs, lists, files, world)

    for _ in range(8):
        _edit(drawn, packs, lists, files, world, dice)
        _write(world, drawn, packs, lists, files, dice)
        after, saying = world.load(), _said(drawn, packs, lists, files, world)

        assert dump(after) == dump(world.load_anew())
        assert set(kept(before, after)) == {name for name in saying if saying[name] == said.get(name)}
        before, said = after, saying


def _drawn(dice: random.Random) -> dict[str, Any]:
    return {
        "reply": dice.choice(["hi", "no", "'1'", "{sender.name|you} 您好", '"two\\nlines"']),
        "keyword": dice.choice(["x", "[菜單, menu]", "'x, y'"]),
        "pattern": dice.choice([None, "退.*款", "'\\d+'"]),
        "include": dice.choice([None, "one", "two"]),
        "variable": dice.choice([None, "GREETING"]),
        "json": dice.random() < 0.3,
        "list": dice.choice([None, "vips", "crew"]),
    }


def _edit(
    drawn: dict[str, Any],
    packs: dict[str, int],
    lists: dict[str, int],
    files: dict[str, str],
    world: World,
    dice: random.Random,
) -> None:
    what, name = dice.randrange(7), dice.choice(sorted(drawn))
    if what == 0:
        drawn[name] = _drawn(dice)
    elif what == 1:
        packs[dice.choice(["one", "two"])] = dice.randrange(3)
    elif what == 2:
        world.environment["GREETING"] = dice.choice(["hello", "hi"])
    elif what == 3:
        world.write("menu.json", dice.choice([MENU, FLAWED, MENU.replace("noodles", "rice")]))
    elif what == 5:
        lists[dice.choice(["vips", "crew"])] = dice.randrange(3)
    elif what == 4 and len(drawn) > 2:
        del drawn[name]
    else:
        drawn[new := dice.choice(string.ascii_lowercase)] = _drawn(dice)
        files.setdefault(new, dice.choice(["1.yaml", "2.yaml"]))


def _write(
    world: World,
    drawn: Mapping[str, Any],
    packs: Mapping[str, int],
    lists: Mapping[str, int],
    files: Mapping[str, str],
    dice: random.Random,
) -> None:
    """Write two files, whose bots stand in a random order, with comments and blank lines here and there."""
    lines = "packs:\n" + "".join(
        f"  {name}:\n    routes: [{{name: r, exact: [{name}, 謝謝{version}], reply: ok}}]\n"
        for name, version in packs.items()
    )
    lines += "lists:\n" + "".join(f"  {name}: [U{version}]\n" for name, version in lists.items())
    names = sorted(drawn)
    dice.shuffle(names)
    for file in ("1.yaml", "2.yaml"):
        bots = [_noise(dice) + _bot(name, drawn[name]) for name in names if files[name] == file]
        section = "bots:" + dice.choice(["", "  # all of them"]) + "\n" + "".join(bots) if bots else ""
        world.write(file, HEAD + (lines if file == "1.yaml" else "") + section)


def _noise(dice: random.Random) -> str:
    return dice.choice(["", "\n", "  # a comment\n", "# another\n\n"])


def _bot(name: str, drawn: Mapping[str, Any]) -> str:
    routes = [f"{{name: r, keyword: {drawn['keyword']}, reply: {_quoted(drawn['reply'])}}}"]
    routes += [f"{{name: p, pattern: {drawn['pattern']}, reply: p}}"] if drawn["pattern"] else []
    routes += [f"include: {drawn['include']}"] if drawn["include"] else []
    routes += ["{name: j, exact: j, reply: {json: menu.json}}"] if drawn["json"] else []
    routes += [f"{{name: l, exact: l, allow: {{users: lists.{drawn['list']}}}, reply: l}}"] if drawn["list"] else []
    settings = f"settings: {{word: '${{{drawn['variable']}}}'}}" if drawn["variable"] else ""
    return bot(name, *routes, settings=settings)


def _quoted(reply: str) -> str:
    return f"'{reply}'" if reply.startswith("{") else reply


def _said(
    drawn: Mapping[str, Any], packs: Mapping[str, int], lists: Mapping[str, int], files: Mapping[str, str], world: World
) -> dict[str, object]:
    """Return all that each bot is made of."""
    return {
        name: (
            _bot(name, one),
            files[name],
            packs.get(one["include"] or ""),
            lists.get(one["list"] or ""),
            world.environment["GREETING"] if one["variable"] else None,
            (world.folder / "menu.json").read_text() if one["json"] else None,
        )
        for name, one in drawn.items()
    }


def dump(configuration: Configuration) -> object:
    """Return all that *configuration* says, without places of routes, which bots that are taken over keep."""
    said = {name: _plain(one) for name, one in configuration.bots.items()}
    findings = [str(warning) for warning in configuration.warnings]
    rest = {
        one.name: getattr(configuration, one.name)
        for one in fields(configuration)
        if one.name not in ("bots", "warnings")
    }
    return said, findings, rest


def _plain(value: Any) -> Any:
    if isinstance(value, Variant):
        return value.expression, value.is_shy, value.steps
    if isinstance(value, MessageTemplate):
        return json.dumps(value.body, ensure_ascii=False), [asdict(one) for one in value.placeholders]
    if isinstance(value, BaseModel):
        return type(value), {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type) and not callable(getattr(value, "check_messages", None)):
        return type(value), {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name != "place"}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
