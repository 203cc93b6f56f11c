"""Commands that plugins bring: found by entry point, imported only when called."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests import commands

MODULE = """
import click

@click.command()
@click.argument("name")
def command(name):
    click.echo(f"hello {name}")
"""


def installed(folder: Path, module: str) -> None:
    """Lay a distribution with one command into *folder*, as pip would."""
    (folder / "trial_command.py").write_text(module)
    information = folder / "hookline_trial_command-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: hookline-trial-command\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[hookline.commands]\ntrial = trial_command:command\n")


def hookline(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return commands.hookline(folder, *arguments, environment={"PYTHONPATH": str(folder)})


def test_command_of_a_plugin_runs(tmp_path: Path) -> None:
    installed(tmp_path, MODULE)

    result = hookline(tmp_path, "trial", "mei")

    assert (result.returncode, result.stdout) == (0, "hello mei\n")


def test_help_lists_it_without_importing_it(tmp_path: Path) -> None:
    installed(tmp_path, "raise RuntimeError('imported')")

    result = hookline(tmp_path, "--help")

    assert (result.returncode, "trial" in result.stdout, "imported" in result.stderr) == (0, True, False)


def test_command_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    installed(tmp_path, "raise RuntimeError('broken')")

    result = hookline(tmp_path, "trial")

    assert (result.returncode, result.stderr) == (
        1,
        "Error: the command `trial` can't be loaded: RuntimeError: broken\n",
    )
