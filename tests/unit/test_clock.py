"""How the clocks of all processes come to agree with their store's."""

from __future__ import annotations

from hookline.clock import StoreClock

NOON = 1_800_000_000.0


class Monotonic:
    """Be a monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def read(clock: StoreClock, monotonic: Monotonic, *, before: float, after: float, ahead: float = 0.0) -> int:
    """Read the store's clock, which takes *before* to get there and *after* to come back; return the error in ms."""
    asked_at = monotonic.seconds
    monotonic.seconds += before
    now = round((NOON + monotonic.seconds + ahead) * 1000)
    monotonic.seconds += after
    clock.set(now, asked_at)
    return clock.now() - round((NOON + monotonic.seconds + ahead) * 1000)


def test_answer_that_came_late_parts_no_clocks() -> None:
    monotonic = Monotonic()
    clock = StoreClock(monotonic)

    assert read(clock, monotonic, before=0.001, after=0.001) == 0
    assert read(clock, monotonic, before=0.001, after=0.8) == 0


def test_first_answer_is_taken_however_late_it_came() -> None:
    monotonic = Monotonic()

    assert read(StoreClock(monotonic), monotonic, before=0.2, after=0.8) == -300


def test_better_reading_takes_the_place_of_a_worse_one() -> None:
    monotonic = Monotonic()
    clock = StoreClock(monotonic)
    read(clock, monotonic, before=0.0, after=0.8)

    assert read(clock, monotonic, before=0.001, after=0.003) == -1


def test_reading_is_kept_only_for_as_long_as_it_tells_more() -> None:
    monotonic = Monotonic()
    clock = StoreClock(monotonic)
    read(clock, monotonic, before=0.001, after=0.001)
    monotonic.seconds += 60

    assert read(clock, monotonic, before=0.0, after=0.1) == -50


def test_clock_of_the_store_that_jumps_is_followed_at_once() -> None:
    monotonic = Monotonic()
    clock = StoreClock(monotonic)
    read(clock, monotonic, before=0.001, after=0.001)

    assert read(clock, monotonic, before=0.01, after=0.01, ahead=5.0) == 0
