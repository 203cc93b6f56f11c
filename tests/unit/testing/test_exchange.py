"""What the test kit tells of a handler that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.pace import Pace
from hookline.testing import Exchange, HandlerFailure, running_bot
from tests.unit.testing.lines import SOURCE, TRIAL, line_of, number_of

QUICK = Pace(handler_deadline=0.3, handler_retries=(0.0,), handler_patience=1.0, delivery_retries=(0.0,))
SECRET = "k3y-that-nobody-may-see"


async def failed(handler: str) -> Exchange:
    """Return what comes of an event whose *handler* fails."""
    routes = f"[{{name: all, otherwise: true, run: faulty.{handler}}}]"
    async with running_bot(
        plugin="faulty", folder=TRIAL, settings={"key": SECRET}, routes=routes, pace=QUICK
    ) as bot:  # fmt: skip
        return await bot.says("hi")


def failure_of(exchange: Exchange) -> HandlerFailure:
    assert exchange.error is not None
    return exchange.error


@pytest.mark.parametrize(
    ("handler", "kind", "message"),
    [
        ("missing", "KeyError", "'cake'"),
        ("deeper", "KeyError", "'cake'"),
        ("library", "JSONDecodeError", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("caused", "RuntimeError", "no number"),
        ("grouped", "LookupError", "not there"),
        ("together", "ExceptionGroup", "unhandled errors in a TaskGroup (1 sub-exception)"),
        ("threaded", "ZeroDivisionError", "integer division or modulo by zero"),
        (
            "number",
            "HandlerError",
            "a handler returned int; expected text, a Neutral, a message object, a Message, a Reply, an SDK model, "
            "a list of these, or None",
        ),
        (
            "untyped",
            "HandlerError",
            "a message object needs a `type`, as in {'type': 'text', 'text': 'hi'}",
        ),
        ("stranger", "HandlerError", "push needs the id of a person, group or thread, not ''"),
        ("late", "HandlerTimeoutError", "`faulty.late` took over 0.3 seconds"),
        ("leaving", "HandlerError", "`faulty.leaving` tried to end the process"),
        ("panic", "Panic", "at the disco"),
        ("silent", "AssertionError", ""),
        ("unknown", "PermissionError", "LINE says 404"),
        ("tells", "ValueError", "401 for key •••"),
    ],
)
async def test_error_has_what_was_raised_and_the_plugins_own_line(handler: str, kind: str, message: str) -> None:
    error = failure_of(await failed(handler))

    assert (error.type, error.message) == (kind, message)
    assert (error.handler, error.where) == (f"faulty.{handler}", line_of(handler))


async def test_error_of_what_a_handler_leaves_behind_has_the_line_where_it_begins() -> None:
    error = failure_of(await failed("unsaved"))

    assert (error.type, error.where) == ("HandlerError", line_of("unsaved"))


async def test_traceback_has_no_line_of_hooklines_own() -> None:
    error = failure_of(await failed("deeper"))

    begin, *lines = error.traceback.splitlines()
    assert begin == "Traceback (most recent call last):"
    assert [line for line in lines if line.startswith("  File")] == [
        f'  File "{SOURCE}", line {number_of("deeper") + 5}, in deeper',
        f'  File "{SOURCE}", line {number_of("deeper")}, in _price',
    ]
    assert lines[-1] == "KeyError: 'cake'"


async def test_failed_assert_shows_the_error_first() -> None:
    exchange = await failed("missing")

    where = Path(line_of("missing")).relative_to(Path.cwd())
    assert str(exchange.error) == f"KeyError: 'cake' at {where}"
    assert repr(exchange) == f"""Exchange(error="KeyError: 'cake' at {where}", outcome='buried', route='all')"""


async def test_secret_stands_nowhere_in_an_error() -> None:
    error = failure_of(await failed("tells"))

    assert SECRET not in f"{error!r} {error}"


async def test_run_that_goes_well_when_it_is_made_again_leaves_no_error() -> None:
    exchange = await failed("once")

    assert exchange.error is None
    assert repr(exchange) == "Exchange(outcome='answered', route='all', texts=['fine'], via='reply')"


async def test_answer_of_a_route_that_has_no_handler_has_no_error() -> None:
    async with running_bot(plugin="faulty", folder=TRIAL, routes="[{name: all, otherwise: true, reply: hi}]") as bot:
        exchange = await bot.says("hi")

    assert exchange.error is None


@pytest.mark.parametrize(
    ("exchange", "shown"),
    [
        (Exchange({}, 200, None, "unrouted", [], None, [], []), "Exchange(outcome='unrouted')"),
        (Exchange({}, 0, None, None, [], None, [], []), "Exchange(status=0)"),
        (Exchange({}, 503, None, None, [], None, [], []), "Exchange(status=503)"),
        (
            Exchange({}, 200, "menu", "answered", [], None, [("U1", [])], ["refused: 400"]),
            "Exchange(failures=['refused: 400'], outcome='answered', route='menu', pushed=[('U1', [])])",
        ),
    ],
)
def test_exchange_shows_what_there_is(exchange: Exchange, shown: str) -> None:
    assert repr(exchange) == shown
