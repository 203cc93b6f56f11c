"""A canary secret, in every field that holds one and in every wrong one, is nowhere to be seen."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from tests.cli.test_live import WAIT_SECONDS, Site
from tests.support import SECRETS, signed
from tests.unit.config.test_secrets import CANARY, LITERAL

NEW = f"new-{CANARY}"
BOT = """
version: 1
bots:
  shop:
    adapter: line
    plugins: {echo: }
    line: {channel_secret: ['${NEW}', '${SECRET}'], access_token: '${TOKEN}', api_base: "http://127.0.0.1:9"}
    routes:
      - {name: say, prefix: say, run: echo.say}
      - {name: all, otherwise: true, reply: '{event.text}'}
"""


def seen(folder: Path, *said: object) -> list[str]:
    """Return where the canary is: in what was *said*, or in any file but bot.yaml and `.env`."""
    found = [str(part)[:200] for part in said if CANARY in str(part)]
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in ("bot.yaml", ".env") and CANARY.encode() in path.read_bytes():
            found.append(str(path))
    return found


async def ask(url: str, admin: Path, secret: str) -> list[str]:
    """Send a webhook that is signed with *secret*, and ask all that can be asked over HTTP."""
    event = {"type": "message", "message": {"type": "text", "id": "1", "text": "say hi"}, "timestamp": 1}
    body, headers = signed({"destination": "U", "events": [event | {"webhookEventId": secret[::-1]}]}, secret)
    answers = []
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}/webhooks/shop", data=body, headers=headers) as response:
            answers.append(f"{response.status} {await response.text()}")
        for path in ("readyz", "healthz"):
            async with session.get(f"{url}/{path}") as response:
                answers.append(await response.text())
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(admin))) as session:
        for path in ("metrics", "readyz", "status"):
            async with session.get(f"http://admin/{path}") as response:
                answers.append(await response.text())
    return answers


def until_more(site: Site, before: int) -> None:
    """Wait until the host has said what came of one more SIGHUP."""
    end = time.monotonic() + WAIT_SECONDS
    while site.said.count("SIGHUP") <= before:
        assert time.monotonic() < end, site.said
        time.sleep(0.01)


@pytest.mark.timeout(300)
def test_canary_is_in_no_log_metric_answer_output_or_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**SECRETS, "SECRET": CANARY, "TOKEN": CANARY, "NEW": NEW, "CANARY": CANARY}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".env").write_text(f"OTHER={CANARY}\n")
    site = Site(tmp_path, environment={})
    site.write(BOT)
    said: list[object] = []
    admin = tmp_path / "admin.sock"
    with site.running("--log-level", "debug", "--admin", str(admin)) as process:
        said += asyncio.run(ask(site.url, admin, CANARY))
        said += asyncio.run(ask(site.url, admin, NEW))
        said += asyncio.run(ask(site.url, admin, "wrong"))
        for text in LITERAL.values():
            before = site.said.count("SIGHUP")
            site.write(text)
            process.send_signal(signal.SIGHUP)
            until_more(site, before)
        for command in (("reload",), ("status",), ("status", "--json"), ("config", "diff")):
            said += site.hookline(*command)
        said += site.hookline("config", "rollback", "--yes")
        said += site.hookline("config", "history", "--json")

    assert "200 OK" in said
    assert "401 Unauthorized" in said
    assert 'hookline_webhooks_total{bot="shop",secret="2"} 1.0' in "\n".join(map(str, said))
    assert seen(tmp_path, *said) == []
