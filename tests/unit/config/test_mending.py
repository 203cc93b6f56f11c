"""Check that what is right is served beside what is wrong, which stays as it was when it was last right."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from hookline.clock import SystemClock
from hookline.config.configuration import BotConfiguration, Configuration
from hookline.config.history.files import ConfigurationFiles, Tried
from hookline.errors import ConfigError
from hookline.findings.findings import Finding, Place
from hookline.plugins.registry import PluginRegistry
from hookline.routing.actions import Respond

BOT = """\
  {name}:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{{token}}}"}}
    routes:
      - {{name: all, {key}: true, reply: {reply}}}
"""


def bot(name: str, reply: str, *, key: str = "otherwise", token: str = "TOKEN") -> str:
    return BOT.format(name=name, reply=reply, key=key, token=token)


def wrong(name: str) -> str:
    return bot(name, "never", key="otherwse")


def said(served: BotConfiguration) -> str:
    action = served.routes[-1].action
    assert isinstance(action, Respond)
    return str(action.choices[0].in_language(None)[0].body["text"])


def says(configuration: Configuration) -> Mapping[str, str]:
    return {name: said(served) for name, served in configuration.bots.items()}


class Folder:
    """A folder of configuration files, and the process that serves them."""

    def __init__(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...] = ("a.yaml", "b.yaml")
    ) -> None:
        self.path = path
        self.names = names
        monkeypatch.setenv("SECRET", "a-channel-secret")
        monkeypatch.setenv("TOKEN", "an-access-token")
        self.start()

    def start(self) -> None:
        """Let a new process begin."""
        paths = [self.path / name for name in self.names]
        self.source = ConfigurationFiles(paths, PluginRegistry(), SystemClock(), is_strict=False)

    def write(self, name: str, *bots: str, top: str = "") -> None:
        """Write a file of *bots*."""
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_text(f"version: 1\n{top}bots:\n{''.join(bots)}", "utf-8")

    def load(self) -> Configuration:
        """Return what is served from now on."""
        configuration = self.source.load()
        self.source.keep("a test")
        return configuration

    def problems(self, configuration: Configuration) -> list[str]:
        """Return the places of what is wrong."""
        return [str(one.place).removeprefix(f"{self.path}/") for one in configuration.problems]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    made = Folder(tmp_path, monkeypatch)
    made.write("a.yaml", bot("tea", "1"), bot("cake", "1"))
    made.write("b.yaml", bot("shop", "1"))
    return made


def test_wrong_bot_stays_as_it_was_and_all_others_change(folder: Folder) -> None:
    folder.load()
    folder.write("a.yaml", wrong("tea"), bot("cake", "2"))
    folder.write("b.yaml", bot("shop", "2"))
    broken = folder.load()
    folder.write("a.yaml", bot("tea", "3"), bot("cake", "2"))
    mended = folder.load()

    assert says(broken) == {"tea": "1", "cake": "2", "shop": "2"}
    assert (set(broken.amiss), folder.problems(broken)) == ({"tea"}, ["a.yaml:7:21"])
    assert (says(mended), set(mended.amiss), mended.problems) == ({"tea": "3", "cake": "2", "shop": "2"}, set(), [])


def test_bot_that_never_was_right_is_left_out(folder: Folder) -> None:
    folder.write("b.yaml", wrong("shop"))
    configuration = folder.load()

    assert (says(configuration), set(configuration.amiss)) == ({"tea": "1", "cake": "1"}, {"shop"})
    assert folder.source.has_changed() is False
    folder.write("b.yaml", bot("shop", "1"))
    assert folder.source.has_changed()


@pytest.mark.parametrize("text", ["bots: [", "version: 1\nbotts: {}\n", "version: 2\n", "", "\x00", None])
def test_wrong_file_says_what_it_said(folder: Folder, text: str | None) -> None:
    folder.load()
    folder.write("b.yaml", bot("shop", "2"))
    if text is None:
        (folder.path / "a.yaml").unlink()
    else:
        (folder.path / "a.yaml").write_text(text, "utf-8")
    broken = folder.load()
    folder.start()
    anew = folder.load()

    for configuration in (broken, anew):
        assert says(configuration) == {"tea": "1", "cake": "1", "shop": "2"}
        assert set(configuration.amiss) == {"tea", "cake"}
        assert folder.problems(configuration)[0].startswith("a.yaml:")


def test_wrong_file_that_never_was_right_is_left_out(folder: Folder) -> None:
    (folder.path / "a.yaml").write_text("bots: [", "utf-8")

    assert says(folder.load()) == {"shop": "1"}


def test_nothing_is_served_where_nothing_is_right(folder: Folder) -> None:
    folder.write("a.yaml", wrong("tea"))
    (folder.path / "b.yaml").write_text("bots: [", "utf-8")

    with pytest.raises(ConfigError) as caught:
        folder.load()
    assert {Path(one.place.file).name for one in caught.value.errors()} == {"a.yaml", "b.yaml"}


def test_bot_whose_secret_is_missing_stays_and_is_left_out_by_the_next_process(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", "another-token")
    folder.write("b.yaml", bot("shop", "1", token="OTHER"))
    folder.load()
    monkeypatch.delenv("OTHER")
    folder.write("a.yaml", bot("tea", "2"))
    here = folder.load()
    folder.start()
    there = folder.load()

    assert (says(here), says(there)) == ({"tea": "2", "shop": "1"}, {"tea": "2"})
    assert set(here.amiss) == set(there.amiss) == {"shop"}


def test_bot_that_moves_out_of_a_file_that_breaks_is_served_once(folder: Folder) -> None:
    folder.load()
    (folder.path / "a.yaml").write_text("bots: [", "utf-8")
    folder.write("b.yaml", bot("shop", "1"), bot("tea", "2"))

    assert says(folder.load()) == {"tea": "2", "cake": "1", "shop": "1"}


def test_bot_that_another_file_has_already_makes_that_file_wrong(folder: Folder) -> None:
    folder.load()
    folder.write("b.yaml", bot("shop", "2"), bot("tea", "2"))
    configuration = folder.load()

    assert (says(configuration), folder.problems(configuration)) == (
        {"tea": "1", "cake": "1", "shop": "1"},
        ["b.yaml:8:3"],
    )


PACK = "packs: {{more: {{routes: [{{name: extra, {}: word, reply: extra}}]}}}}\n"
INCLUDING = bot("shop", "{}").replace("routes:\n", "routes:\n      - {{include: more}}\n")


def test_bots_that_include_a_wrong_pack_stay_as_they_were(folder: Folder) -> None:
    """Even when what they say has changed in the meantime, and the pack comes to be what it was."""
    including = bot("shop", "1").replace("routes:\n", "routes:\n      - {include: more}\n")
    folder.write("a.yaml", bot("tea", "1"), top=PACK.format("keyword"))
    folder.write("b.yaml", including)
    folder.load()
    folder.write("a.yaml", bot("tea", "2"), top=PACK.format("keywrd"))
    broken = folder.load()
    folder.write("b.yaml", including.replace("reply: 1", "reply: 2"))
    still = folder.load()
    folder.write("a.yaml", bot("tea", "2"), top=PACK.format("keyword"))
    mended = folder.load()

    assert (says(broken), set(broken.amiss)) == ({"tea": "2", "shop": "1"}, {"shop"})
    assert (says(still), set(still.amiss)) == ({"tea": "2", "shop": "1"}, {"shop"})
    assert (says(mended), set(mended.amiss)) == ({"tea": "2", "shop": "2"}, set())


def test_push_to_a_bot_that_is_gone_makes_a_bot_wrong_and_to_one_that_is_left_out_not(folder: Folder) -> None:
    pushing = (
        bot("shop", "1")
        .replace("}\n", ", push: {bot: tea, to: U" + "0" * 32 + ", say: hi}}\n", 2)
        .replace('"${TOKEN}", push: {bot: tea, to: U' + "0" * 32 + ", say: hi}}", '"${TOKEN}"}')
    )
    folder.write("b.yaml", pushing)
    folder.load()
    folder.write("a.yaml", bot("cake", "2"))
    gone = folder.load()
    folder.write("a.yaml", bot("cake", "3"), wrong("tea"))
    folder.start()
    left_out = folder.load()

    assert (says(gone), set(gone.amiss)) == ({"cake": "2", "shop": "1"}, {"shop"})
    assert (says(left_out)["cake"], set(left_out.amiss)) == ("3", {"tea"})


def test_last_good_bots_of_several_versions_are_found_by_the_next_process(folder: Folder) -> None:
    folder.load()
    folder.write("a.yaml", bot("tea", "2"), wrong("cake"))
    folder.load()
    folder.write("a.yaml", bot("tea", "3"), wrong("cake"))
    folder.load()
    folder.write("a.yaml", wrong("tea"), wrong("cake"))
    folder.start()
    configuration = folder.load()

    assert (says(configuration), set(configuration.amiss)) == ({"tea": "3", "cake": "1", "shop": "1"}, {"tea", "cake"})


def test_process_in_the_place_of_another_serves_what_that_had_reloaded(folder: Folder) -> None:
    folder.load()
    other = ConfigurationFiles(folder.source.paths, PluginRegistry(), SystemClock(), is_strict=False)
    other.load()
    for tea, cake in ((bot("tea", "2"), bot("cake", "2")), (wrong("tea"), bot("cake", "3"))):
        folder.write("a.yaml", tea, cake)
        other.load()
        other.keep("reload")
    (folder.path / "a.yaml").write_text("bots: [", "utf-8")
    newest = folder.source.load_newest()

    assert newest is not None
    assert (says(newest), newest.problems) == ({"tea": "2", "cake": "3", "shop": "1"}, [])
    assert folder.source.has_changed()


LINE = 'line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}"}}'
FLOW = f"version: 1\nbots: {{{{tea: {{{{adapter: line, {LINE}, {{}}}}}}}}}}\n"


def test_version_that_is_kept_is_right_and_has_nothing_of_what_is_wrong(folder: Folder) -> None:
    folder.load()
    folder.write("a.yaml", bot("tea", "2"), wrong("cake").replace("never", "a-secret"), wrong("bar"))
    folder.load()
    kept = folder.source.versions.newest()

    assert kept is not None
    assert kept.files[folder.path / "a.yaml"].decode() == f"version: 1\nbots:\n{bot('tea', '2')}{bot('cake', '1')}"


def test_file_that_cannot_be_cut_is_kept_as_it_was(folder: Folder) -> None:
    good = FLOW.format("routes: [{name: all, otherwise: true, reply: hi}]")
    (folder.path / "a.yaml").write_text(good, "utf-8")
    folder.load()
    (folder.path / "a.yaml").write_text(good.replace("otherwise", "otherwse"), "utf-8")
    folder.write("b.yaml", bot("shop", "2"))
    configuration = folder.load()
    kept = folder.source.versions.newest()

    assert says(configuration) == {"tea": "hi", "shop": "2"}
    assert kept is not None
    assert kept.files == {
        folder.path / "a.yaml": good.encode(),
        folder.path / "b.yaml": (folder.path / "b.yaml").read_bytes(),
    }


def test_file_that_cannot_be_cut_and_never_was_right_is_not_kept(folder: Folder) -> None:
    (folder.path / "a.yaml").write_text(FLOW.format("routes: {}"), "utf-8")
    folder.load()
    kept = folder.source.versions.newest()

    assert kept is not None
    assert list(kept.files) == [folder.path / "b.yaml"]


def test_new_code_is_refused_only_if_it_would_leave_out_what_is_served(folder: Folder) -> None:
    tried: list[Tried] = []
    error = [Finding(Place("a.yaml", 1, 1), "wrong")]
    source = ConfigurationFiles(
        folder.source.paths, PluginRegistry(), SystemClock(), try_anew=lambda *_: tried[-1], is_strict=False
    )
    source.load()
    for fine in (Tried([], []), Tried(error, ["never-served"]), Tried(error, [])):
        tried.append(fine)
        source.ensure_fit()
    for worse in (Tried(error, ["tea"]), Tried(error)):
        tried.append(worse)
        with pytest.raises(ConfigError):
            source.ensure_fit()


@pytest.mark.parametrize("named", [("bots",), ("bots/*.yaml",), ("bots", "bots/a.yaml")])
def test_folder_and_pattern_name_the_files_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...]
) -> None:
    (tmp_path / "bots").mkdir()
    folder = Folder(tmp_path, monkeypatch, named)
    folder.write("bots/a.yaml", bot("tea", "1"))
    (tmp_path / "bots" / ".hidden.yaml").write_text("nonsense", "utf-8")
    (tmp_path / "bots" / "notes.txt").write_text("nonsense", "utf-8")
    first = folder.load()
    unchanged = folder.source.has_changed()
    folder.write("bots/b.yaml", bot("cake", "1"))
    changed = folder.source.has_changed()
    second = folder.load()
    (tmp_path / "bots" / "b.yaml").write_text("bots: [", "utf-8")
    folder.start()
    broken = folder.load()
    (tmp_path / "bots" / "b.yaml").unlink()
    third = folder.load()

    assert (unchanged, changed) == (False, True)
    assert [says(one) for one in (first, second, broken, third)] == [
        {"tea": "1"}, {"tea": "1", "cake": "1"}, {"tea": "1", "cake": "1"}, {"tea": "1"}
    ]  # fmt: skip
    assert (third.store, tmp_path / "bots" in folder.source.folders()) == (
        f"sqlite:///{tmp_path}/bots/hookline.db",
        True,
    )
    assert folder.source.state == tmp_path / "bots" / ".hookline"


def test_folder_without_files_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bots").mkdir()
    for name, expected in (("bots", "ends with .yaml or .yml"), ("*.yaml", "like this")):
        with pytest.raises(ConfigError, match=expected):
            Folder(tmp_path, monkeypatch, (name,)).load()


@pytest.mark.parametrize("seed", range(8))
def test_each_bot_is_what_it_was_when_it_was_last_right(folder: Folder, seed: int) -> None:
    """Through any sequence of saves, reloads and restarts."""
    chance = random.Random(seed)
    right: dict[str, str] = {}
    for number in range(25):
        written: dict[str, dict[str, str | None]] = {"a.yaml": {}, "b.yaml": {}}
        for name in ("tea", "cake", "shop", "bar"):
            if chance.random() < 0.9:
                text = None if chance.random() < 0.4 else str(chance.choice([number, 1, 2]))
                written[chance.choice(["a.yaml", "b.yaml"])][name] = text
        written["a.yaml"]["pub"] = written["b.yaml"]["inn"] = "1"
        for file, bots in written.items():
            folder.write(file, *(wrong(name) if text is None else bot(name, text) for name, text in bots.items()))
        if chance.random() < 0.3:
            folder.start()
        now = written["a.yaml"] | written["b.yaml"]
        for name, text in now.items():
            if text is not None:
                right[name] = text
        expected = {name: text or right[name] for name, text in now.items() if text or name in right}

        assert says(folder.load()) == expected
        right = {name: text for name, text in right.items() if name in now}
