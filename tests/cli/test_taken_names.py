"""Ask for a new plugin by a name that somebody has already, and by one that is free."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hookline.cli.commands import new

FAX = """
from hookline.adapters.line.adapter import LINE
from dataclasses import replace

TELEFAX = replace(LINE, name="telefax")
"""


def installed(folder: Path, distribution: str, *points: str) -> None:
    """Install *distribution* in *folder*, with *points* as NAME = MODULE."""
    info = folder / f"{distribution.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    of_adapters = "[hookline.adapters]\ntelefax = acme_fax:TELEFAX\n" if distribution == "acme-fax" else ""
    (info / "entry_points.txt").write_text(of_adapters + "[hookline]\n" + "".join(f"{point}\n" for point in points))


def new_plugin(folder: Path, name: str) -> Result:
    """Ask for the plugin *name*, to be written into *folder*."""
    return CliRunner().invoke(new.command, ["plugin", name, "--into", str(folder / "into")])


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with packages, all of them installed, one of them broken."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "acme_fax.py").write_text(FAX)
    (folder / "hookline_loose.py").write_text("")
    (folder / "hookline_folder").mkdir()
    (folder / "hookline_folder" / "__init__.py").write_text("")
    installed(folder, "acme-fax", "fax = acme_fax", "broken = no_such_module", "Opening.Hours = acme_fax")
    installed(folder, "hookline-other-name", "quite_another = acme_fax")
    installed(folder, "hookline-nothing")
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("line", "`line` is taken: it is a platform, as in `adapter: line`"),
        ("hookline-line", "`line` is taken: it is a platform, as in `adapter: line`"),
        ("telefax", "`telefax` is taken: it is a platform, as in `adapter: telefax`"),
        ("echo", "`echo` is taken: it is the plugin of hookline-echo 0.1.0"),
        ("hookline_echo", "`echo` is taken: it is the plugin of hookline-echo 0.1.0"),
        ("intents", "`intents` is taken: it is the plugin of hookline-intents 0.1.0"),
        ("tickets", "`tickets` is taken: it is the plugin of hookline-tickets 0.1.0"),
        ("fax", "`fax` is taken: it is the plugin of acme-fax 1.2"),
        ("broken", "`broken` is taken: it is the plugin of acme-fax 1.2"),
        ("opening-hours", "`opening-hours` is taken: it is the plugin of acme-fax 1.2"),
        ("opening_hours", "`opening_hours` is taken: it is the plugin of acme-fax 1.2"),
        ("quite-another", "`quite-another` is taken: it is the plugin of hookline-other-name 1.2"),
        ("other-name", "`other-name` is taken: the distribution hookline-other-name is installed"),
        ("nothing", "`nothing` is taken: the distribution hookline-nothing is installed"),
        ("loose", "`loose` is taken: there is a module `hookline_loose` that can be imported"),
        ("folder", "`folder` is taken: there is a module `hookline_folder` that can be imported"),
    ],
)
def test_name_that_is_taken_is_refused_and_nothing_is_written(library: Path, name: str, owner: str) -> None:
    result = new_plugin(library, name)

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: Invalid value for NAME: {owner}; choose another name"
    assert not (library / "into").exists()


@pytest.mark.parametrize(
    "name", ["hours", "lines", "echoes", "calendar", "json", "email", "opening", "fax2", "no-such"]
)
def test_name_that_is_free_is_taken(library: Path, name: str) -> None:
    result = new_plugin(library, name)

    assert result.exit_code == 0
    assert (library / "into" / f"hookline-{name}" / "pyproject.toml").exists()
