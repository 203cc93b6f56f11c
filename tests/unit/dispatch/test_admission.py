"""How much one person may ask for, and how much of that is remembered."""

from __future__ import annotations

from collections.abc import Sequence

from hookline.config.configuration import UserLimit
from hookline.dispatch.admission import Admission, UserCounter
from hookline.routing.templates import MessageTemplate
from hookline.routing.wordings import Wording
from hookline.store.records import StoredEvent

SLOWLY = Wording.of([MessageTemplate({"type": "text", "text": "slowly"})])
LIMIT = UserLimit(3, 60.0, SLOWLY)


def row(seq: int, seconds: float, attempts: int = 0) -> StoredEvent:
    return StoredEvent(
        seq=seq,
        bot="shop",
        event_id=str(seq),
        conversation="U1",
        lane=1,
        kind="message.text",
        raw={},
        received_at=round(seconds * 1000),
        starts=0,
        attempts=attempts,
        first_failed_at=None,
        is_unsent=False,
    )


def verdicts(counter: UserCounter, rows: Sequence[StoredEvent], user: str = "mei") -> str:
    """Return a letter a row: a for answered, T for told that it is too much, s for silence."""
    return "".join(_letter(counter, user, one) for one in rows)


def _letter(counter: UserCounter, user: str, one: StoredEvent) -> str:
    refusal = counter.refuse(user, one)
    if refusal is None:
        return "a"
    assert refusal.outcome == "limited"
    return "T" if refusal.reply == SLOWLY else "s"


def test_too_much_is_told_once_and_then_silence() -> None:
    assert verdicts(UserCounter(LIMIT), [row(n, n) for n in range(8)]) == "aaaTssss"


def test_window_slides_with_what_was_received() -> None:
    rows = [row(n, at) for n, at in enumerate([0, 1, 2, 59, 60, 60.5, 61, 62, 63])]

    assert verdicts(UserCounter(LIMIT), rows) == "aaaTasaas"


def test_steady_flood_is_told_once_in_a_window() -> None:
    found = verdicts(UserCounter(LIMIT), [row(n, n) for n in range(600)])
    told = [second for second, letter in enumerate(found) if letter == "T"]

    assert told == [3, 63, 123, 183, 243, 303, 363, 423, 483, 543]


def test_events_that_waited_for_a_host_are_counted_by_when_they_were_received() -> None:
    assert verdicts(UserCounter(LIMIT), [row(n, n * 30) for n in range(50)]) == "a" * 50


def test_event_that_runs_again_is_counted_once_and_judged_as_before() -> None:
    counter = UserCounter(LIMIT)

    assert verdicts(counter, [row(1, 1), row(1, 1), row(1, 1, attempts=1), row(2, 2), row(3, 3)]) == "aaaaa"
    assert verdicts(counter, [row(4, 4), row(4, 4), row(5, 5), row(4, 4)]) == "TTsT"
    assert verdicts(counter, [row(2, 2)]) == "a"


def test_failed_event_of_a_process_that_died_is_not_counted_again() -> None:
    assert verdicts(UserCounter(LIMIT), [row(1, 1, attempts=2), *(row(n, n) for n in range(2, 6))]) == "aaaaT"


def test_each_person_is_counted_alone() -> None:
    counter = UserCounter(LIMIT)
    mei, tom = ([row(2 * n + odd, n) for n in range(4)] for odd in (0, 1))

    assert (verdicts(counter, mei), verdicts(counter, tom, "tom")) == ("aaaT", "aaaT")


def test_whoever_was_not_heard_of_for_longest_is_forgotten_first() -> None:
    counter = UserCounter(UserLimit(1, 60.0), capacity=10)
    for number in range(11):
        counter.refuse(f"user {number}", row(number, 0))

    assert counter.refuse("user 10", row(100, 1)) is not None
    assert counter.refuse("user 0", row(101, 1)) is None


def test_memory_is_bounded_whoever_writes_how_much() -> None:
    counter = UserCounter(UserLimit(7, 1e6), capacity=100)
    for number in range(5000):
        counter.refuse(f"user {number % 997}", row(number, number))

    held = [len(person.counted) for person in counter._people.values()]
    assert (sum(held) <= 100, len(held) <= 100, counter._held) == (True, True, sum(held))


def test_changed_limit_begins_anew_and_an_unchanged_one_goes_on() -> None:
    admission = Admission()
    first = admission._counter("shop", LIMIT)

    assert admission._counter("shop", LIMIT) is first
    assert admission._counter("cafe", LIMIT) is not first
    assert admission._counter("shop", UserLimit(4, 60.0, SLOWLY)).limit.messages == 4


def test_people_whose_window_is_over_are_forgotten() -> None:
    counter = UserCounter(LIMIT)
    for number in range(500):
        counter.refuse(f"guest{number}", row(number, number))

    assert len(counter._people) == 60
