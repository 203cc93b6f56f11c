"""Write dead letters as people and scripts read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ...store.people.letters import Letter, LetterFilter, OpenedLetter
from ...telling.phrases import counted, json_text, moment, plain
from .printing import Column, print_table

COLUMNS = (
    Column("id"),
    Column("died"),
    Column("what", rank=3),
    Column("bot"),
    Column("conversation", rank=1, shows="ends"),
    Column("route", rank=2),
    Column("tries", rank=4),
    Column("error", shows="begin"),
)


def of_which(chosen: LetterFilter) -> str:
    """Return which letters are meant, as in ` (bot shop, route menu)`."""
    parts = [
        f"{name} {plain(str(value))}"
        for name, value in (
            ("bot", chosen.bot),
            ("origin", chosen.origin),
            ("route", chosen.route),
            ("conversation", chosen.conversation),
            ("error contains", chosen.error),
            ("since", moment(chosen.since) if chosen.since is not None else None),
            ("until", moment(chosen.until) if chosen.until is not None else None),
        )
        if value is not None
    ]
    return f" ({', '.join(parts)})" if parts else ""


def print_letters(letters: Sequence[Letter]) -> None:
    """Print a table of *letters*."""
    rows = (
        (
            letter.id,
            moment(letter.created_at),
            letter.kind if letter.origin == "event" else letter.via,
            letter.bot,
            letter.conversation,
            letter.route,
            letter.attempts or letter.starts,
            letter.error,
        )
        for letter in letters
    )
    print_table(COLUMNS, rows)


def letter_as_json(opened: OpenedLetter, has_body: bool) -> dict[str, object]:
    """Return a letter as JSON; what people wrote and were answered only when *has_body*."""
    found = asdict(opened)
    found.update(found.pop("letter"))
    if not has_body:
        del found["raw"]
        for delivery in found["deliveries"]:
            del delivery["messages"]
    return found


def lines(opened: OpenedLetter, has_body: bool) -> Iterator[str]:
    """Yield a letter line by line; what people wrote and were answered only when *has_body*."""
    letter = opened.letter
    what = letter.kind if letter.origin == "event" else f"{letter.via}, {letter.outcome}"
    yield f"dead letter {letter.id}: {letter.origin} of bot {plain(letter.bot)} ({plain(what)})"
    yield f"  died          {moment(letter.created_at, has_zone=True)}{_after(letter)}"
    yield f"  event         {plain(letter.event_id)}"
    yield f"  conversation  {plain(letter.conversation)}"
    yield f"  route         {plain(letter.route)}"
    yield f"  error         {plain(letter.error)}"
    if letter.is_uncertain:
        yield "  uncertain     it may have arrived: only `replay --uncertain` sends it again"
    for delivery in opened.deliveries:
        yield f"  {delivery.via:<12}  {delivery.outcome or delivery.status}: {plain(delivery.reason)}"
        if has_body:
            yield _indented(json_text(delivery.messages))
    if has_body and opened.raw is not None:
        yield "  as it came"
        yield _indented(json_text(opened.raw))
    if opened.detail:
        yield ""
        yield plain(opened.detail).rstrip()


def _after(letter: Letter) -> str:
    tries = [counted(letter.attempts, "try", "tries")] * bool(letter.attempts or letter.origin == "delivery")
    starts = [counted(letter.starts, "unfinished start")] * bool(letter.starts)
    return f", after {' and '.join(tries + starts)}" if tries or starts else ""


def _indented(text: str) -> str:
    return "\n".join(f"    {plain(line)}" for line in text.splitlines())
