"""What docs/plugins.md shows runs in a plugin's own folder, with nothing of this repository around it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import hookline
import hookline.testing
from hookline.adapters.simulated import FaultKind

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "plugins.md").read_text("utf-8")
TESTS = dict(re.findall(r"^```python\n# (tests/\S+)\n(.*?)^```", TEXT, re.M | re.S))
(PROJECT,) = re.findall(r"^```toml\n# pyproject\.toml.*?\n(.*?)^```", TEXT, re.M | re.S)


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the plugin `tickets` with the tests of the page, set up as the page says."""
    folder = tmp_path_factory.mktemp("author") / "hookline-tickets"
    source = ROOT / "plugins" / "hookline-tickets"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    (folder / "pyproject.toml").write_text((source / "pyproject.toml").read_text("utf-8") + "\n" + PROJECT, "utf-8")
    (folder / "tests").mkdir()
    for name, code in TESTS.items():
        (folder / name).write_text(code, "utf-8")
    return folder


def test_the_page_has_tests_of_its_own() -> None:
    assert list(TESTS) == ["tests/test_tickets.py", "tests/test_faults.py", "tests/test_time.py"]


def test_tests_of_the_page_pass_in_the_plugins_folder(plugin: Path) -> None:
    result = run_tests(plugin, *TESTS)

    assert (result.returncode, "4 passed" in result.stdout) == (0, True), result.stdout + result.stderr


def test_auto_mode_is_what_lets_them_run(plugin: Path) -> None:
    result = run_tests(plugin, "-o", "asyncio_mode=strict", "tests/test_tickets.py")

    assert "async def functions are not natively supported" in result.stdout


def run_tests(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=100, check=False, env={**os.environ},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "names"),
    [("### From `hookline`", hookline.__all__), ("### From `hookline.testing`", hookline.testing.__all__)],
)
def test_page_lists_all_that_there_is_and_nothing_else(heading: str, names: list[str]) -> None:
    assert sorted(named(heading)) == sorted(names)


def test_page_lists_every_kind_of_fault() -> None:
    assert [name.strip('"') for name in named("### A platform that fails")] == ["Fault", *get_args(FaultKind)]


@pytest.mark.parametrize("name", ["RunningBot", "Exchange", "HandlerFailure", "SimulatedLine", "LineApi", "Shared"])
def test_attributes_that_the_page_names_are_there(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}` \| (.*?) \|$", TEXT, re.M)
    thing = getattr(hookline, name, None) or getattr(hookline.testing, name)
    there = {*dir(thing), *getattr(thing, "__annotations__", ()), *_attributes_of(thing)}
    told = re.findall(r"`(?:await )?(\w+)(?:\([^`]*\))?`", row)

    assert told
    assert [one for one in told if one not in there] == []


def named(heading: str) -> list[str]:
    """Return what the first cells of the table below *heading* name."""
    section = re.split(r"^##", TEXT.partition(f"{heading}\n")[2], maxsplit=1, flags=re.M)[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.M)
    return [name for cell in cells for name in re.findall(r'`("?\w+"?)(?:\(…\))?`', cell)]


def _attributes_of(thing: type) -> set[str]:
    """Return what the instances of *thing* are given when they are made, those of its bases included."""
    codes = [getattr(vars(base).get("__init__"), "__code__", None) for base in thing.__mro__]
    return {name for code in codes if code is not None for name in code.co_names}
