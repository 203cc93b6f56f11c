"""Commands that ask a running host: status, reload, bots, plugins, routes, config."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest

from tests.commands import hookline
from tests.support import SECRETS

BOT = """
version: 1
bots:
  shop:
    adapter: line
    plugins: {echo: }
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}", api_base: "http://127.0.0.1:9"}
    routes:
      # what we sell
      - {name: menu, keyword: [菜單, menu], reply: 牛肉麵}
      - {name: say, prefix: say, run: echo.say}
"""
WAIT_SECONDS = 30


@dataclass
class Site:
    """Hold a folder with a bot.yaml, and perhaps a host that serves it."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: SECRETS)
    url: str = ""

    def hookline(self, *arguments: str) -> tuple[int, str, str]:
        result = hookline(self.folder, *arguments, environment={**self.environment, "TZ": "UTC", "COLUMNS": "200"})
        return result.returncode, result.stdout, result.stderr

    def write(self, text: str) -> None:
        (self.folder / "bot.yaml").write_text(text, "utf-8")

    @property
    def said(self) -> str:
        return (self.folder / "errors").read_text("utf-8")

    def status(self) -> dict[str, object]:
        (found,) = json.loads(self.hookline("status", "--json")[1])
        assert isinstance(found, dict)
        return found

    @contextmanager
    def running(self, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a host for the length of a ``with``."""
        command = [sys.executable, "-m", "hookline", "run", "--port", "0", *options]
        with (self.folder / "errors").open("wb") as errors:
            process = subprocess.Popen(
                command, cwd=self.folder, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **self.environment}
            )
        try:
            assert process.stdout is not None
            found = re.search(r"listens on (\S+);", process.stdout.readline().decode())
            assert found, self.said
            self.url = found[1]
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(WAIT_SECONDS)
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "bot.yaml").write_text(BOT, "utf-8")
    return Site(tmp_path)


def until_said(site: Site, pattern: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while re.search(pattern, site.said) is None:
        assert time.monotonic() < end, site.said
        time.sleep(0.05)


def test_without_a_host_the_commands_say_so(site: Site) -> None:
    results = [site.hookline(*command) for command in (("status",), ("reload",))]

    assert results == [(1, "", "Error: no host runs here with bot.yaml: `hookline run` starts one\n")] * 2


def test_reload_serves_what_changed_and_refuses_what_is_broken(site: Site) -> None:
    with site.running():
        site.write(BOT.replace("牛肉麵", "水餃"))
        good = site.hookline("reload")
        site.write(BOT.replace("keyword", "keywrod"))
        bad = site.hookline("reload")
        shown = site.hookline("status")

    assert (good[0], re.sub(r"[\d.]+ s", "N s", good[1])) == (0, "reloaded in N s, version 2: changed shop\n")
    assert (bad[0], bad[1]) == (1, "")
    assert bad[2] == (
        "bot.yaml:10:22: unknown key `keywrod` in route `menu`\n"
        "          - {name: menu, keywrod: [菜單, menu], reply: 牛肉麵}\n"
        "                         ^\n"
        "hint: did you mean `keyword`?\n\n"
        "1 error\n"
        "the old configuration goes on\n"
    )
    assert "DEGRADED" in shown[1].splitlines()[0]
    assert "bot.yaml:10:22: unknown key `keywrod` in route `menu`" in shown[1]


def test_host_is_found_when_its_files_name_another_store(site: Site) -> None:
    site.write(BOT.replace("version: 1", "version: 1\nstore: sqlite:///h.db"))
    with site.running():
        site.write(BOT.replace("version: 1", "version: 1\nstore: sqlite:///other.db"))
        reload, status = site.hookline("reload"), site.hookline("status")
        pause = site.hookline("bots", "pause", "shop")
        (bot,) = json.loads(site.hookline("status", "--json")[1])[0]["bots"]

    assert (reload[0], reload[2].splitlines()[0]) == (
        1,
        "bot.yaml:3:8: `store` is another one now, and a running host keeps its own: stop it and start it anew",
    )
    assert (status[0], "DEGRADED" in status[1].splitlines()[0]) == (0, True)
    assert (pause, bot["paused"]) == ((0, "bot `shop` is paused\n", ""), True)
    assert not (site.folder / "other.db").exists()


@contextmanager
def mute_host(path: Path) -> Iterator[None]:
    """Listen at *path*, and hang up on whoever asks."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    listener.accept()[0].close()

        thread = Thread(target=hang_up, daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(WAIT_SECONDS)


def test_process_that_does_not_answer_keeps_none_from_being_told(site: Site) -> None:
    with site.running(), mute_host(site.folder / ".hookline" / "0-0.sock"):
        site.write(BOT.replace("牛肉麵", "水餃"))
        reload, status = site.hookline("reload"), site.hookline("status", "--json")
        pause = site.hookline("bots", "pause", "shop")

    said = (
        f"hookline: the host at {site.folder}/.hookline/0-0.sock has stopped answering, "
        "so that it isn't known how far it came: look again\n"
    )
    assert (reload[0], reload[1].partition(": ")[2], reload[2]) == (1, "changed shop\n", said)
    assert (status[0], len(json.loads(status[1])), status[2]) == (1, 1, said)
    assert pause == (0, "bot `shop` is paused\n", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--strict"], "THE CONFIGURATION IS BROKEN (above). Starting with the last good one instead: version 1"),
        ([], "NOT ALL IS SERVED AS THE FILES SAY (above). shop: served as when last right. Mend the files"),
    ],
)
def test_host_starts_from_the_last_good_version_and_says_so_loudly(
    site: Site, options: Sequence[str], said: str
) -> None:
    with site.running():
        pass
    site.write(BOT.replace("keyword", "keywrod"))
    with site.running(*options):
        status = site.status()

    assert "bot.yaml:10:22: unknown key `keywrod` in route `menu`" in site.said
    assert said in site.said
    configuration = status["configuration"]
    assert isinstance(configuration, dict)
    assert (configuration["degraded"], len(configuration["problems"]), configuration["version"]) == (True, 1, 1)


def test_wrong_bots_stop_no_other_and_are_named_everywhere(site: Site) -> None:
    cafe = BOT.partition("  shop:")[2].replace("keyword", "keywrod")
    site.write(f"{BOT}  cafe:{cafe}")
    with site.running():
        shown = site.hookline("status")[1]
        ready = json.loads(urlopen(f"{site.url}/readyz").read())
        site.write(f"{BOT.replace('keyword', 'keywrod')}  cafe:{cafe}  bar:{BOT.partition('  shop:')[2]}")
        reloaded = site.hookline("reload")
        again = site.hookline("status")[1]
        site.write(BOT)
        mended = site.hookline("reload")

    assert "NOT ALL IS SERVED AS THE FILES SAY (above). cafe: left out. Mend the files" in site.said
    assert ("DEGRADED: not all is served as the files say" in shown, "left out: cafe" in shown) == (True, True)
    assert ready["status"] == "degraded"
    assert (reloaded[0], "the rest is served: added bar\n" in reloaded[2]) == (1, True)
    assert re.search(r"^shop +on, as it was ", again, re.MULTILINE)
    assert (mended[0], "removed bar\n" in mended[1]) == (0, True)


def test_folder_of_files_is_named_by_the_environment(site: Site) -> None:
    (site.folder / "bots").mkdir()
    (site.folder / "bots" / "shop.yaml").write_text(BOT, "utf-8")
    site.environment = {**SECRETS, "HOOKLINE_CONFIG": "bots"}

    assert site.hookline("check") == (0, "fine: 1 bot, 2 routes\n", "")
    with site.running():
        assert json.loads(site.hookline("status", "--json")[1])[0]["configuration"]["files"] == ["bots/shop.yaml"]


def test_broken_file_without_a_good_version_stops_the_start(site: Site) -> None:
    site.write(BOT.replace("keyword", "keywrod"))
    status, output, errors = site.hookline("run", "--port", "0")

    assert (status, output) == (1, "")
    assert errors.startswith("bot.yaml:10:22: unknown key `keywrod` in route `menu`")


def test_host_whose_plugin_is_broken_is_reached_and_its_events_are_shown(site: Site) -> None:
    code = site.folder / "site-packages" / "trial_points.py"
    described = code.parent / "trial_points-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: trial-points\nVersion: 1.0\n", "utf-8")
    (described / "entry_points.txt").write_text("[hookline]\npoints = trial_points\n", "utf-8")
    code.write_text("", "utf-8")
    site.environment = {**SECRETS, "PYTHONPATH": str(code.parent)}
    site.write(BOT.replace("{echo: }", "{echo: , points: }"))
    with site.running():
        code.write_text("asyc def say(): ...\n", "utf-8")
        reloaded = site.hookline("reload")
        shown = site.hookline("status")
        switched = site.hookline("plugins", "disable", "shop", "points")
        listed = site.hookline("events", "list")
    started = site.hookline("run", "--port", "0")

    assert (reloaded[0], shown[0], switched[0], listed[0], started[0]) == (1, 0, 0, 0, 1)
    assert "DEGRADED" in shown[1]
    assert f"hint: see {code}, line 1" in shown[1]
    assert started[2].count("importing `trial_points` failed") == 1
    assert "Error: not started: the last good configuration (version 1, kept at " in started[2]
    assert started[2].endswith("can't be used either, for the same reason\n")


