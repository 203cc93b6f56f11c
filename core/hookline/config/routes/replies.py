"""Turn what a ``reply:`` lists into messages, and find what the platform would refuse and what can't be filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...adapters.adapter import AdapterKind, FillOf
from ...adapters.fields import EventField
from ...adapters.filling import fill_neutral
from ...adapters.flaws import Flaw, FlawPath, PartialText, judged, mended, where
from ...adapters.rendering import check_neutral, rendered
from ...findings.findings import Findings, listed, near
from ...neutral import is_neutral, is_plain_text
from ...routing.templates import ROOTS, USUAL_ROOTS, MessageTemplate, Placeholder, Template, parse
from ..yaml.marks import YamlPath
from .braces import check_braces
from .event_fields import Heard, field_of, is_raw, names_of, types_of
from .objects import MessageObject, read_objects
from .oddities import check_sent
from .surroundings import Site, Surroundings

SENDER_NAMES = ("id", "name", "language", "picture", "status")


@dataclass(frozen=True, slots=True)
class _Names:
    """Say what placeholders may name: what stands *around*, the *captures* and what the events say that are *heard*.

    Without captures there may be any; without what is heard it may be any event.
    """

    around: Surroundings
    captures: frozenset[str] | None
    heard: Heard | None

    def has(self, placeholder: Placeholder) -> bool:
        """Say whether there is such a thing."""
        if placeholder.root not in ROOTS:
            return False
        if placeholder.root in ("flow", "entry"):
            answers = self.around.answers if placeholder.root == "flow" else self.around.entry
            return answers is not None and answers.has(placeholder.name)
        if placeholder.root == "event":
            return is_raw(placeholder.name) or field_of(placeholder.name, self.around.adapter) is not None
        known = self.below(placeholder.root)
        return bool(placeholder.name) if known is None else placeholder.name in known

    def below(self, root: str) -> Iterable[str] | None:
        """Return the names that *root* has; None when it may have any."""
        match root:
            case "sender":
                return SENDER_NAMES
            case "event":
                return names_of(self.around.adapter)
            case "settings":
                return self.around.known_settings
            case "match":
                return self.captures
            case "flow":
                return () if self.around.answers is None else self.around.answers.names
            case "tap":
                return self.around.taps
            case "entry":
                return () if self.around.entry is None else self.around.entry.names
        return None  # state and person: whatever was put there

    def is_fine(self, placeholder: Placeholder) -> bool:
        """Say whether there is nothing to report of it."""
        if placeholder.root == "flow" and placeholder.default is None and not self.is_sure(placeholder.name):
            return False
        return self.has(placeholder) and self.missing(placeholder) is None

    def is_sure(self, name: str) -> bool:
        """Say whether the answer *name* is known whenever this is said."""
        return self.around.answers is not None and self.around.answers.is_sure(name)

    def missing(self, placeholder: Placeholder) -> EventField | None:
        """Return the field of an event that *placeholder* shows, if none of the events has it."""
        field = field_of(placeholder.name, self.around.adapter) if placeholder.root == "event" else None
        return field if field is not None and self.lacks(field) else None

    def lacks(self, field: EventField) -> bool:
        """Say whether none of the events has *field*."""
        return self.heard is not None and self.heard.lacks(field)


def build_messages(
    items: Sequence[str | dict[str, Any]],
    site: Site,
    around: Surroundings,
    captures: frozenset[str] | None = frozenset(),
    on: frozenset[str] | None = None,
    chats: Sequence[str] = (),
    names: Surroundings | None = None,
) -> tuple[MessageTemplate, ...]:
    """Return the messages that a ``reply:`` lists; report what the platform would refuse.

    *captures* are the names that ``{match.…}`` may use; None allows any. *on* are the types of events that are
    answered; None when they may be of any. *chats* are the only kinds of chats that the reply is for, if it is known.
    What placeholders may name stands around *names*, where another bot than that of *around* hears the events.
    """
    heard_by = names or around
    known = _Names(heard_by, captures, None if on is None else Heard(heard_by.adapter, on))
    check_sent(site, around.findings)
    is_list = site.marks.has((*site.path, 0))
    messages = [
        message
        for index, item in enumerate(items)
        for message in read_objects(item, site.below(index) if is_list else site, around)
    ]
    messages = [_quoting(message, known) if "quote" in message.body else message for message in messages]
    templates = tuple(
        MessageTemplate(one.body, is_quoting=one.is_quoting, fill=_fill_of(one.body, around.adapter))
        for one in messages
    )
    flaws = _check_messages(messages, templates, around, chats)
    for message, template in zip(messages, templates, strict=True):
        if not all(known.is_fine(one) for one in template.placeholders):
            _check_placeholders(message, known)
        if message.site.marks is site.marks:
            check_braces(message.body, message.site, around, captures or ())
    most = around.adapter.messages_per_answer
    if len(messages) > most:
        around.findings.error(site.value(), f"{len(messages)} messages in one reply, at most {most}")
    bodies = mended([message.body for message in messages], (flaw for flaw in flaws if flaw.is_tacit))
    fill = around.adapter.fill
    return tuple(
        template if body is template.body else MessageTemplate(body, is_quoting=template.is_quoting, fill=fill)
        for template, body in zip(templates, bodies, strict=True)
    )


def check_text(
    key: str,
    text: str,
    site: Site,
    around: Surroundings,
    captures: frozenset[str],
    on: frozenset[str],
    *,
    may_be_any: bool = False,
) -> Template:
    """Return *text*, which stands under *key* of *site*, and report what can't be filled in it.

    *captures* are the names that ``{match.…}`` may use, or any where it *may_be_any*; *on* are the types of events that
    it is filled for.
    """
    message = MessageObject({key: text}, site)
    _check_placeholders(message, _Names(around, None if may_be_any else captures, Heard(around.adapter, on)))
    check_braces(message.body, site, around, captures)
    return parse(text)


def _check_messages(
    messages: Sequence[MessageObject],
    templates: Sequence[MessageTemplate],
    around: Surroundings,
    chats: Sequence[str],
) -> Sequence[Flaw]:
    """Report what the platform would refuse or ignore, and return it."""

    def certain() -> Sequence[Mapping[str, Any]]:
        return [_certain(template, message) for message, template in zip(messages, templates, strict=True)]

    look = (around.adapter.name, tuple((message.site.marks.file, message.site.path) for message in messages))
    check = partial(_judged, around)  # asked once for all bots that share the messages
    flaws = around.json_files.flaws(look, lambda: check(certain()))
    here = _flaws_in(chats, certain(), around) if chats else []
    told = [flaw for flaw in (*flaws, *here) if not flaw.is_tacit]
    wrong: list[set[FlawPath]] = [set() for _ in messages]
    for flaw in told:
        index = int(flaw.path[0])
        _report(flaw, messages[index], flaw.path[1:], around)
        wrong[index].add(flaw.path[1:])
    for message, paths in zip(messages, wrong, strict=True):
        _check_nothing(message, paths, around.findings)
    return flaws


def _judged(around: Surroundings, bodies: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    """Return what is wrong with the messages *bodies*, those that are written in neutral words as they are rendered.

    What is wrong with what is rendered is told at the word that it was made of, or at the whole message.
    """
    kind, flaws = around.adapter, list[Flaw]()
    sent: list[Mapping[str, Any]] = []
    origins: list[FlawPath] = []
    for index, body in enumerate(bodies):
        if not is_neutral(body) or is_plain_text(body):
            sent += rendered(kind, body).messages[:1]
            origins.append((index,))
            continue
        wrong = [flaw.below(index) for flaw in check_neutral(body, around.platforms)]
        flaws += wrong
        if wrong:
            continue
        found = rendered(kind, body)
        flaws += [Flaw((index, loss.word), loss.reason, is_key=True, is_loss=True) for loss in found.losses]
        sent += found.messages
        origins += _origins(index, body.get(kind.name), kind.name, len(found.messages))
    return [*flaws, *(_traced(flaw, origins) for flaw in judged(sent, kind.check_messages))]


def _origins(index: int, raw: object, name: str, count: int) -> list[FlawPath]:
    if isinstance(raw, list):
        return [(index, name, number) for number in range(count)]
    return [(index, name) if isinstance(raw, Mapping) else (index, "")] * count


def _traced(flaw: Flaw, origins: Sequence[FlawPath]) -> Flaw:
    """Return *flaw* as one of what was written, not of what it was rendered to."""
    origin, rest = origins[int(flaw.path[0])], flaw.path[1:]
    if origin[-1] != "":
        return replace(flaw, path=(*origin, *rest))
    shown = f"`{where(rest)}` of what it becomes: {flaw.reason}" if rest else flaw.reason
    return replace(flaw, path=origin[:1], reason=shown, is_key=False, instead=None, is_tacit=False)


def _fill_of(body: Mapping[str, Any], kind: AdapterKind) -> FillOf:
    """Return how values are written into *body*: by the platform's rules into what is its own, else by the words'."""
    if not is_neutral(body) or is_plain_text(body):
        return kind.fill
    own = set(_parts_of(body.get(kind.name)))
    return lambda owner, key: kind.fill(owner, key) if id(owner) in own else fill_neutral(owner, key)


def _parts_of(value: object) -> Iterator[int]:
    """Yield the identity of each object in *value*."""
    if isinstance(value, Mapping):
        yield id(value)
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _parts_of(one)


def _flaws_in(chats: Sequence[str], messages: Sequence[Mapping[str, Any]], around: Surroundings) -> Sequence[Flaw]:
    """Return what is wrong with *messages* in every one of the kinds of *chats*."""
    own = [body if not is_neutral(body) else {} for body in messages]  # what is neutral fits everywhere
    first, *others = [judged(own, partial(around.adapter.check_in_chat, chat)) for chat in chats]
    everywhere = [{(flaw.path, flaw.reason) for flaw in other} for other in others]
    return [flaw for flaw in first if all((flaw.path, flaw.reason) in other for other in everywhere)]


def _report(flaw: Flaw, message: MessageObject, path: FlawPath, around: Surroundings) -> None:
    place = message.place(path, is_key=flaw.is_key)
    what = f"`{where(path)}`" if path else "this message"
    hint = flaw.hint or near(flaw.given, flaw.known, partial(_known_words, flaw.known))
    name, findings = around.adapter.name, around.findings
    if flaw.is_loss:
        findings.warning(place, f"{name}: {what} {flaw.reason}", hint)
    elif flaw.stops(lets_unknown=around.lets_unknown):
        findings.error(place, f"{name} would refuse {what}: {flaw.reason}", hint)
    elif flaw.is_refused:
        findings.warning(place, f"{name} may refuse {what}: {flaw.reason}", hint)
    else:
        findings.warning(place, f"{name} would ignore {what}: {flaw.reason}", hint)


def _check_nothing(message: MessageObject, wrong: set[FlawPath], findings: Findings) -> None:
    """Report the keys with nothing behind them, but for those that are *wrong* for it."""
    marks, start = message.site.marks, message.site.path
    for path in sorted(message.left_out, key=str):
        if path not in wrong and (*start, *path) not in marks.odd:  # of a comment in its place there is more to say
            reason = f"nothing stands behind `{where(path)}`, so the message goes out without it"
            findings.warning(message.place(path, is_key=True), reason, "write its value, or leave the key out")


def _certain(template: MessageTemplate, message: MessageObject) -> Any:
    """Return the message as it is certain to be sent: of a text with placeholders only the literal parts are."""
    if message.site.marks.made_up:
        return _literal(_without_made_up(template.parsed, message, ()))
    return template.body if template.parsed is template.body else _literal(template.parsed)


def _literal(value: Any) -> Any:
    if isinstance(value, Template):
        literal = "".join(part for part in value.parts if isinstance(part, str))
        start, *rest = value.parts
        if rest or isinstance(start, Placeholder):
            return PartialText(literal, start if isinstance(start, str) else "", is_whole=not rest)
        return literal
    if isinstance(value, Mapping):
        return {name: _literal(item) for name, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value


def _without_made_up(value: Any, message: MessageObject, path: YamlPath) -> Any:
    """Return *value* with nothing certain where a variable stands that needn't be set."""
    if isinstance(value, str | Template):
        return PartialText("", "", is_whole=True) if message.is_made_up(path) else value
    if isinstance(value, Mapping):
        return {name: _without_made_up(item, message, (*path, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_made_up(item, message, (*path, index)) for index, item in enumerate(value)]
    return value


def _known_words(known: Sequence[str]) -> str | None:
    return f"known are {', '.join(f'`{word}`' for word in known)}" if known else None


def _quoting(message: MessageObject, names: _Names) -> MessageObject:
    """Return *message* as the platform has it, without our ``quote:``; report one that can't be."""
    quoting, findings = names.around.adapter.quoting, names.around.findings
    if quoting is None:
        return message  # what the word means there is the platform's to say
    body = {name: value for name, value in message.body.items() if name != "quote"}
    place, wanted = message.place(("quote",), is_key=True), message.body["quote"]
    if not isinstance(wanted, bool):
        findings.error(message.place(("quote",)), "expected true or false, unquoted, for `quote`")
    elif wanted and body.get("type") not in quoting.types:
        hint = f"only {', '.join(f'`{kind}`' for kind in sorted(quoting.types))} can"
        findings.error(place, f"`quote`: {names.around.adapter.name} can't quote with a message of this type", hint)
    elif wanted and quoting.key in body:
        findings.error(place, f"`quote` and `{quoting.key}` say the same twice", "leave one of the two out")
    elif wanted and names.lacks(names.around.adapter.fields[quoting.field]):
        hint = f"these can: {types_of(names.around.adapter.fields[quoting.field])}"
        findings.warning(place, "`quote`: none of the events of this route can be quoted", hint)
    return replace(message, body=body, is_quoting=wanted is True)


def _check_placeholders(message: MessageObject, names: _Names) -> None:
    findings = names.around.findings
    for path, placeholder in _placeholders(message.body, ()):
        written, place = placeholder.source, message.place(path)
        field = names.missing(placeholder)
        if placeholder.root not in ROOTS:
            hint = near(placeholder.root, ROOTS, f"known are {', '.join(USUAL_ROOTS)}; literal is {{{written}}}")
            findings.error(place, f"unknown placeholder `{written}`", hint)
        elif not names.has(placeholder):
            known = names.below(placeholder.root) or ()
            hint = near(placeholder.name, known, partial(_known_hint, placeholder.root, known))
            findings.error(place, f"unknown name in `{written}`", hint)
        elif placeholder.root == "flow" and placeholder.default is None and not names.is_sure(placeholder.name):
            reason = "it is asked under another `when:`, so it may not be known"
            findings.error(place, f"`{written}`: {reason}", f"write what to say then: `{written[:-1]}|…}}`")
        elif field is not None:
            reason = "none of the events of this route has it"
            findings.warning(place, f"`{written}` is always empty here: {reason}", f"it is said by {types_of(field)}")


def _placeholders(value: Any, path: YamlPath) -> Iterator[tuple[YamlPath, Placeholder]]:
    """Yield the placeholders in every string of *value*, with the path of the string."""
    if isinstance(value, str):
        if "{" in value:
            yield from ((path, placeholder) for placeholder in parse(value).placeholders)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _placeholders(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _placeholders(item, (*path, index))


def _known_hint(root: str, known: Iterable[str]) -> str:
    names = listed(sorted(known))
    return f"known here: {names}" if names else f"`{root}` has no names here"
