"""Check that an adapter keeps what hookline relies on: a class of tests that its author inherits.

>>> from hookline.testing.adapter_contract import AdapterContract
>>> class TestPager(AdapterContract):
...     kind = PAGER  # doctest: +SKIP
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ..adapters.adapter import Adapter, AdapterKind, Services
from ..adapters.door import Door
from ..adapters.flaws import judged
from ..adapters.http import HttpClient
from ..adapters.rendering import rendered
from ..adapters.requests import Request
from ..adapters.simulated import Fault, SimulatedPlatform
from ..errors import NotAWebhookError
from ..events import Event
from ..ingress.roster import packed, unpacked
from ..neutral import WORDS
from ..plain import plain
from ..ways import MAX_ADDRESS
from .bot import running_bot
from .clock import ManualClock
from .staging import simulated

BOT = "contract"
NOW = 1_800_000_000_000
URL = "https://shop.example/menu.png"
HELLO = "hello contract"
SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "text": {"text": "hello"},
    "image": {"image": URL, "alt": "menu"},
    "video": {"video": {"url": URL, "preview": URL}},
    "audio": {"audio": {"url": URL, "seconds": 3}},
    "file": {"file": {"url": URL, "name": "menu.png"}},
    "location": {"location": {"latitude": 25.03, "longitude": 121.56, "title": "here", "address": "there"}},
    "card": {"card": {"title": "soup", "text": "180", "image": URL}},
    "buttons": {"text": "which?", "buttons": [{"label": "a", "postback": "x=1"}, {"label": "b", "say": "b"}]},
    "quick": {"text": "well?", "quick": ["yes", {"label": "no", "postback": "x=0"}]},
}
"""A message for each of the neutral words."""
ODD: Sequence[Any] = (None, True, 0, -1, 1e300, "", "\0", "x" * 3000, [], {}, [[]], {"a": {}}, ["a"], "\ud800")
"""What may stand anywhere in what a platform posts."""


class AdapterContract:
    """Test the adapter *kind*; whoever inherits it may set more.

    ``settings`` are those that the simulated platform doesn't make up. ``signs_bodies`` says that a changed body is
    noticed; a platform that sends a token alone can't. ``unsigned`` are headers that have to be there, whatever they
    say. ``hears_texts`` says that people can write to it.
    """

    kind: ClassVar[AdapterKind]
    settings: ClassVar[Mapping[str, Any]] = {}
    signs_bodies: ClassVar[bool] = True
    unsigned: ClassVar[Sequence[str]] = ()
    hears_texts: ClassVar[bool] = True
    happens: ClassVar[str | None] = None
    """An event type that the simulated platform lets happen; needed where nobody writes texts."""

    # A signature lets in, and nothing else does

    def test_signed_request_is_let_in(self) -> None:
        """Take what the platform has signed, and answer it with 2xx."""
        stand = _Stand(self)

        for request in stand.requests():
            assert stand.door.verify(request) == 0
            assert 200 <= stand.door.answer(request).status < 300

    def test_changed_request_is_refused(self) -> None:
        """Refuse what was changed after it was signed."""
        stand = _Stand(self)
        for request in stand.requests() if self.signs_bodies else ():
            for body in (request.body + b" ", request.body[:-1], b"", request.body.replace(b"h", b"H", 1) + b"!"):
                assert stand.door.verify(_with(request, body)) is None

    def test_missing_doubled_and_wrong_headers_are_refused(self) -> None:
        """Refuse a request without what lets it in, and one in which that is there twice, or is another."""
        stand = _Stand(self)
        for request in stand.requests():
            headers = list(request.headers.items())
            needed = [name for name, _ in headers if stand.door.verify(_without(request, name)) is None]
            assert needed, "no header is needed to be let in"
            for name in needed:
                others = [(key, value) for key, value in headers if key != name]
                given = request.headers[name]
                changed = [[given[:-1]], [given + "0"], ["é" * 9], ["x" * 20_000], [given[::-1]]]
                for wrong in ([given, given], [""], *(() if name in self.unsigned else changed)):
                    raw = [*others, *((name, value) for value in wrong)]
                    assert stand.door.verify(_of(request, raw)) is None, (name, wrong)
            assert stand.door.verify(_of(request, [])) is None

    def test_door_can_be_made_in_another_process(self) -> None:
        """Name the door by where it is imported from, and keep settings that can be handed over to a front."""
        stand = _Stand(self)

        made = unpacked(packed([(BOT, self.kind, stand.settings)]), {})[BOT]

        for request in stand.requests():
            assert made.door.verify(request) == stand.door.verify(request)
            assert made.door.answer(request) == stand.door.answer(request)

    def test_secrets_are_named(self) -> None:
        """Name the secrets that let in, so that `check` notices two bots that share one."""
        assert self.kind.signs(_Stand(self).settings)

    # Whatever comes is taken in

    def test_event_is_read_back_as_it_was_received(self) -> None:
        """Give the same event again from what is stored of it: plain JSON."""
        stand = _Stand(self)

        for event in stand.events():
            assert plain(event.raw) == event.raw
            assert stand.adapter.read(json.loads(json.dumps(event.raw)), event.received_at) == event

    def test_headers_that_are_named_are_all_that_is_needed(self) -> None:
        """Receive from the headers that the kind names, since only those are kept."""
        stand = _Stand(self)

        for request in stand.requests():
            assert list(stand.adapter.receive(request.only(self.kind.kept_headers(stand.settings)))) == list(
                stand.adapter.receive(request)
            )

    def test_repeated_request_has_the_same_ids(self) -> None:
        """Know what comes again, and tell two events apart."""
        stand = _Stand(self)
        first, again = stand.events(), stand.events()
        same = [event.id for event in stand.adapter.receive(stand.last)]

        assert same == [event.id for event in stand.adapter.receive(stand.last)]
        assert len({event.id for event in [*first, *again]}) == len(first) + len(again)

    def test_event_says_where_it_happened_and_how_it_can_be_answered(self) -> None:
        """Have a conversation, and ways that last."""
        stand = _Stand(self)

        for event in stand.events():
            assert event.conversation
            assert event.bot == BOT
            for way in event.ways:
                assert way.name
                assert 0 < len(way.to.encode()) <= MAX_ADDRESS
                assert way.until is None or way.until > event.received_at
                assert not way.is_owed or self.kind.owes
            assert not event.ways or self.kind.can_answer(event.type)

    def test_push_goes_to_a_conversation_by_its_name(self) -> None:
        """Find the way to who has written, unless nobody can be pushed to."""
        stand = _Stand(self)

        for event in stand.events() if self.hears_texts else ():
            way = stand.adapter.push_way(event.conversation)
            assert (way is not None) == self.kind.can_push
        assert stand.adapter.push_way("") is None

    def test_redacted_event_says_no_text(self) -> None:
        """Keep ids and places, and nothing that was written."""
        stand = _Stand(self)

        for event in stand.events() if self.hears_texts else ():
            blank = stand.adapter.read(stand.adapter.redact(event.raw), event.received_at)
            assert (blank.id, blank.conversation, blank.text or "") == (event.id, event.conversation, "")
            assert HELLO not in json.dumps(dict(stand.adapter.redact(event.raw)), ensure_ascii=False)

    def test_strange_bodies_raise_nothing_but_that_they_are_no_webhook(self) -> None:
        """Take in or refuse whatever is signed, and read what was taken in."""
        stand = _Stand(self)
        bodies = [
            b"",
            b"{",
            b"null",
            b"[]",
            b"{}",
            b"\xff",
            b'"x"',
            b"1",
            b"[" * 5000,
            b'{"a":' * 100 + b"1" + b"}" * 100,
        ]
        for request in [one for first in stand.requests() for one in _mutations(first, bodies)]:
            stand.door.verify(request)
            stand.door.answer(request)
            try:
                events = stand.adapter.receive(request)
            except NotAWebhookError:
                continue
            for event in events:
                stand.adapter.read(event.raw, event.received_at)
                stand.adapter.read(stand.adapter.redact(event.raw), event.received_at)

    # What goes out

    def test_each_neutral_word_becomes_what_the_platform_takes(self) -> None:
        """Render each word to messages that the platform wouldn't refuse, and say what is lost."""
        for word, body in SAMPLES.items():
            found = rendered(self.kind, body)
            flaws = [flaw for flaw in judged(found.messages, self.kind.check_messages) if flaw.is_refused]
            assert all(loss.word in WORDS for loss in found.losses)
            assert plain(list(found.messages)) == list(found.messages)
            assert not flaws or not self.kind.can_answer("*"), (word, flaws)

    def test_raw_object_goes_out_as_it_is(self) -> None:
        """Send what is written for this platform by its name as it stands there."""
        assert rendered(self.kind, {"text": "x", self.kind.name: {"own": 1}}).messages == [{"own": 1}]

    async def test_text_is_answered_on_the_simulated_platform(self) -> None:
        """Hear a text, answer it, and hear its redelivery as nothing new."""
        if not self.hears_texts:
            return
        routes = "[{name: any, keyword: hello, reply: and hello to you}]"
        async with running_bot(adapter=self.kind, platform=self.settings, routes=routes) as bot:
            first = await bot.says(HELLO)
            again = await bot.playground.send(bot.name, first.event)

            assert first.texts == ["and hello to you"]
            assert len([sent for sent in bot.platform.sent if sent.messages]) == 1
            assert again.status == first.status

    async def test_answer_that_may_have_arrived_is_sent_twice_only_where_that_is_noticed(self) -> None:
        """Say of each way whether the platform notices a second attempt, and mean it."""
        if not self.hears_texts:
            return
        routes = "[{name: any, keyword: hello, reply: once}]"
        async with running_bot(adapter=self.kind, platform=self.settings, routes=routes) as bot:
            bot.platform.faults.append(Fault("error_after_accepting"))
            await bot.says(HELLO)

            assert len([sent for sent in bot.platform.sent if sent.messages]) == 1

    async def test_limit_is_waited_for(self) -> None:
        """Try again what the platform has put off, and arrive once."""
        if not self.hears_texts:
            return
        routes = "[{name: any, keyword: hello, reply: later}]"
        async with running_bot(adapter=self.kind, platform=self.settings, routes=routes) as bot:
            bot.platform.faults.append(Fault("rate_limit"))
            exchange = await bot.says(HELLO)

            assert exchange.texts == ["later"]


