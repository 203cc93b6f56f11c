"""Let the repository check that every example file loads, and that nothing about it is odd."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hookline.config.loading import load
from hookline.plugins.registry import PluginRegistry
from tests.commands import hookline

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "config" / "examples").glob("*.yaml"))
CONVERSATIONS = sorted((ROOT / "config" / "examples" / "tests").glob("*.yaml"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_loads_without_errors_and_warnings(path: Path) -> None:
    configuration = load([path], PluginRegistry.discover(), environment={}, is_simulated=True, is_thorough=True)

    found = [str(warning) for warning in configuration.warnings]
    assert [warning for warning in found if "may cost quota" not in warning] == []  # that is what `remind:` is for
    assert all(bot.routes for bot in configuration.bots.values())


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: path.name)
def test_conversations_of_an_example_go_as_they_are_written(path: Path, tmp_path: Path) -> None:
    done = hookline(tmp_path, "-c", str(path.parents[1] / path.name), "test", str(path))

    assert (done.returncode, "FAIL" in done.stdout) == (0, False), done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_runs_in_dev(path: Path, tmp_path: Path) -> None:
    """It begins with what its first routes look for; nothing of it may fail."""
    done = hookline(tmp_path, "-c", str(path), "dev")

    assert (done.returncode, "failed" in done.stdout, "not sent" in done.stdout) == (0, False, False), done.stdout


def test_there_are_examples() -> None:
    assert "minimal.yaml" in {path.name for path in EXAMPLES}
    assert {path.name for path in CONVERSATIONS} < {path.name for path in EXAMPLES}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_names_the_schema_for_editors(path: Path) -> None:
    assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=../bot.schema.json\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_whole_file_in_a_page_loads_without_errors_and_warnings(page: Path, tmp_path: Path) -> None:
    for number, text in enumerate(re.findall(r"^```yaml\n(version: 1\n.*?)^```", page.read_text("utf-8"), re.M | re.S)):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text, "utf-8")
        configuration = load([path], PluginRegistry.discover(), environment={}, is_simulated=True, is_thorough=True)

        assert [str(warning) for warning in configuration.warnings] == []
