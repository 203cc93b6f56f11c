"""The options that `run`, `web` and `worker` share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from click import BadParameter, Command
from click.testing import CliRunner

from hookline.cli.commands import run, web, worker
from hookline.ingress.server import Server
from hookline.processes.child import FAILED


def test_all_servers_can_be_chosen() -> None:
    assert get_args(Server) == run.SERVERS


@pytest.mark.parametrize(("command", "port"), [(run.command, 8000), (web.command, 8000), (worker.command, None)])
def test_supervised_commands_differ_in_their_port_only(command: Command, port: int | None) -> None:
    unset = {"memory", "admin", "limit", "fronts", "together"}
    defaults = {option.name: option.default for option in command.params if option.name not in unset}

    assert defaults == {
        "host": "127.0.0.1",
        "port": port,
        "processes": 1,
        "grace": 10.0,
        "strict": False,
        "server": "hypercorn",
        "root_path": "",
        "watch": False,
        "log_level": "info",
    }


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--fronts", "0"], "`0` is no number from 1 to 64, nor `auto`"),
        (["--fronts", "many"], "`many` is no number from 1 to 64, nor `auto`"),
        (["--fronts", "65"], "`65` is no number"),
        (["--fronts", "2", "--together"], "leave one of the two out"),
    ],
)
def test_number_of_fronts_that_is_none_is_refused(arguments: list[str], reason: str) -> None:
    result = CliRunner().invoke(run.command, arguments)

    assert (result.exit_code, reason in result.output) == (2, True), result.output


@pytest.mark.parametrize("limit", ["bodies=1MB", "connections=0", "idle=soon"])
def test_limit_that_is_none_is_refused(limit: str) -> None:
    result = CliRunner().invoke(run.command, ["--limit", limit])

    assert result.exit_code == 2
    assert "Invalid value for '--limit'" in result.output


def test_too_little_memory_is_refused() -> None:
    result = CliRunner().invoke(run.command, ["--memory", "64"])

    assert result.exit_code == 2
    assert "64 is not in the range x>=192" in result.output


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("/line", "/line"), ("line", "/line"), ("/line/", "/line"), (" /line ", "/line"), ("/a/b", "/a/b"), ("/", ""),
        ("", ""), ("/%E5%BA%97", "/店"), ("/v1.0", "/v1.0"), ("/~me", "/~me"), ("/webhooks", "/webhooks"),
    ],
)  # fmt: skip
def test_root_path_is_taken_as_paths_begin_with_it(given: str, root: str) -> None:
    assert run.command.make_context("run", ["--root-path", given]).params["root_path"] == root


@pytest.mark.parametrize(
    "given",
    ["https://host/line", "/a//b", "/a?b", "/a#b", "/a b", "/a\nb", "/a\0b", "/a%20b", "/a%3Fb", "//host/line/?"],
)
def test_root_path_that_is_no_path_is_refused(given: str) -> None:
    with pytest.raises(BadParameter) as caught:
        run.command.make_context("run", ["--root-path", given])

    assert caught.value.message == f"`{given}` is no path; expected one as in /line"


SUPERVISED = """
import os, resource
import click
from hookline.processes.supervisor import Plan, supervise

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
os._exit(supervise(lambda _: os.abort(), Plan(0.1, memory=200, longest_pause=0.01), click.echo))
"""


def test_process_that_aborts_under_a_limit_probably_had_too_little_memory() -> None:
    result = subprocess.run([sys.executable, "-c", SUPERVISED], capture_output=True, text=True, timeout=30)

    assert result.stderr.splitlines()[0] == (
        "hookline: the host died (signal SIGABRT, probably too little memory: --memory 200); starting it again"
    )


def test_supervisor_outlives_a_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        status = subprocess.call([sys.executable, "-c", SUPERVISED], stdout=full, stderr=full, timeout=30)

    assert status == FAILED
