"""Whom a bot and a route are for, and how they say so."""

from __future__ import annotations

import pytest

from hookline.events import Event
from hookline.routing.actions import Respond
from hookline.routing.conditions.access import Access, Listed
from hookline.routing.conditions.condition import Past
from hookline.routing.router import Router
from hookline.routing.routes import Route
from hookline.testing.events import group_id, user_id
from tests.support import NOW, make_event
from tests.unit.routing.worlds import router

MEI, TOM, FRIENDS = user_id("mei"), user_id("tom"), group_id("friends")
ALONE = make_event()
TOGETHER = make_event(group="friends")
NOBODY = make_event(None, kind="join", user=None, group="friends")


def users(*ids: str) -> Listed:
    return Listed(users=frozenset(ids))


def groups(*ids: str) -> Listed:
    return Listed(groups=frozenset(ids))


def test_access_that_says_nothing_lets_all_through() -> None:
    assert Access().is_open
    assert [Access().failure(event) for event in (ALONE, TOGETHER, NOBODY)] == [None, None, None]


@pytest.mark.parametrize(
    ("access", "event", "failure"),
    [
        (Access(users(MEI)), ALONE, None),
        (Access(users(MEI)), TOGETHER, None),
        (Access(users(TOM)), ALONE, f"allow doesn't list {MEI}"),
        (Access(users(TOM)), TOGETHER, f"allow lists neither {MEI} nor {FRIENDS}"),
        (Access(users(MEI)), NOBODY, f"allow lists neither a user nor {FRIENDS}"),
        (Access(groups(FRIENDS)), TOGETHER, None),
        (Access(groups(FRIENDS)), NOBODY, None),
        (Access(groups(FRIENDS)), ALONE, f"allow doesn't list {MEI}"),
        (Access(None, users(MEI)), ALONE, f"deny lists {MEI}"),
        (Access(None, users(MEI)), TOGETHER, f"deny lists {MEI}"),
        (Access(None, groups(FRIENDS)), TOGETHER, f"deny lists {FRIENDS}"),
        (Access(None, groups(FRIENDS)), ALONE, None),
        (Access(users(MEI), groups(FRIENDS)), TOGETHER, f"deny lists {FRIENDS}"),
        (Access(users(MEI), users(MEI)), ALONE, f"deny lists {MEI}"),
        (Access(users(TOM)), make_event(None, kind="x", source={}), "allow doesn't list an event without a user"),
        (Access(None, users("")), make_event(None, kind="x", source={}), None),
    ],
)
def test_deny_wins_and_allow_is_only_for_what_it_lists(access: Access, event: Event, failure: str | None) -> None:
    assert not access.is_open
    assert access.failure(event) == failure


def test_route_that_is_not_for_somebody_lets_the_next_answer_and_explains_why() -> None:
    routes = router(
        f"- {{name: staff, keyword: hi, allow: {{users: {TOM}}}, reply: a}}\n"
        f"- {{name: not_mei, keyword: hi, deny: {{users: {MEI}}}, reply: a}}\n"
        "- {name: all, keyword: hi, reply: a}\n"
    )
    event = make_event("hi")
    tried = routes.explain(event, event.time)

    assert [(one.route.name, one.failure) for one in tried] == [
        ("staff", f"allow doesn't list {MEI}"),
        ("not_mei", f"deny lists {MEI}"),
        ("all", None),
    ]


def test_route_that_rests_lets_the_next_answer_and_explains_why() -> None:
    routes = router("- {name: often, keyword: hi, cooldown: 1h, reply: a}\n- {name: all, otherwise: true, reply: a}\n")
    event = make_event("hi", now=NOW)
    resting = routes.explain(event, event.time, Past(resting={"often": NOW + 1}))
    awake = routes.route(event, event.time, Past(resting={"often": NOW}))

    assert [(one.route.name, one.failure) for one in resting] == [
        ("often", "it rests in this conversation until 2027-01-15 08:00:00 UTC"),
        ("all", None),
    ]
    assert awake is not None
    assert (awake.route.name, routes.has_cooldowns) == ("often", True)


def test_what_a_text_means_is_asked_only_once_the_route_before_rests() -> None:
    often = Route("often", Respond(()), frozenset(["message.text"]), keywords=("hi",), cooldown=3600.0)
    meant = Route("meant", Respond(()), frozenset(["message.text"]), intents=("greeting",))
    routes = Router([often, meant])
    event = make_event("hi", now=NOW)

    assert routes.unread(event, event.time) is None
    assert routes.unread(event, event.time, Past(resting={"often": NOW + 1})) is not None
