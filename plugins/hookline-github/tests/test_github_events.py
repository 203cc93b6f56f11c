"""What GitHub's webhooks become."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline import Event, NotAWebhookError, Request, Services, Way
from hookline.adapters.http import HttpClient
from hookline.testing import ManualClock
from hookline_github.adapter import GITHUB, GithubAdapter, GithubSettings
from hookline_github.parse import EVENTS, TEXTS, marker
from hookline_github.simulated import SimulatedGithub

BOT, NOW = "helper", 1_800_000_000_000
GITHUB_SIDE = SimulatedGithub(ManualClock(NOW))
ABOUT_ISSUES = ("issues", "issue_comment", "pull_request")


def make_adapter(**more: Any) -> GithubAdapter:
    given_settings = GithubSettings.model_validate({"webhook_secret": "s", "token": "ghp_1", **more})
    return GithubAdapter(BOT, given_settings, Services(HttpClient({}), ManualClock(NOW)))


def make_app(**more: Any) -> GithubAdapter:
    """Return the adapter of an app whose key opens nothing."""
    return make_adapter(token=None, app_id=77, private_key="simulated-secret", **more)


def received(raw: Mapping[str, Any], adapter: GithubAdapter | None = None) -> list[Event]:
    return list((adapter or make_adapter()).receive(GITHUB_SIDE.request(BOT, raw)))


def only(raw: Mapping[str, Any], adapter: GithubAdapter | None = None) -> Event:
    (event,) = received(raw, adapter)
    return event


def happen(kind: str, **more: Any) -> dict[str, Any]:
    return GITHUB_SIDE.happen(BOT, kind, **more)


@pytest.mark.parametrize("kind", EVENTS)
def test_each_event_type_is_read_and_read_back_equal(kind: str) -> None:
    raw = happen(kind)

    event = only(raw)

    assert (event.type, event.raw) == (kind, raw)
    assert make_adapter().read(json.loads(json.dumps(event.raw)), event.received_at) == event


@pytest.mark.parametrize("kind", EVENTS)
def test_what_is_about_an_issue_or_a_pull_request_can_be_answered(kind: str) -> None:
    event = only(happen(kind, group="acme/blog#7"))

    assert event.ways == ((Way("comment", "acme/blog#7"),) if EVENTS[kind] else ())
    assert EVENTS[kind] <= kind.startswith(ABOUT_ISSUES)


@pytest.mark.parametrize("kind", EVENTS)
def test_only_what_is_said_to_have_a_text_has_one(kind: str) -> None:
    assert (only(happen(kind)).text is not None) == (kind in TEXTS)


def test_there_are_many_event_types() -> None:
    assert len(EVENTS) >= 40


def test_a_comment_is_read_whole() -> None:
    raw = happen("issue_comment.created", user="mei", group="acme/shop#7", comment={"id": 99, "body": "When?"})

    event = only(raw)

    assert (event.id, event.conversation, event.user) == (raw["headers"]["x-github-delivery"], "acme/shop#7", "mei")
    assert (event.text, event.message_id, event.timestamp, event.calls) == ("When?", "99", NOW, ())
    assert (event.chat.kind, event.chat.id) == ("group", "acme/shop#7")


def test_the_text_of_what_is_opened_is_title_and_body() -> None:
    raw = happen("issues.opened", issue={"title": "It burns", "body": "Since noon."})

    assert only(raw).text == "It burns\n\nSince noon."


def test_an_issue_without_a_body_has_its_title_as_text() -> None:
    assert only(happen("issues.opened", issue={"title": "It burns", "body": None})).text == "It burns"


def test_what_is_done_to_an_issue_says_nothing() -> None:
    assert only(happen("issues.labeled")).text is None


def test_what_was_done_late_to_an_old_comment_is_not_old() -> None:
    old = {"updated_at": "2011-04-14T16:00:49Z"}

    assert only(happen("issue_comment.deleted", comment=old)).timestamp == NOW
    assert only(happen("issue_comment.created", comment=old)).timestamp == 1_302_796_849_000


@pytest.mark.parametrize(
    "written", ["", "soon", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1960-01-01T00:00:00Z", 7, None]
)
def test_an_odd_time_becomes_that_of_arrival(written: object) -> None:
    odd = dict.fromkeys(("created_at", "updated_at", "submitted_at"), written)

    assert only(happen("issue_comment.created", comment=odd)).timestamp == NOW


def test_a_ping_is_an_event_that_nobody_answers() -> None:
    event = only(happen("ping"))

    assert (event.type, event.ways, event.text, event.conversation) == ("ping", (), None, "acme/shop")


def test_a_discussion_is_a_conversation_without_a_way() -> None:
    event = only(happen("discussion_comment.created", group="acme/shop#3"))

    assert (event.conversation, event.ways, event.text) == ("acme/shop#3", (), "Thank you!")


def test_what_belongs_to_no_repository_belongs_to_no_chat() -> None:
    event = only(happen("installation.created"))

    assert (event.chat.kind, event.conversation, event.ways) == ("none", f"event:{event.id}", ())


def test_an_app_hears_by_which_installation_it_may_answer() -> None:
    raw = happen("issues.opened", installation={"id": 5})

    assert only(raw, make_app()).ways == (Way("comment", "acme/shop#1 5"),)
    assert only(raw).ways == (Way("comment", "acme/shop#1"),)


def test_a_form_brings_the_same_event() -> None:
    raw = happen("issues.opened", issue={"title": "50% & more + 菜單"})
    plain = GITHUB_SIDE.request(BOT, raw)
    form = Request.of(b"payload=" + quote_plus(plain.body).encode() + b"&more=1", dict(plain.headers), NOW)

    assert make_adapter().receive(form) == make_adapter().receive(plain)


def test_an_event_that_nobody_knows_is_kept() -> None:
    event = only({**happen("quantum_leap.entangled"), "issue": {"number": 3}})

    assert (event.type, event.ways) == ("quantum_leap.entangled", (Way("comment", "acme/shop#3"),))


def test_without_a_delivery_the_content_is_the_identity() -> None:
    raw = {"zen": "x"}

    assert make_adapter().read(raw, 1).id == make_adapter().read(raw, 2).id != make_adapter().read({"zen": "y"}, 1).id


COMMENTS = [
    "issue_comment.created",
    "issue_comment.edited",
    "commit_comment.created",
    "discussion_comment.created",
    "pull_request_review.submitted",
    "pull_request_review_comment.created",
]


def written(kind: str, body: str, **more: Any) -> dict[str, Any]:
    name = "review" if kind.startswith("pull_request_review.") else "comment"
    return happen(kind, **{name: {"body": body}}, **more)


@pytest.mark.parametrize("kind", COMMENTS)
def test_a_comment_with_the_bots_marker_gives_no_event(kind: str) -> None:
    assert received(written(kind, f"Hello\n\n{marker(BOT)}")) == []


@pytest.mark.parametrize("kind", COMMENTS)
def test_a_comment_of_the_bots_account_gives_no_event(kind: str) -> None:
    adapter = make_adapter(login="Helper")

    assert received(happen(kind, user="helper"), adapter) == received(happen(kind, user="helper[bot]"), adapter) == []


def test_a_comment_of_the_bots_app_gives_no_event() -> None:
    raw = happen("issue_comment.created", comment={"performed_via_github_app": {"id": 77}})

    assert received(raw, make_app()) == []
    assert len(received(raw)) == 1


@pytest.mark.parametrize(
    "body", ["Hello", f"> Hello\n> {marker(BOT)}\n\nWhat?", marker("another"), "<!-- hookline -->", BOT]
)
def test_what_others_say_is_heard_even_if_they_quote_the_bot(body: str) -> None:
    assert only(written("issue_comment.created", body), make_adapter(login="hal")).text == body


def test_what_the_bots_account_does_besides_is_heard() -> None:
    assert only(happen("issues.closed", user="hal"), make_adapter(login="hal")).user == "hal"


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("@hal help", ((0, 4),)),
        ("please, @HAL: help", ((8, 12),)),
        ("@hal[bot] help", ((0, 9),)),
        ("@hal and @hal", ((0, 4), (9, 13))),
        ("help", ()),
        ("@halogen @hal-9000 me@hal @@hal acme/@hal", ()),
    ],
)
def test_a_bot_that_knows_its_name_is_called_by_it(body: str, calls: tuple[tuple[int, int], ...]) -> None:
    assert only(written("issue_comment.created", body), make_adapter(login="@hal[bot]")).calls == calls


def test_a_bot_that_knows_no_name_is_never_called() -> None:
    assert only(written("issue_comment.created", "@ @helper")).calls == ()


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"[]",
            b"1",
            b"null",
            b'"x"',
            b"{",
            b"\xff",
            b"payload=",
            b"payload=%5B%5D",
            b"payload=%FF",
            b'{"a":NaN}',
        ),
        *(b"[" * 100, b'{"a":' * 65 + b"1" + b"}" * 65, b'{"a":' + b"9" * 5000 + b"}"),
    ],
)
def test_a_body_that_is_no_object_is_no_webhook(body: bytes) -> None:
    request = Request.of(body, {"x-github-event": "issues", "x-github-delivery": "1"}, NOW)

    with pytest.raises(NotAWebhookError):
        make_adapter().receive(request)


def test_a_webhook_without_its_headers_is_none() -> None:
    with pytest.raises(NotAWebhookError):
        make_adapter().receive(Request.of(b"{}", {}, NOW))


def test_the_headers_that_are_kept_are_enough() -> None:
    request = GITHUB_SIDE.request(BOT, happen("issues.opened"))

    assert make_adapter().receive(request.only(GITHUB.kept_headers(None))) == make_adapter().receive(request)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "login", "number"]), inner),
    max_leaves=4,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(place for key, one in below for place in places(one, (*path, key)))]


def mutated(raw: Any, data: st.DataObject) -> Any:
    changed = copy.deepcopy(raw)
    for path in data.draw(st.lists(st.sampled_from(places(raw)), max_size=3)):
        target = changed
        with suppress(KeyError, IndexError, TypeError):  # what led there was replaced
            for step in path[:-1]:
                target = target[step]
            target[path[-1]] = data.draw(ODD)
    return changed


FUZZ = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@FUZZ
@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_no_payload_raises(kind: str, data: st.DataObject) -> None:
    raw = happen(kind)
    payload = mutated({name: value for name, value in raw.items() if name != "headers"}, data)
    adapter = make_adapter(login="hal")

    with suppress(NotAWebhookError):  # an infinite number is no JSON
        for event in received({**payload, "headers": raw["headers"]}, adapter):
            assert adapter.read(event.raw, NOW) == event
            adapter.redact(event.raw)


@FUZZ
@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_no_raw_object_raises(kind: str, data: st.DataObject) -> None:
    adapter = make_app(login="hal")

    event = adapter.read(mutated(happen(kind), data), NOW)

    assert [name for name, one in GITHUB.fields.items() if isinstance(one.value(event), dict)] == []
    assert event.time.year >= 1970


@given(st.binary(max_size=300))
def test_no_body_raises_anything_else(body: bytes) -> None:
    request = Request.of(body, {"x-github-event": "issues", "x-github-delivery": "1"}, NOW)

    with suppress(NotAWebhookError):
        make_adapter().receive(request)


def field(name: str, raw: Mapping[str, Any]) -> object:
    return GITHUB.fields[name].value(only(raw))


@pytest.mark.parametrize(
    ("name", "kind", "fields", "value"),
    [
        ("action", "issues.opened", {}, "opened"),
        ("action", "push", {}, None),
        ("repository", "push", {}, "acme/shop"),
        ("number", "pull_request.opened", {"pull_request": {"number": 7}}, 7),
        ("title", "issues.opened", {"issue": {"title": "It burns"}}, "It burns"),
        ("title", "release.published", {}, "One"),
        ("url", "issues.opened", {}, "https://github.com/acme/shop/issues/1"),
        ("url", "push", {}, "https://github.com/acme/shop/compare/main"),
        ("url", "star.created", {}, "https://github.com/acme/shop"),
        ("url", "release.published", {}, "https://github.com/acme/shop/releases/tag/v1.0"),
        ("author", "issue_comment.created", {"issue": {"user": {"login": "ann"}}}, "ann"),
        ("sender_login", "issue_comment.created", {}, "mei"),
        ("sender_type", "issue_comment.created", {}, "User"),
        ("ref", "push", {}, "refs/heads/main"),
        ("ref", "pull_request.opened", {}, "menu"),
        ("branch", "push", {}, "main"),
        ("branch", "push", {"ref": "refs/tags/v1"}, None),
        ("branch", "create", {}, "menu"),
        ("branch", "create", {"ref_type": "tag"}, None),
        ("branch", "pull_request.opened", {}, "menu"),
        ("branch", "workflow_run.completed", {}, "main"),
        ("labels", "issues.labeled", {}, ["bug"]),
        ("labels", "issues.opened", {}, None),
        ("label", "issues.labeled", {}, "bug"),
        ("state", "issues.closed", {}, "closed"),
        ("state", "issues.opened", {}, "open"),
        ("merged", "pull_request.closed", {"pull_request": {"merged": True}}, True),
        ("merged", "issues.closed", {}, None),
        ("draft", "pull_request.opened", {}, False),
        ("comment_url", "issue_comment.created", {"comment": {"html_url": "https://x"}}, "https://x"),
        ("review_state", "pull_request_review.submitted", {"review": {"state": "approved"}}, "approved"),
        ("conclusion", "workflow_run.completed", {}, "success"),
    ],
)
def test_an_event_tells_its_fields(name: str, kind: str, fields: Mapping[str, Any], value: object) -> None:
    assert field(name, happen(kind, **fields)) == value


def test_what_was_taken_back_leaves_ids() -> None:
    raw = happen("issue_comment.created", comment={"id": 9, "body": "my password"}, issue={"title": "my secret"})

    redacted = make_adapter().redact(raw)

    assert "my " not in json.dumps(redacted)
    assert (redacted["comment"]["id"], redacted["issue"]["number"]) == (9, 1)


@pytest.mark.parametrize("to", ["acme/shop#7", "a-b_c/d.e-f_g#123456", "acme/.github#1"])
def test_a_push_goes_to_an_issue(to: str) -> None:
    assert make_adapter().push_way(to) == Way("comment", to)


@pytest.mark.parametrize(
    "to",
    [
        "",
        "acme/shop",
        "acme#7",
        "acme/shop#",
        "acme/shop#0",
        "acme/shop#x",
        "a/b/c#1",
        "../x#1",
        "acme/..#1",
        "acme/.#1",
        "acme/shop#1\n",
    ],
)
def test_nothing_else_can_be_written_to(to: str) -> None:
    assert make_adapter().push_way(to) is None
