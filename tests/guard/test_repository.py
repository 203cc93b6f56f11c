"""The repository checks itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import hookline
from hookline.config.loading import load
from hookline.plugins import hookspecs
from hookline.plugins.registry import PluginRegistry

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "hookline"


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations/versions" not in str(path))


def test_the_door_lists_all_that_it_holds() -> None:
    homes = hookline._HOMES

    assert homes.keys() == set(hookline.__all__)
    assert [name for name in homes if getattr(hookline, name) is None] == []
    assert list(hookline.__all__) == sorted(hookline.__all__, key=lambda name: (not name.isupper(), name))


def test_every_hook_is_described_in_the_docs() -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("hookline_")]
    text = (ROOT / "docs" / "plugins.md").read_text("utf-8")

    assert len(hooks) <= 8
    assert [name for name in hooks if f"`{name}" not in text] == []


def test_every_log_event_is_described_in_the_docs() -> None:
    pattern = re.compile(r'(?:log\.(?:debug|info|warning|error|exception)\(|_report\(|Trouble\(log,)\s*"([\w.]+)"')
    named = {name for path in sources("core") for name in pattern.findall(path.read_text("utf-8"))}
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")

    assert sorted(name for name in named if f"`{name}`" not in text) == []


ADAPTERS_DOOR = frozenset(
    f"hookline.{name}"
    for name in (
        "adapters.adapter", "adapters.calls", "adapters.door", "adapters.fields", "adapters.filling", "adapters.flaws",
        "adapters.http", "adapters.payloads",
        "adapters.rendering", "adapters.requests", "adapters.signatures", "adapters.simulated", "clock", "errors",
        "events", "findings.findings", "neutral", "telling.settings", "testing.adapter_contract", "ways",
    )
)  # fmt: skip
"""What packages with an adapter may import besides: docs/adapters.md names it."""
_TESTED = (
    "adapters.mending",
    "config.loading",
    "findings.findings",
    "plugins.installed",
    "store.people.history",
    "testing.exchange",
)
TESTS_DOOR = {f"hookline.{name}" for name in _TESTED}
"""What their tests may, beyond that."""
PLATFORM = re.compile(r"\bLINE\b|LineApi|SimulatedLine|adapters\.line")
KNOW_LINE = {
    "__init__.py": "hands out LineApi, which plugins had before there were other platforms",
    "plugins/context.py": "context.line, likewise",
    "testing/__init__.py": "hands out SimulatedLine, likewise",
    "testing/bot.py": "bot.line, likewise; a test that names no adapter is on LINE",
    "testing/events.py": "builds LINE's events for tests, likewise",
    "cli/main.py": "`hookline --help` names the first platform",
    "cli/commands/new.py": "a new bot is on LINE, unless it says otherwise",
}
"""Where hookline may name a platform, and why; anywhere else an adapter says what is special of its own."""


def test_no_station_knows_which_platform_it_serves() -> None:
    found = {
        str(path.relative_to(CORE))
        for path in sources("core")
        if "adapters/line/" not in str(path) and PLATFORM.search(_code(path))
    }

    assert found - KNOW_LINE.keys() == set()


def _code(path: Path) -> str:
    """Return the code of *path* without docstrings and comments."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = ""
    return ast.unparse(tree)


def test_plugins_import_the_door_only() -> None:
    wrong = []
    for path in sources("plugins"):
        allowed = {"hookline", "hookline.testing", "hookline.testing.events"}
        if "hookline.adapters" in (_package(path) / "pyproject.toml").read_text("utf-8"):
            allowed |= ADAPTERS_DOOR | (TESTS_DOOR if "tests" in path.parts else set())
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = node.module if isinstance(node, ast.ImportFrom) else None
            if name and name.startswith("hookline") and not name.startswith("hookline_") and name not in allowed:
                wrong.append(f"{path}: {name}")

    assert wrong == []


def _package(path: Path) -> Path:
    return next(parent for parent in path.parents if (parent / "pyproject.toml").is_file())


def test_nothing_of_our_own_is_patched_in_tests() -> None:
    words = re.compile(r"monkeypatch\.setattr|mocker\.|unittest\.mock|(?<!web\.)\bpatch\(")
    here = Path(__file__)
    found = [path for path in sources("tests", "plugins") if path != here and words.search(path.read_text("utf-8"))]

    assert found == []


def test_broad_excepts_stand_where_they_are_known() -> None:
    counts = {
        str(path.relative_to(CORE)): len(re.findall(r"except \(?(?:Base)?Exception\b", path.read_text("utf-8")))
        for path in sources("core")
    }

    assert {name: count for name, count in counts.items() if count} == BROAD_EXCEPTS


def test_no_init_file_makes_a_folder_a_package_that_is_none() -> None:
    assert [name for name in ("core", "plugins", "config", "tests") if (ROOT / name / "__init__.py").exists()] == []


