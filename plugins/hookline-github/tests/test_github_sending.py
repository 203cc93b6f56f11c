"""How comments are written, and what GitHub's answers mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from hookline import Delivery, PlatformError, Services, Verdict, Way
from hookline.adapters.calls import Answer
from hookline.adapters.http import HttpClient
from hookline.adapters.simulated import FaultKind
from hookline.testing import Fault, ManualClock
from hookline_github.adapter import GithubAdapter, GithubSettings
from hookline_github.api import judged_comment
from hookline_github.simulated import SimulatedGithub

NOW = 1_800_000_000_000
RESET = str(NOW // 1000 + 90)
LIMITED = "You have exceeded a secondary rate limit. Please wait."


def delivery(body: str = "Hi", to: str = "acme/shop#7") -> Delivery:
    return Delivery(Way("comment", to), [{"body": body}], "key")


@asynccontextmanager
async def world(**more: Any) -> AsyncIterator[tuple[SimulatedGithub, GithubAdapter, ManualClock]]:
    """Run GitHub, and a bot on it with the settings *more*."""
    clock, http = ManualClock(NOW), HttpClient({})
    github = SimulatedGithub(clock)
    await github.start()
    given = GithubSettings.model_validate({"webhook_secret": "s", **(more or {"token": "ghp_1"})})
    try:
        yield github, GithubAdapter("helper", github.settings("helper", given), Services(http, clock)), clock
    finally:
        await http.close()
        await github.stop()


async def test_a_comment_is_written_with_the_marker_of_the_bot() -> None:
    async with world() as (github, adapter, _):
        verdict = await adapter.send(delivery("**Hi**"))

        assert (verdict.outcome, verdict.message_ids) == ("sent", ["1"])
        assert github.sent[0].to == "acme/shop#7"
        assert github.sent[0].messages == [{"body": "**Hi**\n\n<!-- hookline:helper -->"}]


@pytest.mark.parametrize(
    ("kind", "outcome", "after", "written"),
    [
        ("error", "uncertain", None, 0),
        ("error_after_accepting", "uncertain", None, 1),
        ("reset", "uncertain", None, 0),
        ("rate_limit", "again", 1.0, 0),
        ("monthly_limit", "again", 1.0, 0),
        ("refuse", "refused", None, 0),
    ],
)
async def test_a_failure_is_a_verdict(kind: FaultKind, outcome: str, after: float | None, written: int) -> None:
    async with world() as (github, adapter, _):
        github.faults.append(Fault(kind))

        verdict = await adapter.send(delivery())

        assert (verdict.outcome, verdict.after, len(github.sent)) == (outcome, after, written)


async def test_without_a_connection_it_is_tried_again() -> None:
    async with world() as (github, adapter, _):
        await github.stop()

        assert (await adapter.send(delivery())).outcome == "again"


async def test_an_address_of_nothing_is_a_refused_way() -> None:
    async with world() as (github, adapter, _):
        assert (await adapter.send(delivery(to="acme/shop"))).outcome == "way_refused"
        assert github.requests == []


async def test_a_wrong_token_is_refused() -> None:
    async with world() as (github, adapter, _):
        github.tokens.clear()

        assert (await adapter.send(delivery())).reason == "401 Bad credentials"


@pytest.mark.parametrize(
    ("status", "message", "headers", "outcome", "after"),
    [
        (201, None, {}, "sent", None),
        (200, None, {}, "sent", None),
        (200, "it went wrong", {}, "uncertain", None),
        (301, "Moved Permanently", {}, "way_refused", None),
        (307, "", {}, "way_refused", None),
        (400, "Problems parsing JSON", {}, "refused", None),
        (401, "Bad credentials", {}, "refused", None),
        (403, "Resource not accessible by personal access token", {}, "way_refused", None),
        (403, LIMITED, {}, "again", 60.0),
        (403, LIMITED, {"retry-after": "30"}, "again", 30.0),
        (403, LIMITED, {"retry-after": "0"}, "again", 1.0),
        (403, "API rate limit exceeded", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": RESET}, "again", 90.0),
        (403, "API rate limit exceeded", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, "again", 1.0),
        (
            403,
            "API rate limit exceeded",
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 11},
            "again",
            3600.0,
        ),
        (403, "API rate limit exceeded", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, "again", 60.0),
        (429, LIMITED, {"retry-after": "7"}, "again", 7.0),
        (429, "", {}, "again", 60.0),
        (404, "Not Found", {}, "way_refused", None),
        (404, "", {}, "again", None),
        (410, "This issue was deleted", {}, "way_refused", None),
        (413, "too large", {}, "refused", None),
        (422, "Validation Failed", {}, "refused", None),
        (500, "Server Error", {}, "uncertain", None),
        (502, "", {}, "uncertain", None),
        (503, "", {}, "uncertain", None),
    ],
)
def test_each_answer_has_its_verdict(
    status: int, message: str | None, headers: Mapping[str, str], outcome: str, after: float | None
) -> None:
    body = {"id": 9} if message is None else {"message": message} if message else {}

    verdict = judged_comment(Answer(status, body, {**headers, "x-github-request-id": "A1"}), NOW)

    assert (verdict.outcome, verdict.after, verdict.request_id) == (outcome, after, "A1")


def test_only_what_is_wrong_with_the_text_is_blamed_on_it() -> None:
    blamed = {
        status: judged_comment(Answer(status, {"message": "x"}), NOW).blames_messages for status in (401, 403, 422)
    }

    assert blamed == {401: False, 403: False, 422: True}


async def test_a_handler_calls_the_api() -> None:
    async with world() as (_, adapter, _clock):
        assert (await adapter.api.call("GET", "/user"))["login"] == "helper"


async def test_a_call_that_fails_says_why_without_the_token() -> None:
    async with world() as (_, adapter, _clock):
        with pytest.raises(PlatformError) as caught:
            await adapter.api.call("GET", "/repos/acme/shop/nothing")

        assert str(caught.value) == (
            "GET /repos/acme/shop/nothing: GitHub says 404 GET /repos/acme/shop/nothing isn't simulated"
        )


async def test_a_call_leads_nowhere_else() -> None:
    async with world() as (github, adapter, _):
        with pytest.raises(PlatformError):
            await adapter.api.call("GET", ".example.com/")

        assert github.requests == []


def problem(**given: object) -> str:
    with pytest.raises(ValidationError) as caught:
        GithubSettings.model_validate({"webhook_secret": "s", **given})
    return json.dumps([error["msg"] for error in caught.value.errors()])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "`token` is missing"),
        ({"token": "ghp_1", "app_id": 1, "private_key": "simulated-secret"}, "not both"),
        ({"app_id": 1}, "belong together"),
        ({"private_key": "simulated-secret"}, "belong together"),
        ({"token": ""}, "it is empty"),
        ({"token": "gh p"}, "a token is letters"),
        ({"token": "ghp\n1"}, "a token is letters"),
        ({"token": "x", "webhook_secret": []}, "at least 1 item"),
        ({"token": "x", "webhook_secret": ["a", "b", "c", "d", "e"]}, "at most 4 items"),
        ({"token": "x", "webhook_secret": " "}, "it is empty"),
        ({"token": "x", "login": "a b"}, "match pattern"),
        ({"token": "x", "api_base": "github.com"}, "match pattern"),
        ({"token": "x", "tokens": "y"}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_told(given: Mapping[str, object], said: str) -> None:
    assert said in problem(**given)


async def test_settings_and_verdicts_show_no_secret() -> None:
    given = GithubSettings.model_validate({"webhook_secret": "hush", "token": "ghp_hush"})

    assert "hush" not in repr(given)


def test_a_verdict_is_one_of_few() -> None:
    assert judged_comment(Answer(201, {"id": 1}), NOW) == Verdict("sent", "201", message_ids=["1"])
