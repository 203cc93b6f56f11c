"""Where goes what is logged while test bots run."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from hookline.testing import RunningBot, running_bot
from hookline.testing.logs import kept_logs
from tests.unit.testing.lines import SOURCE, TRIAL, number_of


def faulty(handler: str, **settings: str) -> AbstractAsyncContextManager[RunningBot]:
    routes = f"[{{name: all, otherwise: true, run: faulty.{handler}}}]"
    return running_bot(plugin="faulty", folder=TRIAL, settings=settings, routes=routes)


@pytest.fixture
def untouched() -> Iterator[None]:
    """Let structlog be as nobody has set it up, for one test."""
    before = structlog.get_config() if structlog.is_configured() else None
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)


@pytest.mark.usefixtures("untouched")
async def test_failing_handler_prints_nothing_and_is_a_few_lines_of_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async with faulty("missing") as bot:
        await bot.says("hi")

    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert [(record.name, record.levelname, record.getMessage().split()[0]) for record in caplog.records] == [
        *[("hookline.worker", "WARNING", "event.failed")] * 3,
        ("hookline.worker", "ERROR", "event.buried"),
    ]
    assert sum(len(record.getMessage().splitlines()) for record in caplog.records) < 12


@pytest.mark.usefixtures("untouched")
async def test_log_of_a_failure_has_the_plugins_lines_and_none_of_hooklines(caplog: pytest.LogCaptureFixture) -> None:
    async with faulty("missing") as bot:
        await bot.says("hi")

    line, *traceback = caplog.messages[0].splitlines()
    assert """error="KeyError: 'cake'" attempts=1 retry_in=0.1""" in line
    assert [line for line in traceback if "File" in line] == [
        f'  File "{SOURCE}", line {number_of("missing")}, in missing'
    ]


@pytest.mark.usefixtures("untouched")
async def test_own_records_and_those_of_structlog_come_to_caplog_as_it_asks(caplog: pytest.LogCaptureFixture) -> None:
    async with faulty("logging") as bot:
        await bot.says("hi")
        quiet = list(caplog.messages)
        with caplog.at_level(logging.INFO, "faulty"):
            await bot.says("hi")

    assert quiet == ["stock.low left=2"]
    assert caplog.messages[1:] == ["stock.low left=2", "stock.asked"]
    assert {record.name for record in caplog.records} == {"faulty"}


@pytest.mark.usefixtures("untouched")
async def test_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async with faulty("tells", key="k3y-that-nobody-may-see") as bot:
        await bot.says("hi")

    assert "401 for key •••" in caplog.text
    assert "k3y" not in caplog.text


@pytest.mark.usefixtures("untouched")
async def test_two_bots_at_once_are_both_quiet_whichever_stops_first(capfd: pytest.CaptureFixture[str]) -> None:
    first, second = faulty("missing"), faulty("missing")
    await first.__aenter__()
    other = await second.__aenter__()
    await first.__aexit__(None, None, None)
    await other.says("hi")
    await second.__aexit__(None, None, None)

    assert capfd.readouterr().out == ""
    assert not structlog.is_configured()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]])
def test_whoever_stops_last_puts_back_what_was_there(order: list[int]) -> None:
    before, handlers = structlog.get_config(), list(logging.getLogger().handlers)
    stacks = [ExitStack() for _ in range(3)]
    for stack in stacks:
        stack.enter_context(kept_logs(frozenset()))

    for index in order:
        assert structlog.get_config() != before
        stacks[index].close()

    assert (structlog.get_config(), structlog.is_configured()) == (before, False)
    assert (logging.getLogger().handlers, logging.getLoggerClass()) == (handlers, logging.Logger)


def quiet(_logger: Any, _method: str, event: Any) -> Any:
    raise structlog.DropEvent


@contextmanager
def set_up(processors: list[Any]) -> Iterator[None]:
    structlog.configure(processors=processors)
    yield


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "processors",
    [[quiet], [structlog.processors.JSONRenderer()], [structlog.stdlib.filter_by_level, quiet], []],
    ids=["a function", "json", "two", "none"],
)
def test_what_a_test_has_set_up_itself_goes_on(processors: list[Any]) -> None:
    structlog.configure(processors=processors)
    before = structlog.get_config()

    with kept_logs(frozenset()):
        assert structlog.get_config() == before

    assert structlog.get_config() == before


@pytest.mark.usefixtures("untouched")
async def test_logs_can_be_captured_around_a_bot_and_inside() -> None:
    with structlog.testing.capture_logs() as around:
        async with faulty("missing") as bot:
            await bot.says("hi")
    async with faulty("missing") as bot:
        with structlog.testing.capture_logs() as inside:
            await bot.says("hi")

    assert {line["event"] for line in around} >= {"event.failed", "event.buried"}
    assert {line["event"] for line in inside} >= {"event.failed", "event.buried"}


@pytest.mark.usefixtures("untouched")
async def test_bot_is_quiet_after_logs_were_captured(capfd: pytest.CaptureFixture[str]) -> None:
    with structlog.testing.capture_logs():
        pass
    async with faulty("missing") as bot:
        await bot.says("hi")

    assert capfd.readouterr().out == ""


FAILING = """
async def test_fails(hookline_bot):
    routes = "[{name: all, otherwise: true, run: faulty.missing}]"
    async with hookline_bot(plugin="faulty", folder=FOLDER, routes=routes) as bot:
        answer = await bot.says("hi")
    assert answer.texts == ["30"]


async def test_passes(hookline_bot):
    async with hookline_bot(plugin="faulty", folder=FOLDER, routes="[{name: a, otherwise: true, reply: hi}]") as bot:
        answer = await bot.says("hi")
    assert answer.texts == ["hi"] and ["hi"] == answer.texts
    assert answer.texts != ["ho"]
"""


def at_a_desk() -> dict[str, str]:
    """The environment without what makes pytest print more: values whole, and what its own options ask for."""
    return {name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER", "PYTEST_ADDOPTS"}}


def test_failing_test_of_a_plugin_shows_the_error_and_is_short(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FAILING.replace("FOLDER", repr(str(TRIAL))), "utf-8")
    options = ["-p", "no:cacheprovider", "-o", "asyncio_mode=auto", f"--rootdir={tmp_path}", "-c", "/dev/null"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False, cwd=TRIAL, env=at_a_desk(),
    )  # fmt: skip

    shown = f"KeyError: 'cake' at src/faulty/__init__.py:{number_of('missing')}"
    assert f"E         the event was given up: {shown}\n" in result.stdout
    assert "1 failed, 1 passed" in result.stdout
    assert len(result.stdout.splitlines()) < 45, result.stdout