@pytest.mark.parametrize("command", [("events", "list"), ("dead", "list"), ("status",)])
def test_store_is_looked_into_while_the_files_are_broken(site: Site, command: tuple[str, ...]) -> None:
    with site.running():
        site.write("version: 1\nbots: {")
        result = site.hookline(*command)

    assert (result[0], result[2]) == (0, "")


def test_killed_host_comes_back_with_what_it_had_reloaded(site: Site) -> None:
    with site.running():
        site.write(BOT.replace("name: menu", "name: food"))
        site.hookline("reload")
        site.write("nonsense: [")
        process = site.status()["host"]
        assert isinstance(process, dict)
        os.kill(process["process"], signal.SIGKILL)
        until_said(site, r"(?s)starting it again.*host\.ready")
        status, _, errors = site.hookline("routes", "disable", "shop", "food")

    assert (status, errors) == (0, "")


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_killed_host_comes_back_degraded_while_the_files_are_broken(site: Site, is_reloaded: bool) -> None:
    with site.running():
        if is_reloaded:
            site.write(BOT.replace("name: menu", "name: food"))
            site.hookline("reload")
        site.write(BOT.replace("keyword", "keywrod"))
        site.hookline("reload")
        process = site.status()["host"]
        assert isinstance(process, dict)
        os.kill(process["process"], signal.SIGKILL)
        until_said(site, r"(?s)starting it again.*host\.ready")
        configuration = site.status()["configuration"]
        site.write(BOT)
        mended = site.hookline("reload")

    assert isinstance(configuration, dict)
    assert (configuration["degraded"], [each["line"] for each in configuration["problems"]]) == (True, [10])
    assert (mended[0], mended[2]) == (0, "")


