"""What was found right is believed as long as nothing that it depended on is another one, and not a moment longer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support import SECRETS

BOT = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    plugins: {mine: {word: "${WORD}"}}
    routes:
      - {name: menu, keyword: menu, reply: {json: menu.json}}
"""
PROGRAM = """
import sys
from hookline.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print("pydantic" in sys.modules)
"""
PLUGIN = """
from pydantic import BaseModel{imports}
from hookline import hookimpl

class Settings(BaseModel, extra="forbid"):
    word: str
{check}
@hookimpl
def hookline_settings():
    return Settings
"""
CHECK = """
    @field_validator("word")
    @classmethod
    def check(cls, word: str) -> str:
        return word
"""


@dataclass
class Place:
    """A folder with a configuration, a plugin, and a cache for notes."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def bot(self) -> Path:
        return self.folder / "bot.yaml"

    @property
    def code(self) -> Path:
        return self.folder / "site" / "mine.py"

    def check(self, *arguments: str) -> tuple[str, bool]:
        """Return what ``check`` says, and whether it had to look."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *(arguments or ("check",))],
            cwd=self.folder,
            env={**os.environ, **SECRETS, "WORD": "noodles", **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said, looked = done.stdout.splitlines()[:-1], done.stdout.splitlines()[-1]
        return "\n".join(said) or done.stderr, looked == "True"

    def note(self) -> Path:
        """Return the note that was written last."""
        found = sorted((self.folder / "cache/hookline/checked").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return found[-1]


def write(path: Path, text: str) -> None:
    """Write a file as of some time ago: what is younger than a check is never believed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.environment |= {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), os.environ["PYTHONPATH"]]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    write(made.bot, BOT)
    write(tmp_path / "menu.json", '{"type": "text", "text": "noodles"}')
    write(made.code, PLUGIN.format(imports="", check=""))
    described = tmp_path / "site" / "mine-1.0.dist-info"
    write(described / "METADATA", "Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    write(described / "entry_points.txt", "[hookline]\nmine = mine\n")
    os.utime(described, (1_700_000_000, 1_700_000_000))
    return made


def changed_note(change: Callable[[dict[str, object]], object]) -> Callable[[Place], None]:
    def do(place: Place) -> None:
        told = json.loads(place.note().read_text())
        change(told)
        place.note().write_text(json.dumps(told))

    return do


def link(place: Place) -> None:
    shutil.copy(place.folder / "menu.json", place.folder / "other.json")
    (place.folder / "menu.json").unlink()
    (place.folder / "menu.json").symlink_to("other.json")


CHANGES: Mapping[str, tuple[Callable[[Place], object], str]] = {
    "the file": (lambda place: write(place.bot, BOT.replace("keyword", "keywrod")), "unknown key `keywrod`"),
    "its layout": (lambda place: write(place.bot, f"{BOT}# more\n"), "fine: 1 bot, 1 route"),
    "a file that it names": (lambda place: write(place.folder / "menu.json", "{"), "menu.json:1:2"),
    "such a file is gone": (lambda place: (place.folder / "menu.json").unlink(), "menu.json"),
    "such a file is a link": (link, "fine: 1 bot, 1 route"),
    "a variable": (lambda place: place.environment.update(WORD="rice"), "fine: 1 bot, 1 route"),
    "a variable is gone": (lambda place: place.environment.update(SECRET=""), "is empty (variable `SECRET`)"),
    "a `.env` came": (lambda place: write(place.folder / ".env", "WORD=rice\n"), "fine: 1 bot, 1 route"),
    "the plugin's code": (lambda place: write(place.code, "word = \n"), "importing `mine` failed"),
    "the plugin's settings": (
        lambda place: write(place.code, PLUGIN.format(imports="", check="").replace("word", "term")),
        "unknown key `word` in `mine`",
    ),
    "a package came": (lambda place: (place.folder / "site" / "more-1.0.dist-info").mkdir(), "fine: 1 bot, 1 route"),
    "the note is cut": (lambda place: place.note().write_text(place.note().read_text()[:-9]), "fine: 1 bot, 1 route"),
    "the note is empty": (lambda place: place.note().write_text(""), "fine: 1 bot, 1 route"),
    "the note is a list": (lambda place: place.note().write_text("[1]"), "fine: 1 bot, 1 route"),
    "the note says another thing": (changed_note(lambda told: told["body"].update(said="hi")), "fine: 1 bot, 1 route"),  # type: ignore[attr-defined]
    "the note has no digest": (changed_note(lambda told: told.pop("digest")), "fine: 1 bot, 1 route"),
}  # fmt: skip


def test_what_is_unchanged_is_said_again_without_a_look(place: Place) -> None:
    assert [place.check() for _ in range(3)] == [("fine: 1 bot, 1 route", is_new) for is_new in (True, False, False)]
    assert place.note().stat().st_mode & 0o777 == 0o600
    assert SECRETS["SECRET"] not in place.note().read_text()


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_looked_at(place: Place, change: str) -> None:
    do, expected = CHANGES[change]
    place.check()
    do(place)
    said, has_looked = place.check()

    assert (expected in said, has_looked) == (True, True), said


def test_what_is_wrong_or_hardly_meant_or_asked_otherwise_is_looked_at_each_time(place: Place) -> None:
    assert place.check("check", "--format", "json")[1]
    place.check()
    assert place.check("check", "--format", "json")[1]
    write(place.bot, BOT.replace("keyword: menu", "exact: ' '"))
    assert [place.check()[1] for _ in range(2)] == [True, True]


def test_plugin_with_checks_of_its_own_is_asked_each_time(place: Place) -> None:
    write(place.code, PLUGIN.format(imports=", field_validator", check=CHECK))

    assert [place.check() for _ in range(2)] == [("fine: 1 bot, 1 route", True)] * 2


def test_what_is_younger_than_the_check_is_not_believed(place: Place) -> None:
    """It may have changed between the look and the note."""
    later = 4_000_000_000
    os.utime(place.code, (later, later))

    assert [place.check()[1] for _ in range(2)] == [True, True]


def test_folder_is_looked_at_when_a_file_comes(place: Place) -> None:
    write(place.folder / "bots" / "a.yaml", BOT)
    shutil.copy(place.folder / "menu.json", place.folder / "bots")
    command = ("-c", "bots", "check")
    before = [place.check(*command)[1] for _ in range(2)]
    write(place.folder / "bots" / "b.yaml", BOT.replace("shop", "cafe"))
    after = place.check(*command)

    assert (before, after) == ([True, False], ("fine: 2 bots, 2 routes", True))


def test_nothing_is_noted_where_there_is_no_home(place: Place) -> None:
    place.environment |= {"HOME": "/dev/null/nowhere", "XDG_CACHE_HOME": ""}

    assert [place.check() for _ in range(2)] == [("fine: 1 bot, 1 route", True)] * 2


def test_nothing_is_noted_where_nothing_can_be_written(place: Place) -> None:
    (place.folder / "cache").write_text("in the way")

    assert [place.check() for _ in range(2)] == [("fine: 1 bot, 1 route", True)] * 2
