"""``hookline telegram webhook``: what it tells Telegram, and what it shows."""

import asyncio
import threading
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hookline.telling.settings import Settings
from hookline_telegram.adapter import TelegramSettings
from hookline_telegram.commands import command
from hookline_telegram.parse import UPDATES
from hookline_telegram.simulated import SimulatedTelegram

URL = "https://noodles.example/webhooks/shop"
SECRETS = ("new-secret", "old-secret")
BOT = """
version: 1
bots:
  shop:
    adapter: telegram
    telegram:
      token: ${{TOKEN}}
      secret_token:
        - ${{NEW}}
        - ${{OLD}}
      api_base: {url}
      {more}
    routes:
      - {{name: all, otherwise: true, reply: hi}}
  news:
    adapter: line
    line:
      channel_secret: ${{CHANNEL}}
      access_token: ${{NEW}}
    routes:
      - {{name: all, otherwise: true, reply: hi}}
"""


@pytest.fixture
def platform() -> Iterator[SimulatedTelegram]:
    """Run a simulated Telegram beside the commands, which have event loops of their own."""
    simulated, loop = SimulatedTelegram(), asyncio.new_event_loop()
    loop.run_until_complete(simulated.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield simulated
    asyncio.run_coroutine_threadsafe(simulated.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def run(platform: SimulatedTelegram, folder: Path, *arguments: str, token: str | None = None, more: str = "") -> Result:
    given = TelegramSettings.model_validate({"token": "1:A", "secret_token": "s"})
    token = token or platform.settings("shop", given).token.get_secret_value()
    path = folder / "bot.yaml"
    path.write_text(BOT.format(url=platform.url, more=more))
    values = {"TOKEN": token, "NEW": SECRETS[0], "OLD": SECRETS[1], "CHANNEL": "0123456789abcdef" * 2}
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    result = CliRunner().invoke(command, ["webhook", *arguments], obj=Settings((path,)))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert not any(secret in result.output for secret in (token, *SECRETS))
    return result


def test_set_tells_telegram_where_and_how(platform: SimulatedTelegram, tmp_path: Path) -> None:
    result = run(platform, tmp_path, "set", "shop", "--url", URL, more="username: shop_bot")

    assert (result.exit_code, result.output) == (0, f"shop: Telegram sends what happens to {URL}\n")
    assert platform.set_webhooks["shop"] == {
        "url": URL,
        "secret_token": "new-secret",
        "allowed_updates": [*UPDATES],
        "drop_pending_updates": False,
        "max_connections": 40,
    }


def test_set_takes_options(platform: SimulatedTelegram, tmp_path: Path) -> None:
    run(platform, tmp_path, "set", "shop", "--url", URL, "--drop-pending", "--max-connections", "5")

    found = platform.set_webhooks["shop"]
    assert (found["drop_pending_updates"], found["max_connections"]) == (True, 5)


@pytest.mark.parametrize("more", ["", "username: other_bot"])
def test_set_says_which_name_the_bot_has(platform: SimulatedTelegram, tmp_path: Path, more: str) -> None:
    result = run(platform, tmp_path, "set", "shop", "--url", URL, more=more)

    assert result.output.splitlines()[1] == (
        "hint: write `username: shop_bot` below `telegram:`, or nobody can call shop by name in groups"
    )


def test_set_says_what_telegram_says(platform: SimulatedTelegram, tmp_path: Path) -> None:
    result = run(platform, tmp_path, "set", "shop", "--url", "http://noodles.example")

    assert (result.exit_code, result.output) == (
        1,
        "Error: setWebhook: Telegram says 400 Bad Request: bad webhook: An HTTPS URL must be provided for webhook\n",
    )


@pytest.mark.parametrize("most", ["0", "101", "many"])
def test_set_knows_how_many_connections_there_may_be(platform: SimulatedTelegram, tmp_path: Path, most: str) -> None:
    assert run(platform, tmp_path, "set", "shop", "--url", URL, "--max-connections", most).exit_code == 2


def test_info_of_a_bot_without_a_webhook(platform: SimulatedTelegram, tmp_path: Path) -> None:
    result = run(platform, tmp_path, "info", "shop")

    assert (result.exit_code, result.output) == (0, "url      none is set\npending  0\nerror    none\n")


def test_info_says_what_went_wrong_and_when(platform: SimulatedTelegram, tmp_path: Path) -> None:
    run(platform, tmp_path, "set", "shop", "--url", URL)
    platform.set_webhooks["shop"] |= {
        "pending_update_count": 3,
        "last_error_date": 1_800_000_000,
        "last_error_message": "Wrong response from the webhook: 401 Unauthorized",
    }

    assert run(platform, tmp_path, "info", "shop").output == (
        f"url      {URL}\n"
        "pending  3\n"
        "error    2027-01-15 08:00:00+00:00: Wrong response from the webhook: 401 Unauthorized\n"
    )


def test_wrong_token_is_told(platform: SimulatedTelegram, tmp_path: Path) -> None:
    result = run(platform, tmp_path, "info", "shop", token="123456:wrong")

    assert (result.exit_code, result.output) == (1, "Error: getWebhookInfo: Telegram says 401 Unauthorized\n")


def test_telegram_out_of_reach_is_told(tmp_path: Path) -> None:
    platform = SimulatedTelegram()
    platform.url = "http://127.0.0.1:9"

    result = run(platform, tmp_path, "info", "shop")

    assert (result.exit_code, result.output) == (
        1,
        "Error: getWebhookInfo: no answer from Telegram (ClientConnectorError)\n",
    )


def test_bot_of_another_platform_is_told(platform: SimulatedTelegram, tmp_path: Path) -> None:
    result = run(platform, tmp_path, "info", "news")

    assert (result.exit_code, result.output) == (1, "Error: bot `news` is not on Telegram\n")


def test_command_is_installed() -> None:
    [point] = entry_points(group="hookline.commands", name="telegram")

    assert point.load() is command
