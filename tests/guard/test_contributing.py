"""What ARCHITECTURE.md and CONTRIBUTING.md say of the house is so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "hookline"
STORY_LINES = 2000
BOT = """
version: 1
bots:
  shop:
    adapter: line
    routes:
      - {name: again, keyword: hi, when: {redelivered: true}, reply: hi again}
      - {name: first, keyword: hi, when: {redelivered: false}, reply: hi}
"""


def test_story_is_as_long_as_architecture_says() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    (said, listed) = re.findall(r"([\d,]+) lines tell the whole story: (.*?), in this order", text, re.DOTALL)[0]
    files = re.findall(r"`([\w/]+\.py)`", listed)

    length = sum(len((CORE / file).read_text("utf-8").splitlines()) for file in files)

    assert length < STORY_LINES
    assert abs(length - int(said.replace(",", ""))) < 50, f"they are {length:,} by now"


def test_every_room_has_its_sentence() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## The rooms")[2].partition("## The words")[0]
    told: set[str] = set()
    above: list[str] = []
    for indent, name, sentence in re.findall(r"^( *)([a-z_]+)/ +(\S.*)$", text, re.MULTILINE):
        above = [*above[: len(indent) // 2], name]
        assert sentence
        told.add("/".join(above))

    rooms = {str(path.parent.relative_to(CORE)) for path in CORE.rglob("__init__.py")} - {"."}
    assert told == rooms


def test_places_that_contributing_names_are_there() -> None:
    named = set(re.findall(r"`([a-z_]+/[\w/]*(?:\.py)?)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8")))

    assert {"ingress/guard.py", "store/memory/"} <= named
    assert sorted(name for name in named if not ((CORE / name).exists() or (ROOT / name).exists())) == []


def test_condition_of_contributing_works_by_its_three_places(tmp_path: Path) -> None:
    copy = tmp_path / "hookline"
    shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    key, condition, listed = _blocks("### A condition of `when:`")
    (turn,) = [f"{line}\n" for line in listed.splitlines() if "Redelivered(" in line]
    class_after = "@dataclass(frozen=True, slots=True)\nclass Conditions:"
    _insert(copy / "config/keys/routes.py", key, before="    state: Annotated[\n")
    _insert(copy / "routing/conditions/conditions.py", f"{condition}\n\n", before=class_after)
    _insert(copy / "config/routes/conditions.py", turn, before="    ]\n    return Conditions(")
    _insert(
        copy / "config/routes/conditions.py",
        "from ...routing.conditions.conditions import Redelivered\n",
        before="from ...routing.conditions.hours",
    )
    (tmp_path / "bot.yaml").write_text(BOT, "utf-8")

    explained = _hookline(tmp_path, "explain", "shop", "hi")
    shown = _hookline(tmp_path, "routes", "shop")
    checked = _hookline(tmp_path, "schema", "--plain")

    assert "when.redelivered is True, the event's is False" in explained
    assert "redelivered true" in shown
    assert "what the platform sends once more" in checked


def _blocks(heading: str) -> list[str]:
    """Return the Python blocks below *heading*."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition(heading)[2].partition("\n### ")[0]
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def _insert(path: Path, text: str, before: str) -> None:
    old = path.read_text("utf-8")
    assert old.count(before) == 1, f"{before!r} stands {old.count(before)} times in {path.name}"
    path.write_text(old.replace(before, text + before), "utf-8")


def _hookline(folder: Path, *arguments: str) -> str:
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "200"}
    command = [sys.executable, "-m", "hookline", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    return done.stdout
