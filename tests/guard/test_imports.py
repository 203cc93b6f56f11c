"""What is imported only by those who need it, since everybody waits for it; and what strings name is there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import hookline.testing
from hookline.cli.main import COMMANDS, root

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "hookline"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NO_MODULES = ("hookline.commands", "hookline.db", "hookline.worker", "hookline.timer")
"""A group of entry points; a store, and its socket; a logger; a type of events."""


def test_command_that_only_reads_a_configuration_imports_nothing_of_a_host() -> None:
    heavy = ("quart", "hypercorn", "sqlalchemy", "structlog", "rich.console", "linebot", "httpx", "hookline.host.host")
    imports = "import sys, hookline.cli.main, hookline.cli.commands.check"
    code = f"{imports}; print([one for one in {heavy} if one in sys.modules])"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert result.stdout == "[]\n"


def test_the_door_imports_no_client_and_no_server() -> None:
    heavy = ("aiohttp", "linebot", "structlog", "quart", "sqlalchemy", "click", "hookline.testing")
    code = f"import sys, hookline; hookline.LineApi; print([one for one in {heavy} if one in sys.modules])"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert result.stdout == "[]\n"


def test_modules_that_strings_name_are_there() -> None:
    named = {(path, name) for path in _sources() for name in _named(path)}

    assert {"hookline.testing.bigrams", "hookline.adapters.adapter.Adapter"} <= {name for _, name in named}
    wrong = [f"{path}: {name}" for path, name in named if not name.startswith(NO_MODULES) and not _is_there(name)]
    assert sorted(wrong) == []


def test_every_command_of_the_table_is_there() -> None:
    context = root.make_context("hookline", ["check"])

    assert {name: root.get_command(context, name) for name in COMMANDS if not root.get_command(context, name)} == {}


def test_the_test_kit_has_all_that_it_names() -> None:
    assert [name for name in hookline.testing.__all__ if getattr(hookline.testing, name).__name__ != name] == []


def test_what_pyproject_names_is_there() -> None:
    project = PYPROJECT["project"]
    names = [*project["scripts"].values(), *project["entry-points"]["pytest11"].values()]
    patterns = [one for one in PYPROJECT["tool"]["ruff"]["lint"]["per-file-ignores"] if one.startswith("core/")]

    assert [name for name in names if not _is_there(name.replace(":", "."))] == []
    assert [pattern for pattern in patterns if not any(ROOT.glob(pattern))] == []


def test_files_that_architecture_names_are_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"[\w/]+/\w+\.py\b", text))

    assert "ingress/guard.py" in named
    assert sorted(name for name in named if not ((ROOT / name).exists() or (CORE / name).exists())) == []


def _sources() -> Iterator[Path]:
    for folder in ("core", "tests", "plugins"):
        yield from (ROOT / folder).rglob("*.py")


def _named(path: Path) -> Iterator[str]:
    """Yield each dotted name of ours in a string that isn't a logger's name."""
    tree = ast.parse(path.read_text("utf-8"))
    loggers = {
        argument
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "get_logger"
        for argument in call.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in loggers:
            yield from re.findall(r"(?<![\w./])hookline(?:\.[A-Za-z_]+)+(?![\w.]*[*{])", node.value)
            for dots, name in re.findall(r":[a-z]+:`~?(\.+)([\w.]+)`", node.value):
                folder = path.relative_to(CORE.parent).parents[len(dots) - 1]
                yield f"{'.'.join(folder.parts)}.{name}"


def _is_there(name: str) -> bool:
    """Say whether *name* is a module or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        try:
            found = find_spec(module)
        except ModuleNotFoundError:
            continue
        if found is None:
            continue
        value: object = import_module(module)
        for part in parts[length:]:
            value = getattr(value, part, None)
        return value is not None
    return False
