"""Write what was said and answered as a conversation that `hookline test` plays."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from ..adapters.simulated import Button
from ..config.editing.surgery import scalar
from ..config.values.coercion import json_value
from ..config.yaml.document import parse_document
from ..config.yaml.interpolation import Text
from ..durations import shown
from ..findings.findings import Findings
from ..messages import as_sent, text_of
from .phrases import plain

NOTHING = "nothing"
WAITS = "waits"
FIRST = "mei"
"""Who acts in a step that names nobody."""

LONG_PAUSE = 60_000
"""A shorter pause, in milliseconds, is left out: nobody means anything by how long they type."""

_SHORT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SEEN = "\n\u200d"
"""What counts as seen though it has no shape: it breaks lines, or joins emojis."""

Messages = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Turn:
    """Hold what somebody did ``at`` a time (in milliseconds since 1970), as a step has it, and what came of it.

    ``does`` is None where only ``notes`` can tell of it. ``hears`` and ``pushed`` are None where they aren't to be
    looked at.
    """

    at: int
    does: str | None
    value: object = True
    user: str = FIRST
    group: str | None = None
    mention: bool = False
    hears: Messages | None = None
    pushed: Messages | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """Hold a conversation of ``bot``, whose times are written by ``timezone``; ``notes`` stand above it."""

    bot: str
    name: str
    turns: Sequence[Turn]
    timezone: tzinfo
    notes: Sequence[str] = ()

    @property
    def steps(self) -> Sequence[Turn]:
        """Return the turns that can be played."""
        return [turn for turn in self.turns if turn.does is not None]

    def lines(self) -> list[str]:
        """Return it as an entry of `tests:`, from the first column on."""
        begun = datetime.fromtimestamp(self.steps[0].at / 1000, UTC).astimezone(self.timezone).replace(tzinfo=None)
        lines = [*_comments(self.notes), f"- name: {yaml_of(self.name)}"]
        lines += [f"  at: {begun.isoformat(' ', 'seconds')}", "  steps:"]
        return [*lines, *(f"    {line}" for turn in _paused(self.turns) for line in _written(turn))]


def press(is_meant: Callable[[Button], bool], shown_now: Iterable[Sequence[Button]]) -> str | int | None:
    """Return what `taps:` names a button by: its label, or its number where another has that, too.

    *shown_now* are the buttons of each answer, the last one first. None says that it isn't among them.
    """
    seen: set[str] = set()
    number: int | None = None
    is_last = True
    for buttons in shown_now:
        for place, button in enumerate(buttons, 1):
            if is_meant(button):
                if button.label not in seen:
                    return button.label
                number = number or (place if is_last else None)
            seen.add(button.label)
        is_last = is_last and not buttons
    return number


def yaml_of(value: object, *, is_flow: bool = False) -> str:
    """Return *value*, which is JSON, as a file of conversations has it, in one line."""
    if isinstance(value, str):
        return _text(value, is_flow=is_flow)
    if isinstance(value, Mapping):
        each = (f"{yaml_of(str(name), is_flow=True)}: {yaml_of(one, is_flow=True)}" for name, one in value.items())
        return f"{{{', '.join(each)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(yaml_of(one, is_flow=True) for one in value)}]"
    return json.dumps(value)


def _text(text: str, *, is_flow: bool) -> str:
    whole = text.encode("utf-8", "replace").decode()  # half a character can be in no file
    if any(_is_unseen(letter) for letter in whole):
        return _escaped(whole)
    written = scalar(whole, is_flow=is_flow)
    if whole == whole.strip() and _reads_back(f"[{written}]" if is_flow else written, whole):
        return written
    single = "'" + whole.replace("'", "''") + "'"
    return single if "\n" not in whole and _reads_back(single, whole) else _escaped(whole)


def _reads_back(written: str, text: str) -> bool:
    """Say whether a strict reader takes *written* for *text*, for nothing else, and has nothing to say of it."""
    findings = Findings()
    document = parse_document(f"says: {written}\n", "", Path(), findings)
    found = None if document is None else document.data.get("says")
    found = found[0] if isinstance(found, list) and len(found) == 1 else found
    return isinstance(found, Text) and json_value(found) == text and not findings.all()


def _is_unseen(letter: str) -> bool:
    return letter not in _SEEN and unicodedata.category(letter) in ("Cc", "Cf", "Cn", "Co", "Zl", "Zp")


def _escaped(text: str) -> str:
    return '"' + "".join(_SHORT_ESCAPES.get(one, _code(one) if _is_unseen(one) else one) for one in text) + '"'


def _code(letter: str) -> str:
    number = ord(letter)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _paused(turns: Sequence[Turn]) -> Iterator[Turn]:
    """Yield *turns* with the long pauses between them."""
    before = next((turn.at for turn in turns if turn.does is not None), 0)
    for turn in turns:
        pause = turn.at - before
        if turn.does == WAITS:
            yield replace(turn, value=_length(max(pause, 1)))
        elif turn.does is not None and pause >= LONG_PAUSE:
            yield Turn(turn.at, WAITS, _length(pause // 1000 * 1000))
            yield turn
        else:
            yield turn
        before = turn.at if turn.does is not None else before


def _length(milliseconds: int) -> str:
    return shown(-(-milliseconds // 1000))


def _written(turn: Turn) -> Iterator[str]:
    yield from _comments(turn.notes)
    if turn.does is None:
        return
    entries: dict[str, object] = {turn.does: turn.value}
    if turn.user != FIRST:
        entries["as"] = turn.user
    if turn.group is not None:
        entries["in"] = turn.group
    if turn.mention:
        entries["mention"] = True
    for key, messages in (("hears", turn.hears), ("pushed", turn.pushed)):
        if messages is not None:
            entries[key] = _wanted(messages)
    start = "- "
    for key, value in entries.items():
        if isinstance(value, list):
            yield f"{start}{key}:"
            yield from (f"    - {yaml_of(one)}" for one in value)
        else:
            yield f"{start}{key}: {yaml_of(value)}"
        start = "  "


def _wanted(messages: Messages) -> object:
    """Return what a step is to want, so that just these fit."""
    if not messages:
        return NOTHING
    each = [_fitting(as_sent(message)) for message in messages]
    return each if len(each) > 1 or each[0] == NOTHING else each[0]


def _fitting(message: Mapping[str, object]) -> object:
    """Return its text; of what has none only its kind, since addresses and ids are others each time."""
    if text := text_of(message):
        return text
    kind = message.get("type")
    return {"json": {"type": kind}} if isinstance(kind, str) else {"pattern": ""}


def _comments(notes: Sequence[str]) -> Iterator[str]:
    for note in notes:
        yield f"# {' '.join(plain(note).split())}"