def test_modules_hold_no_state() -> None:
    """Two hosts in one process share nothing: no module-level container is empty, waiting to be filled."""
    found = []
    for path in sources("core"):
        for node in ast.parse(path.read_text("utf-8")).body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(value, ast.Dict | ast.List | ast.Set) and not getattr(
                value, "keys", getattr(value, "elts", None)
            ):
                found.append(f"{path}:{node.lineno}")
        if "global " in path.read_text("utf-8"):
            found.extend(
                f"{path}: global" for line in path.read_text("utf-8").splitlines() if line.strip().startswith("global ")
            )

    assert found == []


@pytest.mark.parametrize("page", ["README.md", "docs/config.md", "docs/intents.md", "docs/plugins.md"])
def test_yaml_in_the_docs_is_yaml(page: str) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)

    assert blocks
    for block in blocks:
        yaml.safe_load(block)


def test_bot_of_the_readme_answers(tmp_path: Path) -> None:
    (block, *_) = re.findall(r"```yaml\n(version: 1\n.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "bot.yaml").write_text(block, "utf-8")
    command = [sys.executable, "-m", "hookline", "chat", "--say", "菜單"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert (result.returncode, '"via": "reply"' in result.stdout) == (0, True), result.stderr


def test_bot_of_the_page_about_intents_is_fine(tmp_path: Path) -> None:
    (block, *_) = re.findall(
        r"```yaml\n(version: 1\n.*?)```", (ROOT / "docs" / "intents.md").read_text("utf-8"), re.DOTALL
    )
    (tmp_path / "bot.yaml").write_text(block, "utf-8")
    configuration = load([tmp_path / "bot.yaml"], PluginRegistry.discover(), is_simulated=True, is_thorough=True)

    assert [str(warning) for warning in configuration.warnings] == []


def test_plugin_of_the_readme_runs(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    namespace: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), namespace)

    assert len(block.splitlines()) <= 25
    assert {"hookline_settings", "hookline_handlers"} <= namespace.keys()


BROAD_EXCEPTS = {
    "cli/main.py": 1,  # a plugin's command can't be loaded
    "telling/checked.py": 1,  # removes what it could not write whole, then raises again
    "telling/stores.py": 1,  # closes what was opened, then raises again
    "processes/child.py": 1,  # the last resort of a forked child
    "config/keys/written.py": 1,  # a plugin's types describe themselves
    "control/server.py": 1,  # a command's request must not harm the host
    "control/sockets.py": 1,  # closes the socket, then raises again
    "delivery/attempts.py": 2,  # around an adapter's send, and what it raises
    "delivery/courier.py": 2,  # around the store, twice
    "config/bots/bots.py": 1,  # a plugin's own checks of its settings
    "dispatch/runner.py": 2,  # around the store; around a run, which may be cancelled
    "dispatch/apologies.py": 1,  # around the apology for a failed handler
    "dispatch/handlers.py": 1,  # around a handler, which may raise anything
    "dispatch/importing.py": 1,  # a request that can't be taken in must not keep those behind it
    "ingress/forwarding.py": 1,  # closes the socket, then raises again
    "ingress/roster.py": 2,  # an adapter's settings and module, on both sides
    "mailbox/box.py": 1,  # a disk that is full or gone
    "mailbox/boxes.py": 1,  # a file that can't be read stops nobody else
    "processes/front.py": 1,  # a roster that can't be read leaves the last one
    "processes/mail.py": 1,  # closes the file, then raises again
    "dispatch/lanes/heartbeat.py": 1,  # around the store
    "dispatch/worker.py": 2,  # around the store; an accept that fails takes back what it counted
    "host/host.py": 1,  # a failed start closes, then raises again
    "intents/reader.py": 1,  # around a classifier: those who asked fail, and nobody else
    "ingress/addresses.py": 2,  # closes the socket, then raises again
    "ingress/webhooks.py": 1,  # never a 500
    "plugins/platforms.py": 1,  # an adapter's import
    "plugins/registry.py": 2,  # a plugin's import and hooks
    "plugins/shared.py": 1,  # gives a lock back, then raises again
    "plugins/threads.py": 1,  # gives a slot back, then raises again
    "threads.py": 2,  # hands what was raised in a thread to whoever waits for it, twice
    "uploads/folders.py": 1,  # says in our words what a package for some kind of URL raised
    "testing/playground.py": 1,  # closes what was opened, then raises again
    "store/database/postgres.py": 3,  # closes what was opened; judges an error; hands it to whose batch it was
    "store/database/reading.py": 1,  # closes what was opened, then raises again
    "store/database/sqlite.py": 3,  # undoes a transaction, then reports it
    "host/reloading.py": 1,  # a reload that fails must not end the host
    "host/status.py": 1,  # readiness asks the store
    "tallies.py": 1,  # counts a failed run, then raises again
    "processes/loops.py": 1,  # what ends the loop, and isn't its own work
    "tasks.py": 2,  # lets what may end an event loop be an error like any other
    "tracebacks.py": 2,  # an error's own code says what it says, or raises
    "cli/terminal/logs.py": 1,  # what a library logs may not be told
}
