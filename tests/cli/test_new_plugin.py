"""What `hookline new plugin` writes can be published: its wheel says all that an index asks."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.commands import hookline


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Return the wheel of a new plugin; building it asks no package index."""
    folder = tmp_path_factory.mktemp("new")
    hookline(folder, "new", "plugin", "opening-hours")
    build = ["wheel", "-q", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(folder)]
    subprocess.run(
        [sys.executable, "-m", "pip", *build, str(folder / "hookline-opening-hours")],
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


def test_wheel_has_code_types_routes_and_license(wheel: zipfile.ZipFile) -> None:
    folder, information = "hookline_opening_hours", "hookline_opening_hours-0.1.0.dist-info"

    assert {f"{folder}/{name}" for name in ("__init__.py", "py.typed", "routes.yaml")} <= set(wheel.namelist())
    license_text = wheel.read(f"{information}/licenses/LICENSE").decode()
    assert license_text.splitlines()[:3] == ["MIT License", "", f"Copyright (c) {datetime.now(UTC).year} YOUR-NAME"]
    assert wheel.read(f"{information}/entry_points.txt").decode().split() == [
        "[hookline]", "opening_hours", "=", "hookline_opening_hours",
    ]  # fmt: skip


def test_metadata_has_what_an_index_shows(wheel: zipfile.ZipFile) -> None:
    found = metadata(wheel)

    assert (found["Name"], found["License-Expression"]) == ("hookline-opening-hours", "MIT")
    assert (found["Author"], found["Requires-Python"]) == ("YOUR-NAME", ">=3.11")
    assert found.get_all("Project-URL") == [
        "Source, https://github.com/YOUR-ACCOUNT/hookline-opening-hours",
        "Issues, https://github.com/YOUR-ACCOUNT/hookline-opening-hours/issues",
    ]
    assert "```yaml" in str(found.get_payload())


def test_hookline_is_needed_up_to_the_next_major_version(wheel: zipfile.ZipFile) -> None:
    needed = Requirement(str(metadata(wheel)["Requires-Dist"]))
    own = Version(version("hookline"))

    assert needed.name == "hookline"
    assert needed.specifier.contains(own)
    assert needed.specifier.contains(f"{own.major}.{own.minor + 7}.3")
    assert not needed.specifier.contains(f"{own.major + 1}.0")


def test_what_is_to_be_filled_in_is_told(tmp_path: Path) -> None:
    said = hookline(tmp_path, "new", "plugin", "hours").stdout
    folder = tmp_path / "hookline-hours"
    filled = [path.name for path in sorted(folder.rglob("*")) if path.is_file() and "YOUR-" in path.read_text("utf-8")]

    assert said.endswith("to publish it: replace YOUR-NAME and YOUR-ACCOUNT in its pyproject.toml and LICENSE\n")
    assert filled == ["LICENSE", "pyproject.toml"]
    assert not any("$" in path.read_text("utf-8") for path in folder.rglob("*") if path.is_file())
