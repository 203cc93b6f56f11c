"""GitHub Apps: a key signs what fetches a token, which lasts an hour."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

from hookline import Delivery, Services, Way
from hookline.adapters.http import HttpClient
from hookline.testing import ManualClock
from hookline_github.adapter import GithubAdapter, GithubSettings
from hookline_github.simulated import SimulatedGithub
from hookline_github.tokens import jwt, signer

NOW = 1_800_000_000_000
OPENED, WRITTEN = "/app/installations/42/access_tokens", "/repos/acme/shop/issues/7/comments"


@pytest.fixture(scope="module")
def key() -> Any:
    rsa = import_module("cryptography.hazmat.primitives.asymmetric.rsa")
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def pem(key: Any) -> str:
    forms = import_module("cryptography.hazmat.primitives.serialization")
    written = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.TraditionalOpenSSL, forms.NoEncryption())
    return str(written.decode())


@asynccontextmanager
async def world(pem: str) -> AsyncIterator[tuple[SimulatedGithub, GithubAdapter, ManualClock]]:
    clock, http = ManualClock(NOW), HttpClient({})
    github = SimulatedGithub(clock)
    await github.start()
    given = GithubSettings.model_validate({"webhook_secret": "s", "app_id": 77, "private_key": pem})
    try:
        yield github, GithubAdapter("helper", github.settings("helper", given), Services(http, clock)), clock
    finally:
        await http.close()
        await github.stop()


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "==")


def delivery(to: str = "acme/shop#7 42") -> Delivery:
    return Delivery(Way("comment", to), [{"body": "Hi"}], "key")


def test_what_proves_to_be_the_app_is_signed_by_its_key(key: Any, pem: str) -> None:
    padding = import_module("cryptography.hazmat.primitives.asymmetric.padding")
    hashes = import_module("cryptography.hazmat.primitives.hashes")

    message, _, signature = jwt("77", signer(pem), NOW).rpartition(".")
    head, claims = map(decoded, message.split("."))

    assert json.loads(head) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(claims) == {"iat": NOW // 1000 - 60, "exp": NOW // 1000 + 540, "iss": "77"}
    key.public_key().verify(decoded(signature), message.encode(), padding.PKCS1v15(), hashes.SHA256())


async def test_a_token_is_fetched_once_for_many_comments(pem: str) -> None:
    async with world(pem) as (github, adapter, _):
        outcomes = [(await adapter.send(delivery())).outcome for _ in range(2)]

        assert outcomes == ["sent", "sent"]
        assert github.requests == [(OPENED, 201), (WRITTEN, 201), (WRITTEN, 201)]


async def test_a_token_is_fetched_anew_shortly_before_it_expires(pem: str) -> None:
    async with world(pem) as (github, adapter, clock):
        await adapter.send(delivery())
        clock.advance(56 * 60)
        await adapter.send(delivery())

        assert github.requests == [(OPENED, 201), (WRITTEN, 201)] * 2


async def test_a_push_asks_for_the_installation_once(pem: str) -> None:
    async with world(pem) as (github, adapter, _):
        way = adapter.push_way("acme/shop#7")
        assert way is not None

        outcomes = [(await adapter.send(Delivery(way, [{"body": "Hi"}], "key"))).outcome for _ in range(2)]

        assert outcomes == ["sent", "sent"]
        assert github.requests[:2] == [("/repos/acme/shop/installation", 200), (OPENED, 201)]
        assert len(github.requests) == 4


async def test_a_token_that_was_taken_back_is_fetched_anew(pem: str) -> None:
    async with world(pem) as (github, adapter, _):
        await adapter.send(delivery())
        github.tokens.clear()

        assert [(await adapter.send(delivery())).outcome for _ in range(2)] == ["again", "sent"]


async def test_without_a_token_nothing_was_sent(pem: str) -> None:
    async with world(pem) as (github, adapter, _):
        assert (await adapter.send(delivery("acme/shop#7 43"))).outcome == "sent"  # any installation will do here
        github._apps.clear()

        verdict = await adapter.send(delivery("acme/shop#7 44"))

        assert (verdict.outcome, verdict.reason) == ("refused", "no token: 401 A JSON web token could not be decoded")
        assert not verdict.blames_messages


async def test_an_unreachable_github_is_tried_again(pem: str) -> None:
    async with world(pem) as (github, adapter, _):
        await github.stop()

        assert (await adapter.send(delivery())).outcome == "again"


async def test_a_handler_calls_the_api_as_the_installation(pem: str) -> None:
    async with world(pem) as (github, adapter, _):
        written = await adapter.api.call("POST", WRITTEN, {"body": "Hi"})

        assert written["id"]
        assert github.sent[0].channel == "helper"


def test_a_key_in_one_line_is_a_key(pem: str) -> None:
    one_line = pem.replace("\n", "\\n")

    assert GithubSettings.model_validate({"webhook_secret": "s", "app_id": "1", "private_key": one_line})


@pytest.mark.parametrize(
    "given", ["hush", "-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----", "hush\x00é"]
)
def test_what_is_no_key_is_told_and_not_shown(given: str) -> None:
    pytest.importorskip("cryptography", reason="an extra")

    with pytest.raises(ValidationError) as caught:
        GithubSettings.model_validate({"webhook_secret": "s", "app_id": "1", "private_key": given})

    assert "expected an app's private key as GitHub gives it" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_without_the_extra_check_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)

    with pytest.raises(ValidationError) as caught:
        GithubSettings.model_validate({"webhook_secret": "s", "app_id": "1", "private_key": "hush"})

    assert "pip install 'hookline-github[app]'" in str(caught.value)
    assert "hush" not in str(caught.value)
