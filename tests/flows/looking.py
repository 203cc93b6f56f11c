"""Look at what came of an event, as docs/flow-rules.md says it: what was said, and how the flow stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hookline.flows.instance import Instance
from hookline.flows.walk import owner_of
from tests.flows.playing import Seen
from tests.flows.table import Situation


def said(what: str, situation: Situation, seen: Seen) -> Sequence[str]:
    """Return the texts that the words *what* of the page stand for."""
    top = seen.after.top(seen.user)
    asked = None if top is None else top.asked
    match what:
        case "the route":
            return [f"route {seen.route}"]
        case "the question":
            return [f"ask {asked}"]
        case "its retry":
            return ["ask confirm" if asked == "confirm" else f"retry {asked}"]
        case "what follows":
            return situation.followed_by
        case "what waited below":
            return [] if top is None else [f"ask {asked}"]
    assert what.startswith("`"), what
    return [what.strip("`")]


def stands(how: str, situation: Situation, seen: Seen) -> bool:
    """Say whether the flow stands as the words *how* of the page say."""
    before = seen.before.top(seen.user)
    if situation.name == "flow gone":
        over = "left" if how == "is over: left" else "gone"
        assert before is not None
        return seen.after.over[before.id].ended == over and (how == "begins") == bool(seen.after.open)
    if before is None:
        return how in ("as it was", "begins") and (how == "begins") == bool(seen.after.open)
    if how.startswith("is over: "):
        return seen.after.over[before.id].ended == how.removeprefix("is over: ")
    return _KINDS[how](situation, before, seen)


def _after(before: Instance, seen: Seen) -> Instance:
    """Return how what was asked stands now, if it is still open."""
    return next(one for stack in seen.after.open.values() for one in stack if one.id == before.id)


def _is_as_it_was(situation: Situation, before: Instance, seen: Seen) -> bool:
    return _facts(seen.before.open) == _facts(seen.after.open) and not seen.after.over.keys() - seen.before.over.keys()


def _facts(stacks: Mapping[str, Sequence[Instance]]) -> object:
    return {
        user: [(one.id, one.known, one.order, one.asked, one.turn, one.tries, one.chooses, one.votes) for one in stack]
        for user, stack in stacks.items()
    }


def _asks(situation: Situation, before: Instance, seen: Seen) -> bool:
    after = _after(before, seen)
    is_same = (after.known, after.votes, after.tries) == (before.known, before.votes, before.tries)
    return is_same and after.asked == situation.asked and after.turn == before.turn + 1 and _is_on_top(after, seen)


def _asks_after_a_try(situation: Situation, before: Instance, seen: Seen) -> bool:
    after = _after(before, seen)
    return after.known == before.known and after.tries == before.tries + 1 and after.asked == situation.asked


def _waits(situation: Situation, before: Instance, seen: Seen) -> bool:
    after, top = _after(before, seen), seen.after.top(seen.user)
    assert top is not None
    return (after.known, after.turn) == (before.known, before.turn) and (top.flow, top.asked) == ("third", "x")


def _goes_on(situation: Situation, before: Instance, seen: Seen) -> bool:
    if before.id in seen.after.over:
        return seen.after.over[before.id].ended == "done"
    after, name = _after(before, seen), owner_of(before.asked or "")
    learnt = after.known.get(name, "nothing") != before.known.get(name, "nothing")
    return learnt and after.asked != before.asked and after.tries == 0


def _goes_back(situation: Situation, before: Instance, seen: Seen) -> bool:
    after = _after(before, seen)
    return after.order == before.order[:-1] and after.asked == before.order[-1]


def _has_changed(situation: Situation, before: Instance, seen: Seen) -> bool:
    after = _after(before, seen)
    kept = {name: value for name, value in before.known.items() if name not in ("day", "time")}
    return after.known == {**kept, "day": "2027-02-09"} and after.asked == "time"


def _has_less(situation: Situation, before: Instance, seen: Seen) -> bool:
    after = _after(before, seen)
    return len(after.order) < len(before.order) and (after.asked, after.turn) == (before.asked, before.turn)


def _has_more(situation: Situation, before: Instance, seen: Seen) -> bool:
    after, last = _after(before, seen), before.order[-1]
    is_longer = str(after.known[last]).startswith(f"{before.known[last]} ")
    return is_longer and {**after.known, last: ""} == {**before.known, last: ""} and after.turn == before.turn


def _has_vote(situation: Situation, before: Instance, seen: Seen) -> bool:
    after = _after(before, seen)
    return [*after.votes.values()] == ["會到"] and (after.known, after.turn) == (before.known, before.turn)


def _lets_choose(situation: Situation, before: Instance, seen: Seen) -> bool:
    after = _after(before, seen)
    return after.chooses and (after.known, after.turn) == (before.known, before.turn)


def _is_on_top(instance: Instance, seen: Seen) -> bool:
    return seen.after.open[instance.user][-1].id == instance.id


_KINDS: Mapping[str, Callable[[Situation, Instance, Seen], bool]] = {
    "as it was": _is_as_it_was,
    "asks": _asks,
    "asks, one try less": _asks_after_a_try,
    "waits below the new one": _waits,
    "begins": _waits,
    "goes on": _goes_on,
    "goes back": _goes_back,
    "asks what depends on the change": _has_changed,
    "has one answer less": _has_less,
    "has more of the answer before": _has_more,
    "has a vote": _has_vote,
    "lets choose": _lets_choose,
}