class _Stand:
    """Hold a door and an adapter before their simulated platform, which isn't started."""

    def __init__(self, contract: AdapterContract) -> None:
        self._contract = contract
        self.clock = ManualClock(NOW)
        self.platform: SimulatedPlatform = simulated(contract.kind, self.clock)
        self.platform.url = "http://127.0.0.1:9"
        self.settings = self.platform.settings(BOT, made_up(contract.kind, contract.settings))
        self.door: Door = contract.kind.door(self.settings)
        self.adapter: Adapter = contract.kind.build(BOT, self.settings, Services(HttpClient({}), self.clock))
        self.last = Request(b"")

    def requests(self) -> list[Request]:
        """Return requests that the platform makes: for a text, for a tap, for what happens."""
        contract, found = self._contract, []
        if contract.hears_texts:
            found += [self.platform.text(BOT, HELLO), self.platform.tap(BOT, "hello=1")]
        if contract.happens is not None:
            found.append(self.platform.happen(BOT, contract.happens))
        requests = [self.platform.request(BOT, raw) for raw in found]
        self.last = requests[-1]
        return requests

    def events(self) -> list[Event]:
        """Return the events that come of them."""
        return [event for request in self.requests() for event in self.adapter.receive(request)]


def made_up(kind: AdapterKind, given: Mapping[str, Any]) -> Any:
    """Return settings of *kind* with what is *given*, unchecked where the platform has to fill something in."""
    try:
        return kind.settings.model_validate(given)
    except ValueError:
        return kind.settings.model_construct(**given)


def _with(request: Request, body: bytes) -> Request:
    return Request.of(body, request.headers, request.received_at, rest=request.rest)


def _without(request: Request, name: str) -> Request:
    return _of(request, [(key, value) for key, value in request.headers.items() if key != name])


def _of(request: Request, headers: Sequence[tuple[str, str]]) -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Request(request.body, raw, request.received_at, method=request.method, rest=request.rest)


def _mutations(request: Request, bodies: Sequence[bytes]) -> Iterator[Request]:
    """Yield *request* with other bodies, and with odd values at each place of its own, one at a time."""
    yield from (_with(request, body) for body in bodies)
    try:
        document = json.loads(request.body)
    except ValueError:
        return
    chosen = random.Random(1)  # noqa: S311  always the same
    places = list(_places(document))
    for place in places if len(places) <= 100 else chosen.sample(places, 100):
        for odd in ODD:
            yield _with(request, json.dumps(_changed(document, place, odd)).encode())


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from _places(one, (*path, key))


def _changed(value: Any, path: tuple[str | int, ...], odd: Any) -> Any:
    if not path:
        return odd
    first, *rest = path
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[first] = _changed(copied[first], tuple(rest), odd)
    return copied
