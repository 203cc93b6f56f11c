"""What test_ending shows of the server that is the default, of the others that can be chosen: in one process."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hookline.ingress.server import SERVERS, Server
from tests.e2e.hosts import NEEDS_PROC
from tests.e2e.test_ending import held, is_free, is_gone, until

OTHERS = [server for server in SERVERS if server != "hypercorn"]
HALVES = (b"", b"POST /webhooks/shop HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{", b"POST /webhooks/shop HT")

pytestmark = [NEEDS_PROC, pytest.mark.timeout(180)]


@pytest.mark.parametrize("server", OTHERS)
@pytest.mark.parametrize("holder", ["cling", "block 3600"])
async def test_stop_ends_a_process_that_something_holds(tmp_path: Path, server: Server, holder: str) -> None:
    pytest.importorskip(server, reason=f"the extra hookline[{server}] isn't installed")
    async with held(tmp_path, holder, server, "--together") as (site, process):
        site.process.send_signal(signal.SIGTERM)
        await until(lambda: is_gone(site.process.pid))

        assert is_gone(process)
        assert is_free(site.url)


@pytest.mark.parametrize("server", OTHERS)
async def test_address_is_free_before_a_process_has_ended_whose_supervisor_is_killed(
    tmp_path: Path, server: Server
) -> None:
    pytest.importorskip(server, reason=f"the extra hookline[{server}] isn't installed")
    async with held(tmp_path, "block 3600", server, "--together") as (site, process):
        os.kill(site.process.pid, signal.SIGKILL)
        await until(lambda: is_free(site.url))
        was_gone = is_gone(process)
        await until(lambda: is_gone(process))

        assert is_free(site.url)
        assert not was_gone


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("is_killed", [False, True])
async def test_half_open_connections_hold_no_process(tmp_path: Path, server: Server, is_killed: bool) -> None:
    pytest.importorskip(server, reason=f"the extra hookline[{server}] isn't installed")
    async with held(tmp_path, "cling", server) as (site, process):
        address = ("127.0.0.1", urlsplit(site.url).port or 0)
        idle = [socket.create_connection(address) for _ in range(60)]
        for number, one in enumerate(idle):
            one.sendall(HALVES[number % 3])
        if is_killed:
            os.kill(site.process.pid, signal.SIGKILL)
        else:
            site.process.send_signal(signal.SIGTERM)
        await until(lambda: is_free(site.url))
        await until(lambda: is_gone(process) and is_gone(site.process.pid))
        for one in idle:
            one.close()
