"""The schema for editors as it is printed: with what is installed, whatever state that is in."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.commands import hookline
from tests.support import SECRETS, SMALL_BOT

ROOT = Path(__file__).parents[2]
NOTE = "the schema takes anything for it\n"
WEATHER = """
from hookline import hookimpl
from pydantic import BaseModel, Field

print("loaded")

class Settings(BaseModel):
    city: str = Field(description="Where it rains.")

def forecast(context):
    \"\"\"Say whether it rains.\"\"\"

@hookimpl
def hookline_settings():
    return Settings

@hookimpl
def hookline_handlers():
    return {"forecast": forecast}
"""


def schema(folder: Path, module: str = WEATHER, *options: str, adapters: str = "") -> tuple[dict[str, Any], str]:
    """Return the schema that is printed, and what is said beside it, where the plugin `weather` is *module*."""
    result = with_plugin(folder, module, "schema", *options, adapters=adapters)
    assert result.returncode == 0
    return json.loads(result.stdout), result.stderr


def with_plugin(folder: Path, module: str, *command: str, adapters: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command where the plugin `weather` is *module*, and offers *adapters*."""
    (folder / "trial_weather.py").write_text(module)
    information = folder / "hookline_trial_weather-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: hookline-trial-weather\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        f"[hookline]\nweather = trial_weather\n[hookline.adapters]\n{adapters}\n"
    )
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return hookline(folder, *command, environment={**SECRETS, "PYTHONPATH": path})


def plugins(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["definitions"]["BotSpec"]["properties"]["plugins"].get("properties", {})
    return found


def targets(document: dict[str, Any]) -> list[str]:
    choices: list[str] = document["definitions"]["RouteSpec"]["properties"]["run"]["anyOf"][0].get("enum", [])
    return choices


def test_installed_plugin_is_in_it_and_what_it_prints_is_not(tmp_path: Path) -> None:
    document, said = schema(tmp_path)

    assert plugins(document)["weather"]["properties"]["city"]["description"] == "Where it rains."
    assert {"weather.forecast", "tickets.take"} <= set(targets(document))
    assert said == "loaded\n"


def test_what_a_plugin_prints_is_not_among_the_findings(tmp_path: Path) -> None:
    uses = SMALL_BOT.replace("    routes:", "    plugins: {weather: {city: Taipei}}\n    routes:")
    (tmp_path / "bot.yaml").write_text(uses, "utf-8")

    result = with_plugin(tmp_path, WEATHER.replace("def forecast", "async def forecast"), "check", "--format", "json")

    assert (result.returncode, json.loads(result.stdout), result.stderr) == (0, [], "loaded\n")


def test_handler_is_described_by_its_docstring(tmp_path: Path) -> None:
    document, _ = schema(tmp_path)

    known = document["definitions"]["RouteSpec"]["properties"]["run"]["anyOf"][0]
    assert known["enumDescriptions"][known["enum"].index("weather.forecast")] == "Say whether it rains."


def test_plain_is_the_same_whatever_is_installed(tmp_path: Path) -> None:
    document, said = schema(tmp_path, WEATHER, "--plain")

    assert document == json.loads((ROOT / "config" / "bot.schema.json").read_text("utf-8"))
    assert said == ""


def test_plugin_that_raises_at_import_is_left_out(tmp_path: Path) -> None:
    document, said = schema(tmp_path, "raise RuntimeError('no network')")

    assert said == f"plugin `weather`: importing `trial_weather` failed: RuntimeError: no network; {NOTE}"
    assert sorted(plugins(document)) == ["echo", "intents", "tickets"]


def test_plugin_that_raises_at_registration_is_left_out(tmp_path: Path) -> None:
    module = WEATHER.replace("return Settings", "raise KeyError('city')").replace('print("loaded")', "")

    document, said = schema(tmp_path, module)

    assert said == f"plugin `weather`: `hookline_settings()` failed: KeyError: 'city'; {NOTE}"
    assert "weather" not in plugins(document)


def test_adapter_that_is_none_is_left_out(tmp_path: Path) -> None:
    module = WEATHER.replace('print("loaded")', "SKY = 1")

    document, said = schema(tmp_path, module, adapters="sky = trial_weather:SKY")

    assert said == f"adapter `sky`: `trial_weather:SKY` is a int, expected an AdapterKind; {NOTE}"
    assert "sky" not in document["definitions"]["BotSpec"]["properties"]


def test_settings_that_can_not_be_described_may_be_anything(tmp_path: Path) -> None:
    module = WEATHER.replace("city: str", "city: type(print)").replace('print("loaded")', "")
    module = module.replace("BaseModel):", "BaseModel, arbitrary_types_allowed=True):")

    document, said = schema(tmp_path, module)

    assert said.startswith("plugin `weather`: `Settings` has no JSON Schema: PydanticInvalidForJsonSchema: ")
    assert said.endswith(f"; {NOTE}")
    assert plugins(document)["weather"] == {"type": "object"}
    assert "weather.forecast" in targets(document)
