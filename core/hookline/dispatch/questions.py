"""Write what a dialog says: questions with what can be tapped, in the language of whoever is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from ..bots.bot import Bot
from ..flows.answers import typed_value
from ..flows.bounds import at
from ..flows.effects import MARK, Asked, Chosen, Told
from ..flows.flow import MORE, Ask, Confirm, Flow, Question, Rounds
from ..flows.instance import Instance
from ..flows.walk import is_of_round, part_of
from ..flows.words import own, own_language
from ..messages import Message
from ..neutral import Button, Neutral, Quick, is_neutral, neutral_of
from ..plugins.dialogs import Choice
from ..routing.templates import as_text
from ..routing.wordings import Wording

MOST_QUICK, MOST_BUTTONS = 13, 4
_DAYS = {"zh-TW": "一二三四五六日", "ja": "月火水木金土日"}
_THAI_DAYS = ("จ.", "อ.", "พ.", "พฤ.", "ศ.", "ส.", "อา.")


def data_of(instance: Instance, step: str, value: str) -> str:
    """Return what a tapped button brings back."""
    return f"{MARK}{instance.id}|{step}|{value}"


class Speaker:
    """Say things of one bot in one language; *flow* is whose questions they are."""

    def __init__(self, bot: Bot, language: str | None, now: datetime) -> None:
        self._bot = bot
        self.language = language
        self._own = own_language(language)
        self._now = now

    def label(self, key: str) -> str:
        """Return the label *key* of hookline's own buttons."""
        return str(own()["labels"][key][self._own])

    def text(self, key: str, label: str = "") -> str:
        """Return hookline's own text *key*: of what is called *label*, if it is called anything."""
        texts = own()["labelled" if label and key in own()["labelled"] else "texts"]
        return str(texts[key][self._own]).replace("{label}", label)

    def told(self, told: Told, given: Sequence[Message]) -> list[Message]:
        """Return one of hookline's texts: what is *given* in the bot's file instead of it, or its own."""
        return list(given) or [Message.from_text(self.text(told.key))]

    def question(self, asked: Asked, flow: Flow, written: Sequence[Message]) -> list[Message]:
        """Return a question: what is *written* for it, or hookline's own, with what can be tapped below."""
        question = asked.question
        messages = list(written) or [Message.from_text(self._usual(asked, flow))]
        if isinstance(question, Confirm):
            return self._with(messages, self._confirming(asked.instance))
        style = question.style
        taps = [] if style == "none" else self._taps(asked, question)
        controls = self._controls(asked.instance, question, flow)
        if style == "buttons" and question.kind == "choice" and len(asked.choices) <= MOST_BUTTONS:
            buttons = [Button(tap.label, postback=tap.postback) for tap in taps if tap.postback]
            return self._with(messages, controls, buttons)
        return self._with(messages, [*taps, *controls])

    def choosing(self, chosen: Chosen, given: Sequence[Message]) -> list[Message]:
        """Return the question which answer is to be changed: as it is *given* in the bot's file, or hookline's own."""
        taps = [Quick(ask.title, postback=data_of(chosen.instance, "@choose", ask.name)) for ask in chosen.asks]
        return self._with(list(given) or [Message.from_text(self.text("which"))], taps[:MOST_QUICK])

    def again(self, identity: str, messages: Sequence[Message]) -> list[Message]:
        """Return *messages* with a button that begins a flow again."""
        return self._with(messages, [Quick(self.label("again"), postback=f"{MARK}{identity}|@again|")])

    def shown(self, flow: Flow, instance: Instance, line: Any) -> dict[str, Any]:
        """Return what ``{flow.…}`` shows: each answer by its name, and in words by ``NAME.text``.

        *line* writes one round of a list.
        """
        values: dict[str, Any] = {}
        for step in flow.steps:
            if step.name not in instance.known:
                continue
            value = instance.known[step.name]
            if isinstance(step, Rounds):
                is_whole = instance.asked == step.asks_more.name and not value["closed"]
                rounds = [*value["rounds"], *([value["entry"]] if is_whole else [])]
                values[step.name] = "\n".join(line(step, entry) for entry in rounds)
                values[f"{step.name}.count"] = len(rounds)
            elif isinstance(step, Ask) and step.everyone is not None:
                values |= self._votes(step, value)
            elif isinstance(step, Ask):
                values[step.name] = value if not isinstance(value, dict) else value.get("id") or value
                values[f"{step.name}.text"] = self.in_words(step, value, instance)
                if isinstance(value, dict):
                    values |= {f"{step.name}.{key}": part for key, part in value.items()}
            elif isinstance(value, Mapping):
                values |= {f"{step.name}.{key}": part for key, part in value.items()}
        return values

    def in_words(self, ask: Ask, value: Any, instance: Instance | None = None) -> str:
        """Return an answer as people read it: a day with its weekday, a choice by its label."""
        if value is None:
            return ""
        typed = typed_value(ask, value)
        match typed:
            case datetime():
                return f"{self._day(typed.date())} {typed:%H:%M}"
            case date():
                return self._day(typed)
            case time():
                return f"{typed:%H:%M}"
            case bool():
                return self.label("yes" if typed else "no")
        if ask.kind == "choice":
            offered = ask.choices if isinstance(ask.choices, tuple) else _kept(instance)
            return next((one.shown_in(self.language) for one in offered if one.value == value), str(value))
        return as_text(value) if not isinstance(value, dict) else str(value.get("title") or value.get("address") or "")

    def _votes(self, ask: Ask, votes: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {f"{ask.name}.count": len(votes)}
        for choice in ask.choices if isinstance(ask.choices, tuple) else ():
            people = [person for person, value in votes.items() if value == choice.value]
            found[f"{ask.name}.{choice.value}"] = people
            found[f"{ask.name}.{choice.value}.count"] = len(people)
        return found

    def _day(self, day: date) -> str:
        match self._own:
            case "zh-TW" | "ja" as language:
                return f"{day.month}月{day.day}日（{_DAYS[language][day.weekday()]}）"
            case "th":
                return f"{_THAI_DAYS[day.weekday()]} {day.day}/{day.month}"
        return f"{day:%a} {day.day} {day:%b}"

    def _usual(self, asked: Asked, flow: Flow) -> str:
        """Return hookline's own words for a question."""
        question = asked.question
        if isinstance(question, Confirm):
            return "\n".join([*self.summary(flow, asked.instance), self.text("confirm")])
        return self.text(key_of(question, is_retry=asked.is_retry), question.called)

    def summary(self, flow: Flow, instance: Instance) -> list[str]:
        """Return each answer with its label."""
        asks = [ask for ask in flow.asks if instance.known.get(ask.name) is not None]
        return [f"{ask.title}: {self.in_words(ask, instance.known[ask.name], instance)}" for ask in asks]

    def _confirming(self, instance: Instance) -> list[Quick]:
        return [
            Quick(self.label("yes"), postback=data_of(instance, instance.asked or "confirm", "yes")),
            Quick(self.label("change"), postback=data_of(instance, "@change", instance.asked or "confirm")),
            Quick(self.label("cancel"), postback=data_of(instance, "@cancel", instance.asked or "confirm")),
        ]

    def _controls(self, instance: Instance, ask: Ask, flow: Flow) -> list[Quick]:
        names = [*flow.controls]
        if ask.is_optional and "skip" not in names:
            names.insert(0, "skip")
        return [Quick(self.label(name), postback=data_of(instance, f"@{name}", ask.name)) for name in names]

    def _taps(self, asked: Asked, ask: Ask) -> list[Quick]:
        """Return what can be tapped to answer."""
        instance = asked.instance
        match ask.kind:
            case "choice":
                return self._choices(asked, ask)
            case "yes_no":
                answers = ("yes", "no")
                return [Quick(self.label(one), postback=data_of(instance, ask.name, one)) for one in answers]
            case "date" | "time" | "datetime" as kind:
                since, until = self._limits(ask)
                label = self.label("pick")
                return [Quick(label, postback=data_of(instance, ask.name, ""), pick=kind, since=since, until=until)]
            case "image":
                return [Quick(self.label("picture"), pick="picture")]
            case "location":
                return [Quick(self.label("place"), pick="place")]
        return []

    def _choices(self, asked: Asked, ask: Ask) -> list[Quick]:
        taps = [
            Quick(choice.shown_in(self.language), postback=data_of(asked.instance, ask.name, choice.value))
            for choice in asked.choices
        ]
        controls = len(self._controls_of(ask))
        most = MOST_QUICK - controls
        if len(taps) <= most:
            return taps
        following = data_of(asked.instance, "@more", f"{ask.name}|{asked.skipped + most - 1}")
        return [*taps[: most - 1], Quick(self.label("more"), postback=following)]

    def _controls_of(self, ask: Ask) -> Sequence[str]:
        return ["skip"] if ask.is_optional else []

    def _limits(self, ask: Ask) -> tuple[str | None, str | None]:
        """Return the first and the last that may be picked."""
        least, most = at(ask.bounds.least, self._now), at(ask.bounds.most, self._now)
        if ask.kind == "datetime":
            return (
                None if not isinstance(least, date) else f"{least.isoformat()}T00:00",
                None if not isinstance(most, date) else f"{most.isoformat()}T23:59",
            )
        return _written(least), _written(most)

    def _with(
        self, messages: Sequence[Message], quick: Sequence[Quick], buttons: Sequence[Button] = ()
    ) -> list[Message]:
        """Return *messages*, the last with what can be tapped; a platform's own object gets a text behind it."""
        if not (quick or buttons):
            return list(messages)
        *before, last = messages
        if not is_neutral(last.body):
            before, last = [*before, last], Message.from_text(self.text("retry.choice"))
        neutral = neutral_of(last.body)
        body = Neutral(
            neutral.text, neutral.image, neutral.video, neutral.audio, neutral.file, neutral.location, neutral.card,
            [*neutral.buttons, *buttons], [*neutral.quick, *quick][:MOST_QUICK], neutral.alt, neutral.raw,
        ).body()  # fmt: skip
        return [*before, Message(body)]


def key_of(question: Question, *, is_retry: bool) -> str:
    """Return the key of hookline's own text for a question."""
    if isinstance(question, Confirm):
        return "confirm"
    if is_of_round(question.name) and part_of(question.name) == MORE and not is_retry:
        return f"ask.{MORE}"
    return f"{'retry' if is_retry else 'ask'}.{question.kind}"


def _kept(instance: Instance | None) -> Sequence[Choice]:
    return [] if instance is None else [Choice(value, label, tuple(words)) for value, label, words in instance.offered]


def _written(bound: object) -> str | None:
    match bound:
        case time():
            return f"{bound:%H:%M}"
        case date():
            return bound.isoformat()
    return None


def line_of(wording: Wording, language: str | None, step: Rounds, entry: Mapping[str, Any], speaker: Speaker) -> str:
    """Return one round of a list, as its ``line`` shows it."""
    values: dict[str, Any] = {}
    for ask in step.steps:
        name = part_of(ask.name)
        if name in entry:
            values[name] = entry[name]
            values[f"{name}.text"] = speaker.in_words(ask, entry[name])
    template = wording.in_language(language)[0]
    return str(template.render({"entry": values}).get("text", ""))
