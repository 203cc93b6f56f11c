"""Check that an event type that the platform may have added is a warning, however near it is to one that is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookline.adapters.line.parse import EVENTS
from tests.support import findings
from tests.unit.config.broken import ENVIRONMENT, found_in, route, warning

NEW = {
    "message.poll": "did you mean `message.file`?",
    "message.files": "did you mean `message.file`?",
    "message.contact": "did you mean `message.text`?",
    "message.gif": "did you mean `message.file`?",
    "message.album": "did you mean `message.audio`?",
    "message.event": "did you mean `message.video`?",
    "message.textV2": "did you mean `message.text`?",
    "message.flex": "did you mean `message.file`?",
    "message.note": "did you mean `message.text`?",
    "messageDeleted": "did you mean `messageEdited`?",
    "messageReaction": "did you mean `message.location`?",
    "memberUpdated": "did you mean `memberJoined`?",
    "membershipRenewed": "did you mean `membership`?",
    "audioPlayComplete": "did you mean `videoPlayComplete`?",
    "accountUnlink": "did you mean `accountLink`?",
    "botMuted": "did you mean `botResumed`?",
    "unfollowed": "did you mean `unfollow`?",
    "reaction": "did you mean `beacon`?",
    "typing": "",
    "lineThings": "",
    "read": "",
    "投票": "",
}
ODD = ["message.", ".", "*.*", "on", "1", "~", "message.poll"]
KNOWN = [*EVENTS, "message", "*"]


@pytest.mark.parametrize(("kind", "hint"), NEW.items(), ids=NEW)
def test_type_that_the_platform_may_have_added_is_a_warning(kind: str, hint: str, tmp_path: Path) -> None:
    found = found_in(tmp_path, route(f"on: {kind}", "reply: b"))

    assert found == [warning(8, 13, f"`on`: line has no event type `{kind}` that hookline knows of", hint)]


@pytest.mark.parametrize("kind", KNOWN)
def test_type_that_is_known_is_no_warning(kind: str, tmp_path: Path) -> None:
    text = route(f"on: '{kind}'", "run: echo.say").replace("    routes:", "    plugins: {echo: }\n    routes:")

    assert found_in(tmp_path, text) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(kinds=st.lists(st.text(min_size=1, max_size=20) | st.sampled_from(ODD), min_size=1))
def test_any_text_can_stand_for_an_event_type(kinds: list[str], tmp_path: Path) -> None:
    text = route(f"on: {json.dumps(kinds)}", "reply: b")

    found = [one for one in findings(tmp_path, text, ENVIRONMENT) if "no event type" in one.message]

    assert all(one.severity == "warning" for one in found)
