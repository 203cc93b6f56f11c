"""A webhook is answered only after its commit: by the system calls, and with the commit held back."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hookline.testing import events
from tests.libraries import LIBRARIES, SYNC, environment_for
from tests.postgres import PostgresServer
from tests.store.test_lane_races import holding
from tests.support import NOW, SMALL_BOT
from tests.web.wire import Wire, served, signed_request

ACCEPTS = 20
TOGETHER = """
import asyncio, pathlib, sys
from tests.web.wire import served

async def main() -> None:
    async with served(pathlib.Path(sys.argv[1])) as site:
        print(site.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""
FRONTS = """
import os, pathlib, re, sys
from subprocess import PIPE, Popen
from tests.support import SECRETS, SMALL_BOT

folder = pathlib.Path(sys.argv[1])
(folder / "bot.yaml").write_text(SMALL_BOT)
command = [sys.executable, "-m", "hookline", "run", "--port", "0"]
with Popen(command, cwd=folder, env={**os.environ, **SECRETS}, stdout=PIPE, text=True) as host:
    print(re.search(r"http://127.0.0.1:(\\d+)", host.stdout.readline())[1], flush=True)
    sys.stdin.read()
    host.terminate()
    host.stdout.read()
"""
PROGRAMS = {TOGETHER: "hookline.db-wal", FRONTS: "/hookline.db-mailboxes/"}
"""What answers webhooks, and a part of the name of the file that is synced for it."""
TRACED = "trace=fdatasync,fsync,sendto,write,writev,sendmsg,read,recvfrom,recvmsg"
LINE = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<call>\w+)\()(?P<rest>.*)")


def webhook(number: int = 0) -> bytes:
    event = events.event("message", now=NOW, message=events.text_message(str(number)), reply_token="token")
    return signed_request(json.dumps({"destination": "U" + "0" * 32, "events": [event]}).encode())


def refusal_to_trace() -> str | None:
    """Return why no system calls can be traced here, or None when they can."""
    if shutil.which("strace") is None:
        return "strace isn't installed"
    tried = subprocess.run(["strace", "-f", "-qq", "-e", "trace=fsync", "true"], capture_output=True, check=False)
    return None if tried.returncode == 0 else f"ptrace is refused: {tried.stderr.decode(errors='replace')[:80]}"


@dataclass(frozen=True, slots=True)
class Call:
    """Hold one system call: the lines of the trace where it began and ended."""

    name: str
    text: str
    began: int
    ended: int


def calls_of(trace: str) -> Iterator[Call]:
    """Yield the calls of a trace by their end, with what other threads interrupted put together."""
    begun: dict[str, tuple[int, str, str]] = {}
    for number, line in enumerate(trace.splitlines()):
        found = LINE.match(line)
        if found is None:
            continue
        thread, rest = found["thread"], found["rest"]
        if found["resumed"]:
            began, name, text = begun.pop(thread)
            yield Call(name, text + rest, began, number)
        elif rest.endswith("<unfinished ...>"):
            begun[thread] = (number, found["call"], rest)
        else:
            yield Call(found["call"], rest, number, number)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("program", PROGRAMS, ids=["together", "fronts"])
async def test_each_response_follows_a_sync_that_began_after_its_request_was_read(
    tmp_path: Path, program: str, library: str
) -> None:
    if (reason := refusal_to_trace()) is not None:
        pytest.skip(reason)
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-y", "-qq", "-s", "64", "-e", TRACED, "-o", str(trace), sys.executable, "-c", program]
    environment = environment_for(library)
    running = await asyncio.create_subprocess_exec(
        *command, str(tmp_path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert running.stdout is not None
    async with asyncio.timeout(60):
        port = int(await running.stdout.readline())
        for number in range(ACCEPTS):
            async with await Wire.open(port) as wire:
                await wire.send(webhook(number))
                assert (await wire.answer()).status == 200
        await running.communicate()

    calls = list(calls_of(trace.read_text()))
    syncs = [call for call in calls if call.name == SYNC[library] and call.text.endswith("= 0")]
    syncs = [call for call in syncs if PROGRAMS[program] in call.text]
    requests = [call for call in calls if '"POST /webhooks/' in call.text]
    responses = [call for call in calls if '"HTTP/1.1 200' in call.text]
    assert (len(requests), len(responses)) == (ACCEPTS, ACCEPTS)
    for request, response in zip(requests, responses, strict=True):
        assert [sync for sync in syncs if request.ended < sync.began and sync.ended < response.began]


async def test_no_response_leaves_before_the_commit_on_sqlite(tmp_path: Path) -> None:
    armed, reached, released = threading.Event(), threading.Event(), threading.Event()

    def hold(statement: str) -> None:
        if statement == "COMMIT" and armed.is_set():
            reached.set()
            released.wait(30)

    def watch(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(hold)

    async with served(tmp_path) as site, await Wire.open(site.port) as wire:
        await site.host.store._database.run(watch)
        armed.set()
        await wire.send(webhook())
        answering = asyncio.create_task(wire.answer())
        assert await asyncio.to_thread(reached.wait, 10)
        others = [(await site.ask(webhook().replace(b"/shop", b"/none"))).status for _ in range(20)]

        assert (others, answering.done()) == ([401] * 20, False)
        released.set()
        assert (await answering).status == 200


async def test_no_response_leaves_before_the_commit_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    text = SMALL_BOT.replace("version: 1\n", f"version: 1\nstore: {postgres_url}\n")
    async with served(tmp_path, text) as site, holding(postgres_url) as hold, await Wire.open(site.port) as wire:
        await site.host.store._database.run(_wait_at_commit)
        await hold.take()
        await wire.send(webhook())
        answering = asyncio.create_task(wire.answer())
        await hold.waiting(1)
        others = [(await site.ask(webhook().replace(b"/shop", b"/none"))).status for _ in range(20)]

        assert (others, answering.done()) == ([401] * 20, False)
        await hold.release()
        assert (await answering).status == 200


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """Return the URL of an empty store on PostgreSQL."""
    return postgres.create()


def _wait_at_commit(connection: Connection) -> None:
    """Let every commit that wrote into the inbox wait for the lock, in the server itself."""
    connection.exec_driver_sql(
        "CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$"
    )
    connection.exec_driver_sql(
        "CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION wait_for_lock()"
    )
