"""Let the repository check that every example file loads, and that nothing about it is odd."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.config.loading import load
from hookline.plugins.registry import PluginRegistry

EXAMPLES = sorted((Path(__file__).parents[2] / "config" / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_loads_without_errors_and_warnings(path: Path) -> None:
    configuration = load([path], PluginRegistry.discover(), environment={}, is_simulated=True, is_thorough=True)

    assert [str(warning) for warning in configuration.warnings] == []
    assert all(bot.routes for bot in configuration.bots.values())


def test_there_are_examples() -> None:
    assert "minimal.yaml" in {path.name for path in EXAMPLES}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_names_the_schema_for_editors(path: Path) -> None:
    assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=../bot.schema.json\n")