def test_webhook_urls_are_shown_as_they_are_to_be_pasted(site: Site) -> None:
    site.write(BOT.replace("shop:", "電話:"))
    with site.running() as process:
        assert process.stdout is not None
        shown = process.stdout.readline().decode()

    assert shown == "  電話: https://YOUR-PUBLIC-HOST/webhooks/%E9%9B%BB%E8%A9%B1\n"


def test_watching_host_reloads_by_itself(site: Site) -> None:
    with site.running("--watch"):
        site.write(BOT.replace("牛肉麵", "水餃"))
        until_said(site, r'"config\.reloaded"')
        site.write("nonsense: [")
        until_said(site, r'"config\.refused"')


def test_switches_hold_through_a_restart_are_shown_and_audited(site: Site) -> None:
    with site.running():
        said = [
            site.hookline(*command)[1]
            for command in (
                ("bots", "pause", "shop"),
                ("bots", "pause", "shop"),
                ("plugins", "disable", "shop", "echo"),
                ("routes", "disable", "shop", "menu"),
            )
        ]
    resumed = site.hookline("bots", "resume", "shop")  # without a host
    with site.running():
        (bot,) = json.loads(site.hookline("status", "--json")[1])[0]["bots"]
    audit = json.loads(site.hookline("bots", "audit", "--json")[1])

    assert said == [
        "bot `shop` is paused\n",
        "bot `shop` was paused already\n",
        "plugin `echo` of bot `shop` is disabled\n",
        "route `menu` of bot `shop` is disabled\n",
    ]
    assert resumed == (0, "bot `shop` is running\n", "")
    assert (bot["paused"], [(off["kind"], off["name"]) for off in bot["off"]]) == (
        False,
        [("plugin", "echo"), ("route", "menu")],
    )
    assert [(entry["action"], entry["target"]) for entry in audit] == [
        ("bots.resume", ""),
        ("routes.disable", "menu"),
        ("plugins.disable", "echo"),
        ("bots.pause", ""),
    ]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (("bots", "pause", "shpo"), "hookline: there is no bot `shpo`; did you mean `shop`?\n"),
        (("routes", "disable", "shop", "meun"), "hookline: bot `shop` has no route `meun`; did you mean `menu`?\n"),
        (("plugins", "disable", "shop", "ecko"), "hookline: bot `shop` has no plugin `ecko`; did you mean `echo`?\n"),
    ],
)
def test_what_is_not_there_cannot_be_switched(site: Site, command: tuple[str, ...], error: str) -> None:
    site.hookline("db", "upgrade")

    assert site.hookline(*command) == (1, "", error)


def test_rollback_writes_the_files_as_they_were_and_nothing_else(site: Site) -> None:
    with site.running():
        site.write(BOT.replace("牛肉麵", "水餃"))
        site.hookline("reload")
        history = [line.split()[0] for line in site.hookline("config", "history")[1].splitlines()]
        diff = site.hookline("config", "diff", "1")[1]
        rolled = site.hookline("config", "rollback", "1", "--yes")
        after = site.hookline("config", "history", "--json")[1]

    assert history == ["version", "2", "1"]
    assert "-      - {name: menu, keyword: [菜單, menu], reply: 牛肉麵}\n" in diff
    assert "+      - {name: menu, keyword: [菜單, menu], reply: 水餃}\n" in diff
    assert rolled[0] == 0
    assert re.search(r"the files are as in version 1\nreloaded in [\d.]+ s, version 3: changed shop\n\Z", rolled[1])
    assert (site.folder / "bot.yaml").read_text("utf-8") == BOT
    newest = json.loads(after)[0]
    assert newest["version"] == 3
    assert re.fullmatch(r"rollback to version 1, by \w+", newest["why"])


def test_version_that_is_not_kept_is_refused(site: Site) -> None:
    assert site.hookline("config", "diff", "7") == (1, "", "Error: there is no version 7; none is kept yet\n")
    assert site.hookline("config", "history") == (
        0,
        "nothing is kept yet: a host keeps each configuration that it has come to serve\n",
        "",
    )
