"""What a bot.yaml may say of platforms: found by their names alone, with their own events, secrets and messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hookline.config.keys.schema import schema
from hookline.errors import AdapterError
from hookline.findings.findings import Finding
from hookline.plugins.installed import Installed
from hookline.plugins.platforms import AdapterRegistry
from tests.support import configured, findings

ENVIRONMENT = {"A": "whsec_" + "a" * 32, "B": "123456:bbbb", "C": "whsec_" + "c" * 32}
SHOP = """
  shop:
    adapter: line
    line: {channel_secret: '0123456789abcdef0123456789abcdef', access_token: '${A}'}
    lists: {staff: [U0123456789abcdef0123456789abcdef]}
    routes: [{name: hi, keyword: hi, reply: hi}]
"""


def bots(adapter: str, settings: str, route: str, more: str = "") -> str:
    return (
        f"version: 1\nbots:\n  one:\n    adapter: {adapter}\n    {adapter}: {settings}\n    routes: [{route}]\n{more}"
    )


STRIPE, TELEGRAM = "{webhook_secret: '${A}'}", "{token: '${B}', secret_token: '${A}'}"
GITHUB = "{webhook_secret: '${A}', token: '${B}'}"


def found(folder: Path, text: str) -> list[Finding]:
    return findings(folder, text, ENVIRONMENT)


def told(folder: Path, text: str) -> list[str]:
    return [f"{one.severity}: {one.message}" for one in found(folder, text)]


@pytest.mark.parametrize(
    ("adapter", "settings", "route"),
    [
        ("telegram", TELEGRAM, "{name: a, keyword: hi, reply: hi}"),
        ("telegram", TELEGRAM, "{name: a, on: edited_message, keyword: hi, reply: hi}"),
        ("github", GITHUB, "{name: a, on: issues.*, reply: hi}"),
        ("github", GITHUB, "{name: a, on: issue_comment.created, keyword: hi, reply: hi}"),
        ("github", GITHUB, "{name: a, keyword: hi, reply: hi}"),
        ("github", GITHUB, "{name: a, on: issues.opened, reply: 'hi {event.raw.issue.number} {event.author}'}"),
    ],
)
def test_bot_of_another_platform_is_fine(adapter: str, settings: str, route: str, tmp_path: Path) -> None:
    assert told(tmp_path, bots(adapter, settings, route)) == []


@pytest.mark.parametrize(
    ("adapter", "settings", "route", "message"),
    [
        (
            "stripe",
            STRIPE,
            "{name: a, on: invoice.paid, reply: hi}",
            "error: `invoice.paid` can't be answered on stripe",
        ),
        (
            "stripe",
            STRIPE,
            "{name: a, on: invoice.payd, push: {bot: shop, to: lists.staff, say: hi}}",
            "warning: `on`: stripe has no event type `invoice.payd` that hookline knows of",
        ),
        (
            "stripe",
            STRIPE,
            "{name: a, on: invoice.paid, push: {bot: nobody, to: x, say: hi}}",
            "error: `bot`: there is no bot `nobody`",
        ),
        (
            "stripe",
            STRIPE,
            "{name: a, on: invoice.paid, push: {bot: shop, to: lists.boss, say: hi}}",
            "error: `to`: bot `shop` has no list `boss`",
        ),
        (
            "stripe",
            STRIPE,
            "{name: a, on: invoice.paid, push: {to: x, say: hi}}",
            "error: `push`: stripe has no way to push",
        ),
        (
            "stripe",
            STRIPE,
            "{name: a, on: invoice.paid, push: {bot: shop, to: lists.staff, say: [{type: sticker}]}}",
            "error: line would refuse `packageId`: is missing in a `sticker` message",
        ),
        (
            "telegram",
            TELEGRAM,
            "{name: a, keyword: hi, reply: [{text: hi, buttons: [{label: a, postback: %s}]}]}" % ("x" * 70),
            "error: telegram would refuse this message: `reply_markup.inline_keyboard[0][0].callback_data` of what it "
            "becomes: what comes back from a button has 70 bytes, at most 64",
        ),
        (
            "telegram",
            TELEGRAM,
            "{name: a, keyword: hi, reply: [{card: {title: a, text: b, image: 'https://x.test/a.png'}}]}",
            "warning: telegram: `card` becomes picture and caption",
        ),
        (
            "telegram",
            TELEGRAM,
            "{name: a, keyword: hi, reply: [{txt: a, card: {titel: b}}]}",
            "error: telegram would refuse `card.titel`: there is no such key here",
        ),
        (
            "telegram",
            TELEGRAM,
            "{name: a, keyword: hi, reply: [{telegram: {method: sendCard}}]}",
            "error: telegram would refuse `telegram.method`: there is no such method that sends",
        ),
    ],
)
def test_mistake_is_found(adapter: str, settings: str, route: str, message: str, tmp_path: Path) -> None:
    assert message in told(tmp_path, bots(adapter, settings, route, SHOP))


def test_two_distributions_that_offer_one_adapter_are_an_error_that_names_both() -> None:
    registry = AdapterRegistry.discover()
    registry.rivals["telegram"] = [Installed("telegram", "other:TELEGRAM", "other-telegram", "2.0")]

    with pytest.raises(AdapterError) as raised:
        registry.load("telegram")

    assert str(raised.value) == (
        "adapter `telegram`: hookline-telegram 0.1.0 and other-telegram 2.0 offer an adapter of this name; "
        "uninstall all but one"
    )


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "no_such_module:X",
            "importing `no_such_module:X` failed: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("hookline.events:LANES", "`hookline.events:LANES` is a int, expected an AdapterKind"),
        ("hookline.adapters.line.adapter:LINE", "is named `line`, its entry point `fax`; make them one"),
    ],
)
def test_adapter_that_can_not_be_loaded_is_a_finding(target: str, message: str, tmp_path: Path) -> None:
    text = bots("fax", "{}", "{name: a, keyword: a, reply: a}")
    wrong = findings(tmp_path, text, ENVIRONMENT, adapters=[Installed("fax", target)])

    assert [str(one.place).rpartition("/")[2] for one in wrong] == ["bot.yaml:4:14"]
    assert message in wrong[0].message


def test_two_bots_with_one_secret_are_noticed_on_any_platform(tmp_path: Path) -> None:
    second = "  two:\n    adapter: telegram\n    telegram: {token: '${B}', secret_token: '${A}'}\n    routes: []\n"
    text = bots("telegram", TELEGRAM, "{name: a, keyword: a, reply: a}", second)

    assert "warning: bot `two` has a secret of bot `one`: each takes what is signed for the other" in told(
        tmp_path, text
    )


def test_only_adapters_that_bots_name_are_imported(tmp_path: Path) -> None:
    registry = AdapterRegistry.discover()
    configured(tmp_path)

    assert registry._kinds == {}
    assert {"line", "telegram"} <= set(registry.names)


def test_editors_are_offered_what_the_bots_own_platform_has() -> None:
    found = schema(AdapterRegistry.discover().every())
    branches: list[dict[str, Any]] = found["definitions"]["BotSpec"]["allOf"]
    by_name = {one["if"]["properties"]["adapter"]["const"]: one["then"] for one in branches}

    assert "invoice.paid" in found["definitions"]["stripe.events"]["enum"]
    assert "invoice.paid" not in found["definitions"]["line.events"]["enum"]
    assert by_name["telegram"]["required"] == ["telegram"]
