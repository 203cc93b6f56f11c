"""What a refused signature costs: the same for every bot, so that its time tells nothing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import pytest

from hookline.adapters.line.signature import HEADER, MAX_SECRETS, sign, verify
from hookline.adapters.requests import Request
from tests.support import SMALL_BOT, findings

BODY = b'{"events": []}' * 1000
SECRETS = [b"one", b"two", b"three", b"four"]


def macs(secrets: Sequence[bytes], *signatures: bytes) -> int:
    """Return how many MACs of the body it takes to refuse *signatures*."""
    calls: Counter[str] = Counter()

    def note(_frame: FrameType, event: str, called: object) -> None:
        if event == "c_call":
            calls[getattr(called, "__name__", "")] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        refused = verify(secrets, Request(BODY, [(HEADER.encode(), one) for one in signatures]))
    finally:
        sys.setprofile(before)
    assert refused is None
    return calls["update"]  # one for each MAC


@pytest.mark.parametrize("signatures", [(b"wrong",), (sign(b"other", BODY),), (b"",), (b"\xff" * 44,)])
def test_refusal_takes_as_many_macs_whatever_secrets_a_bot_has(signatures: Sequence[bytes]) -> None:
    assert [macs(SECRETS[:count], *signatures) for count in (1, 2, 3, 4)] == [MAX_SECRETS] * 4


@pytest.mark.parametrize("signatures", [(), (b"a", b"b")])
def test_refusal_without_one_signature_takes_as_many(signatures: Sequence[bytes]) -> None:
    """Else who signs nothing learns which bots there are: one that isn't costs as much."""
    assert [macs(SECRETS[:count], *signatures) for count in (1, 4)] == [MAX_SECRETS] * 2


def test_more_secrets_than_may_be_live_are_an_error(tmp_path: Path) -> None:
    names = [f"SECRET_{number}" for number in range(MAX_SECRETS + 1)]
    text = SMALL_BOT.replace('"${SECRET}"', str([f"${{{name}}}" for name in names]))
    environment = {"TOKEN": "t" * 40} | {name: f"{number:032x}" for number, name in enumerate(names)}

    found = findings(tmp_path, text, environment)

    assert [finding.message for finding in found if finding.severity == "error"] == [
        "`channel_secret`: value should have at most 4 items after validation, not 5"
    ]
