"""Check that a reload of a host's files makes anew only the bots that are made of something else now."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

from hookline.adapters.adapter import AdapterKind
from hookline.clock import SystemClock
from hookline.config.configuration import Configuration
from hookline.config.history.files import ConfigurationFiles, Tried
from hookline.errors import ConfigError, NewerCodeError
from hookline.findings.findings import Finding, Place
from hookline.plugins.installed import Installed
from hookline.plugins.platforms import AdapterRegistry
from hookline.plugins.registry import PluginRegistry
from hookline.routing.actions import Respond

TEXT = """\
version: 1
lists: {staff: [U1], crew: [U2]}
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    lists: {vips: [U3]}
    settings: {word: "${SHOP}"}
    routes:
      - {name: menu, keyword: menu, allow: {users: [lists.staff, lists.vips]}, reply: {json: shop.json}}
  cafe:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    lists: {vips: [U4]}
    settings: {word: "${CAFE}"}
    routes:
      - {name: list, keyword: list, allow: {users: [lists.crew, lists.vips]}, reply: {json: cafe.json}}
"""
VALUES = "SECRET=a-secret\nTOKEN=a-token\nSHOP=noodles\nCAFE=coffee\n"
MESSAGE = '{"type": "text", "text": "hello"}'

Change = Callable[[Path], None]


def rewritten(name: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return change


@pytest.fixture
def files(tmp_path: Path) -> ConfigurationFiles:
    texts = {"bot.yaml": TEXT, ".env": VALUES, "shop.json": MESSAGE, "cafe.json": MESSAGE}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    return ConfigurationFiles([tmp_path / "bot.yaml"], PluginRegistry(), SystemClock())


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda folder: None, set()),
        (rewritten("bot.yaml", "keyword: list", "keyword: [list, more]"), {"cafe"}),
        (rewritten("bot.yaml", "crew: [U2]", "crew: [U2, U5]"), {"cafe"}),
        (rewritten("bot.yaml", "vips: [U4]", "vips: [U5]"), {"cafe"}),
        (rewritten("cafe.json", "hello", "goodbye"), {"cafe"}),
        (rewritten(".env", "coffee", "tea"), {"cafe"}),
        (rewritten("bot.yaml", "staff: [U1]", "staff: [U6]"), {"shop"}),
        (rewritten("shop.json", "hello", "goodbye"), {"shop"}),
        (rewritten(".env", "noodles", "rice"), {"shop"}),
        (rewritten(".env", "a-token", "another-token"), {"shop", "cafe"}),
    ],
    ids=["nothing", "a route", "a list", "a list of a bot", "a JSON file", "a variable", "the other's list",
         "the other's JSON file", "the other's variable", "what both have"],
)  # fmt: skip
def test_a_bot_is_another_one_only_if_it_is_made_of_something_else(
    change: Change, changed: set[str], files: ConfigurationFiles
) -> None:
    before = files.load()

    change(files.paths[0].parent)
    after = files.load()

    assert {name for name in after.bots if after.bots[name] is not before.bots[name]} == changed


def test_an_older_version_has_the_bots_of_now_where_they_are_the_same(files: ConfigurationFiles) -> None:
    files.load()
    files.keep("start")
    rewritten("cafe.json", "hello", "goodbye")(files.paths[0].parent)
    after = files.load()
    kept = files.versions.newest()
    assert kept is not None

    back = files.load_version(kept)

    assert back.bots["shop"] is after.bots["shop"]
    action = back.bots["cafe"].routes[0].action
    assert isinstance(action, Respond)
    assert action.choices[0].in_language(None)[0].body == {"type": "text", "text": "hello"}


class SavingPlatforms(AdapterRegistry):
    """Be asked for an adapter."""

    def __init__(self, saves: Iterator[Callable[[], object]], installed: dict[str, Installed]) -> None:
        super().__init__(installed)
        self._saves = saves

    def load(self, name: str) -> AdapterKind:
        """Return the adapter *name*."""
        next(self._saves, lambda: None)()
        return super().load(name)


class Saving(PluginRegistry):
    """Be asked by each load for what is installed, when the files are read already, and save one of them then."""

    def __init__(self, saves: Iterator[Callable[[], object]]) -> None:
        super().__init__(platforms=SavingPlatforms(saves, AdapterRegistry.discover().installed))


def test_a_save_during_a_load_is_served(files: ConfigurationFiles) -> None:
    folder = files.paths[0].parent
    save = rewritten("bot.yaml", "name: menu", "name: saved")
    saving = ConfigurationFiles(files.paths, Saving(iter([lambda: save(folder)])), SystemClock())

    loaded = saving.load()

    assert _route(loaded) == "saved"
    assert not saving.has_changed()


def test_a_file_that_is_mended_during_a_load_is_not_refused(files: ConfigurationFiles) -> None:
    folder = files.paths[0].parent
    rewritten("bot.yaml", "keyword: menu", "keywrod: menu")(folder)
    mend = rewritten("bot.yaml", "keywrod: menu", "keyword: menu")
    saving = ConfigurationFiles(files.paths, Saving(iter([lambda: mend(folder)])), SystemClock())

    assert _route(saving.load()) == "menu"


def test_files_that_never_stay_the_same_are_served_and_looked_at_again(files: ConfigurationFiles) -> None:
    path = files.paths[0]
    endless = (lambda number=number: path.write_text(f"{TEXT}# {number}\n") for number in count())
    saving = ConfigurationFiles(files.paths, Saving(endless), SystemClock())

    loaded = saving.load()

    assert set(loaded.bots) == {"shop", "cafe"}
    assert saving.has_changed()


def test_what_was_refused_has_not_changed_while_an_older_version_is_served(files: ConfigurationFiles) -> None:
    files.load()
    files.keep("start")
    rewritten("bot.yaml", "keyword: menu", "keywrod: menu")(files.paths[0].parent)
    anew = ConfigurationFiles(files.paths, PluginRegistry(), SystemClock())
    last = anew.versions.newest()
    assert last is not None
    with pytest.raises(ConfigError):
        anew.load()

    anew.load_version(last)

    assert not anew.has_changed()


def test_process_that_follows_another_has_todays_variables_with_the_files_that_were_served(
    files: ConfigurationFiles,
) -> None:
    files.load()
    files.keep("start")
    rewritten("bot.yaml", "name: menu", "name: not_reloaded")(files.paths[0].parent)
    rewritten(".env", "SHOP=noodles", "SHOP=rice")(files.paths[0].parent)

    newest = files.load_newest()

    assert newest is not None
    assert (_route(newest), newest.bots["shop"].settings) == ("menu", {"word": "rice"})
    assert files.has_changed()


def test_mending_a_file_so_that_it_says_what_is_served_is_a_change(files: ConfigurationFiles) -> None:
    _reloaded_elsewhere(files)
    rewritten("bot.yaml", "keyword: menu", "keywrod: menu")(files.paths[0].parent)
    files.load_newest()

    is_broken, errors, is_seen = files.has_changed(), files.errors(), not files.has_changed()
    rewritten("bot.yaml", "keywrod: menu", "keyword: menu")(files.paths[0].parent)

    assert (is_broken, [error.place.line for error in errors], is_seen) == (True, [10], True)
    assert files.has_changed()


def test_process_that_follows_another_with_nothing_changed_loads_nothing(files: ConfigurationFiles) -> None:
    files.load()
    files.keep("start")

    assert files.load_newest() is None


def test_files_that_differ_from_what_another_process_had_reloaded_have_changed(files: ConfigurationFiles) -> None:
    _reloaded_elsewhere(files)
    rewritten("bot.yaml", "name: more", "name: menu")(files.paths[0].parent)

    newest = files.load_newest()

    assert newest is not None
    assert _route(newest) == "more"
    assert files.has_changed()


def test_code_that_was_looked_at_has_changed_only_when_it_does_so_again(
    files: ConfigurationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = files.paths[0].parent
    code = _imported(folder, monkeypatch)
    files.load()
    code.write_text("syntax error")
    first = files.has_changed()
    with pytest.raises(NewerCodeError, match="the module `some_plugin` has changed"):
        files.load()

    refused = files.has_changed()
    code.write_text("another syntax error")

    assert (first, refused, files.has_changed()) == (True, False, True)


def test_files_that_were_looked_at_beside_newer_code_have_changed_only_when_they_do_so_again(
    files: ConfigurationFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = files.paths[0].parent
    code = _imported(folder, monkeypatch)
    files.load()
    code.write_text("syntax error")
    rewritten("bot.yaml", "shop.json", "new.json")(folder)
    with pytest.raises(NewerCodeError):
        files.load()

    refused = files.has_changed()
    (folder / "new.json").write_text(MESSAGE)

    assert (refused, files.has_changed()) == (False, True)


def test_only_errors_of_a_fresh_process_make_the_files_unfit(files: ConfigurationFiles) -> None:
    warning = Finding(Place("bot.yaml", 1, 1), "hardly meant", severity="warning")
    error = Finding(Place("bot.yaml", 2, 1), "wrong")
    found = [warning]
    source = ConfigurationFiles(files.paths, PluginRegistry(), SystemClock(), try_anew=lambda *_: Tried(found))

    source.ensure_fit()
    found.append(error)

    with pytest.raises(ConfigError) as caught:
        source.ensure_fit()
    assert caught.value.findings == [error]


def _imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a module that this process has loaded."""
    path = folder / "some_plugin.py"
    path.write_text("")
    module = ModuleType("some_plugin")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "some_plugin", module)
    return path


def _route(configuration: Configuration) -> str:
    return configuration.bots["shop"].routes[0].name


def _reloaded_elsewhere(files: ConfigurationFiles) -> None:
    """Load *files*, and let another process serve what they say after a change, whose route is `more`."""
    files.load()
    other = ConfigurationFiles(files.paths, PluginRegistry(), SystemClock())
    rewritten("bot.yaml", "name: menu", "name: more")(files.paths[0].parent)
    other.load()
    other.keep("reload")
