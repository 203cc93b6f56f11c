"""Play conversations that are written as tests, and say at which line one went otherwise, and what came instead."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from ..adapters.simulated import Button, Sent, SentFile
from ..config.configuration import BotConfiguration
from ..config.loading import load
from ..dispatch.laters import all_of
from ..errors import HooklineError
from ..events import Event
from ..findings.findings import Place
from ..flows.effects import FLOW_ROUTE
from ..flows.flow import Ask, Confirm
from ..hooks import hookimpl
from ..pace import IMPATIENT
from ..plugins.dialogs import Again, Choice, Refuse
from ..plugins.installed import Installed
from ..plugins.registry import Plugin, PluginRegistry
from ..plugins.shared import PERSON, SharedKey
from ..telling.settings import chosen
from .buttons import buttons_of, sent_to
from .clock import ManualClock
from .exchange import Exchange, text_of
from .logs import kept_logs
from .playground import Playground
from .scripts import NOTHING, Case, Script, Step

USUAL: Mapping[str, Mapping[str, Any]] = {
    "sticker": {"packageId": "1", "stickerId": "2"},
    "location": {"latitude": 25.03, "longitude": 121.56},
}
"""What is sent where a test says no more than its kind."""

BEGIN = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
"""When a conversation begins that doesn't say: a Tuesday."""


class WentOtherwiseError(HooklineError):
    """Say that a conversation went otherwise than its test wants: where, what was wanted, what came, and why."""

    def __init__(self, place: Place, wanted: str, came: str, why: str) -> None:
        self.place = place
        self.wanted = wanted
        self.came = came
        self.why = why
        super().__init__(f"{place.file}:{place.line}: wanted {wanted}\n  came {came}\n  {why}".rstrip())


@dataclass
class Coverage:
    """Count what conversations have come by: routes that answered, questions that were asked."""

    routes: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)

    @property
    def percent(self) -> float:
        """Return how much of what there is was come by."""
        return 100.0 if not self.known else 100.0 * len(self.routes & self.known) / len(self.known)

    @property
    def missed(self) -> Sequence[str]:
        """Return what no conversation has come by."""
        return sorted(self.known - self.routes)


async def play(script: Script, case: Case, files: Sequence[Path], coverage: Coverage | None = None) -> None:
    """Play *case* of *script* with the bots of *files*; raise WentOtherwiseError, or ConfigError."""
    stand_ins = StandIns(script.handlers)
    registry = PluginRegistry.discover()
    stand_ins.install(registry, case)
    configuration = load(files, registry, is_simulated=True)
    bot = chosen(configuration, script.bot)
    configuration = replace(configuration, bots={bot.name: stand_ins.put_in(bot)})
    begin = case.at or script.at or BEGIN
    clock = ManualClock(round((begin if begin.tzinfo else begin.replace(tzinfo=bot.timezone)).timestamp() * 1000))
    if coverage is not None:
        coverage.known |= _comeable(bot)
    with kept_logs(configuration.secrets), tempfile.TemporaryDirectory(prefix="hookline-test-"):
        playground = await Playground.open(configuration, clock, IMPATIENT)
        try:
            await _Player(playground, bot, clock, stand_ins, coverage or Coverage()).play(case)
        finally:
            await playground.close()


class StandIns:
    """Stand in for handlers of plugins: each returns what a test says, or raises what it says it fails with."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = dict(given)
        self.failing: dict[str, str] = {}

    def install(self, registry: PluginRegistry, case: Case) -> None:
        """Offer plugins that aren't installed, of which only handlers are known that stand in."""
        for step in case.steps:
            if step.does == "fails" and isinstance(step.value, Mapping):
                for target in step.value:
                    self._given.setdefault(target, None)
        for plugin in {target.partition(".")[0] for target in self._given} - set(registry.installed):
            name = f"hookline_stand_in_{plugin}"
            module = ModuleType(name)
            module.__file__ = f"/{name}.py"  # beside which there is nothing
            vars(module)["hookline_handlers"] = self._hook_of(plugin)
            sys.modules[name] = module
            registry.add(Installed(plugin, name, "stand-in", "0"))

    def _hook_of(self, plugin: str) -> Callable[[], Mapping[str, Any]]:
        @hookimpl
        def hookline_handlers() -> Mapping[str, Any]:
            return self._handlers_of(plugin)

        return hookline_handlers

    def put_in(self, bot: BotConfiguration) -> BotConfiguration:
        """Return *bot* with what stands in for handlers of its plugins."""
        uses = {name: replace(use, plugin=self._changed(use.plugin)) for name, use in bot.plugins.items()}
        return replace(bot, plugins=uses)

    def _changed(self, plugin: Plugin) -> Plugin:
        return replace(plugin, handlers={**plugin.handlers, **self._handlers_of(plugin.name, plugin.handlers)})

    def _handlers_of(self, plugin: str, real: Mapping[str, Callable[..., Any]] | None = None) -> dict[str, Any]:
        names = [target.partition(".")[2] for target in self._given if target.partition(".")[0] == plugin]
        return {name: self._handler(f"{plugin}.{name}", (real or {}).get(name)) for name in names}

    def _handler(self, target: str, real: Callable[..., Any] | None) -> Callable[..., Any]:
        async def stand_in(context: Any) -> Any:
            if target in self.failing:
                raise RuntimeError(self.failing[target])
            if self._given[target] is None and real is not None:
                return await real(context)
            return _returned(self._given[target])

        return stand_in


class _Player:
    """Play one conversation."""

    def __init__(
        self, playground: Playground, bot: BotConfiguration, clock: ManualClock, stand_ins: StandIns, coverage: Coverage
    ) -> None:
        self._playground = playground
        self._bot = bot
        self._platform = playground.platform(bot.name)
        self._clock = clock
        self._stand_ins = stand_ins
        self._coverage = coverage
        self._exchange: Exchange | None = None
        self._before: Exchange | None = None
        self._sent = 0
        self._unheard = False

    async def play(self, case: Case) -> None:
        """Do all steps, and look at what they want."""
        for step in case.steps:
            if step.does is not None:
                if case.is_strict and self._unheard and self._new():
                    raise self._otherwise(step.place, NOTHING, _shown(self._new()))
                self._sent = len(self._platform.sent)
                self._exchange = None
                await self._do(step)
                self._unheard = "hears" not in step.wanted and "pushed" not in step.wanted
            if "hears" in step.wanted or "pushed" in step.wanted:
                self._unheard = False
            await self._check(step)

    async def _do(self, step: Step) -> None:
        if step.does in ("waits", "at", "restarts", "fails"):
            await self._let(step)
            return
        self._exchange = self._before = await self._happen(step)
        if self._exchange.route is not None:
            self._coverage.routes.add(self._exchange.route)

    async def _let(self, step: Step) -> None:
        """Let time pass, or the host or a handler fail."""
        match step.does:
            case "waits":
                await self._playground.passes(self._clock, float(step.value))
            case "at":
                moment = step.value.replace(tzinfo=step.value.tzinfo or self._bot.timezone)
                await self._playground.passes(self._clock, moment.timestamp() - self._clock.now() / 1000)
            case "restarts":
                await self._playground.restart()
            case "fails":
                given = step.value if isinstance(step.value, Mapping) else {}
                self._stand_ins.failing = {target: str(why) for target, why in given.items() if why}

    async def _happen(self, step: Step) -> Exchange:
        """Let a person do something."""
        play, name, who, group = self._playground, self._bot.name, step.user, step.group
        match step.does:
            case "says":
                return await play.says(name, str(step.value), who, group, mention=step.mention)
            case "taps":
                return await self._tap(step)
            case "picks":
                return await self._pick(step)
            case "sends":
                return await self._send(step)
            case "unsends":
                message = self._last_event(step).message_id
                return await play.happens(name, "unsend", who, group, unsend={"messageId": message})
            case "redelivers":
                return await play.send(name, self._last_event(step).raw)
        kind = {"follows": "follow", "joins": "join"}.get(str(step.does), "leave" if group else "unfollow")
        return await play.happens(name, kind, who, group)

    async def _tap(self, step: Step) -> Exchange:
        button = self._button(step)
        name, who, group = self._bot.name, step.user, step.group
        if button.data is not None:
            return await self._playground.taps(name, button.data, who, group)
        if button.says is not None:
            return await self._playground.says(name, button.says, who, group)
        raise self._otherwise(
            step.place, "a button that says or sends something", f"`{button.label}` opens {button.url}"
        )

    async def _pick(self, step: Step) -> Exchange:
        """Pick a date or a time with the picker that was sent last."""
        for sent in sent_to(self._platform, step.user, step.group):
            for message in reversed(sent.messages):
                for item in (message.get("quickReply") or {}).get("items", ()):
                    action = item.get("action", {})
                    if action.get("type") == "datetimepicker":
                        params = {str(action.get("mode", "date")): str(step.value)}
                        given = {"data": action.get("data", ""), "params": params}
                        return await self._playground.happens(
                            self._bot.name, "postback", step.user, step.group, postback=given
                        )
        raise self._otherwise(step.place, "a picker", "no message with one")

    async def _send(self, step: Step) -> Exchange:
        name, who, group, value = self._bot.name, step.user, step.group, step.value
        if isinstance(value, str):
            value = {value: {}}
        elif isinstance(value, Mapping) and isinstance(value.get("type"), str):  # as the platform writes it
            value = {value["type"]: {name: fact for name, fact in value.items() if name != "type"}}
        (kind, fields), *_ = value.items() if isinstance(value, Mapping) and value else (("message", {}),)
        facts = dict(fields) if isinstance(fields, Mapping) else {"data": fields}
        if kind in ("image", "video", "audio", "file"):
            file = SentFile(b"content", kind, str(facts.get("name", f"{kind}.bin")))
            return await self._playground.gives(name, file, who, group)
        if kind == "postback":
            return await self._playground.taps(name, str(facts.get("data", "")), who, group)
        if kind in USUAL:
            facts = {"message": {"id": f"{self._clock.now()}", "type": kind, **USUAL[kind], **facts}}
            kind = "message"
        return await self._playground.happens(name, kind, who, group, **facts)

    # What came

    async def _check(self, step: Step) -> None:
        for key, wanted in step.wanted.items():
            place = step.places[key]
            match key:
                case "hears":
                    heard = list(self._exchange.messages) if self._exchange is not None else []
                    self._compare(place, wanted, heard)
                case "pushed":
                    self._compare(place, wanted, [one for sent in self._pushes() for one in sent.messages])
                case "route" | "outcome":
                    came = None if self._exchange is None else getattr(self._exchange, key)
                    if came != wanted:
                        raise self._otherwise(place, f"{key} {wanted}", f"{key} {came}")
                case "state" | "person":
                    await self._check_kept(place, key, wanted, step)
                case "flow":
                    await self._check_flow(place, wanted, step)
                case "later":
                    await self._check_later(place, wanted)

    def _compare(self, place: Place, wanted: Any, came: Sequence[Mapping[str, Any]]) -> None:
        if wanted == NOTHING or wanted == []:
            if came:
                raise self._otherwise(place, NOTHING, _shown(came))
            return
        each = wanted if isinstance(wanted, list) else [wanted]
        if len(each) != len(came) or not all(_fits(one, message) for one, message in zip(each, came, strict=True)):
            raise self._otherwise(place, "; ".join(map(_told, each)), _shown(came) or NOTHING)

    async def _check_kept(self, place: Place, key: str, wanted: Mapping[str, Any], step: Step) -> None:
        kept = await self._kept(key, step)
        for name, value in wanted.items():
            if kept.get(name) != value:
                raise self._otherwise(place, f"{key} {name}={value!r}", f"{name}={kept.get(name)!r}")

    async def _kept(self, key: str, step: Step) -> Mapping[str, Any]:
        store, event = self._playground.host.store, self._happened
        if event is None:
            return {}
        if key == "state":
            text = await store.conversations.read((self._bot.name, event.conversation))
        else:
            found = await store.plugin_state.read_shared(SharedKey(self._bot.name, PERSON, event.user or ""))
            text = found.json
        kept: Mapping[str, Any] = json.loads(text) if text else {}
        return kept

    async def _check_later(self, place: Place, wanted: Any) -> None:
        """Compare what waits in the conversation, by the names it was put off under, with when each is due."""
        happened, zone = self._happened, self._bot.timezone
        waiting = (
            []
            if happened is None
            else await self._playground.host.store.timers.waiting(self._bot.name, all_of(happened.conversation))
        )
        due = {str(one.body["name"]): datetime.fromtimestamp(one.due_at / 1000, zone) for one in waiting}
        came = {name: f"{moment:%Y-%m-%d %H:%M}" for name, moment in due.items()}
        each = {} if wanted in (None, NOTHING) else {str(name): value for name, value in wanted.items()}
        is_other = any(came.get(name) != value for name, value in each.items()) or (not each and came)
        if is_other:
            raise self._otherwise(place, f"later {each or NOTHING}", f"{came or NOTHING}")

    async def _check_flow(self, place: Place, wanted: Any, step: Step) -> None:
        import json

        event = self._before.happened if self._before is not None else None
        rows = (
            [] if event is None else await self._playground.host.store.flows.open((self._bot.name, event.conversation))
        )
        mine = [row for row in rows if row.rank == 0 and row.person in ("", event.user if event else None)]
        if wanted is None or wanted == NOTHING:
            if mine:
                raise self._otherwise(place, "no flow", f"flow {mine[0].flow} at {mine[0].asked}")
            return
        wanted = {"name": wanted} if isinstance(wanted, str) else wanted
        row = mine[0] if mine else None
        known = json.loads(row.data).get("known", {}) if row is not None else {}
        came = {"name": row.flow if row else None, "asks": row.asked if row else None, "knows": known}
        for key, value in wanted.items():
            found = came.get(key)
            is_part = isinstance(value, Mapping) and isinstance(found, Mapping) and _is_part(value, found)
            if found != value and not is_part:
                raise self._otherwise(place, f"flow {key} {value}", f"{key} {found}")

    def _button(self, step: Step) -> Button:
        """Return what is tapped: by its number below what was sent last, or by its label."""
        label, number = step.value, None
        if isinstance(step.value, int) and not isinstance(step.value, bool):
            number = step.value
        elif isinstance(step.value, Mapping):
            label = step.value.get("label")
        buttons: list[Button] = []
        for sent in sent_to(self._platform, step.user, step.group):
            buttons = buttons_of(self._platform, sent.messages)
            found = [button for button in buttons if button.label == label]
            if number is not None and buttons:
                if 1 <= number <= len(buttons):
                    return buttons[number - 1]
                break
            if found:
                return found[0]
        what = f"button {number}" if number is not None else f"a button `{label}`"
        raise self._otherwise(step.place, what, ", ".join(f"`{one.label}`" for one in buttons) or "no buttons")

    def _new(self) -> Sequence[Mapping[str, Any]]:
        return [message for sent in self._platform.sent[self._sent :] for message in sent.messages]

    def _pushes(self) -> Sequence[Sent]:
        return [sent for sent in self._platform.sent[self._sent :] if sent.form != "reply" and sent.messages]

    @property
    def _happened(self) -> Event | None:
        """Return what happened last."""
        return self._before.happened if self._before is not None else None

    def _last_event(self, step: Step) -> Event:
        event = self._happened
        if event is None:
            raise self._otherwise(step.place, "an event before this one", NOTHING)
        return event

    def _otherwise(self, place: Place, wanted: str, came: str) -> WentOtherwiseError:
        exchange = self._exchange
        why = ""
        if exchange is not None:
            why = (
                f"by route {exchange.route}, {exchange.outcome}" if exchange.route else f"no route: {exchange.outcome}"
            )
            if exchange.error is not None:
                why += f"; {exchange.error}"
            why += "".join(f"; {failure}" for failure in exchange.failures)
        return WentOtherwiseError(place, wanted, came, why)


def _comeable(bot: BotConfiguration) -> set[str]:
    """Return all routes and questions that a conversation may come by."""
    asked = {
        f"{FLOW_ROUTE}{flow.name}.{step.name}"
        for flow in bot.flows.values()
        for step in flow.each()
        if isinstance(step, Ask | Confirm)
    }
    return {route.name for route in bot.routes} | asked


def _returned(value: Any) -> Any:
    """Return what stands in for what a handler returns: ``{again: NAME}`` and ``{refuse: TEXT}`` have a meaning."""
    if isinstance(value, Mapping) and "again" in value:
        return Again(str(value["again"]), value.get("why"))
    if isinstance(value, Mapping) and set(value) == {"refuse"}:
        return Refuse(value["refuse"])
    if isinstance(value, list):
        return [Choice(str(one)) if not isinstance(one, Mapping) else Choice(**one) for one in value]
    return value


def _fits(wanted: Any, message: Mapping[str, Any]) -> bool:
    said = text_of(message)
    if not isinstance(wanted, Mapping):
        return said == str(wanted)
    for key, value in wanted.items():
        match key:
            case "contains":
                fits = str(value) in said
            case "pattern":
                fits = re.search(str(value), said) is not None
            case "json":
                fits = isinstance(value, Mapping) and _is_part(value, message)
            case _:
                fits = False
        if not fits:
            return False
    return True


def _is_part(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Say whether all of *wanted* stands in *found*."""
    return all(
        _is_part(value, found[key])
        if isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        else found.get(key) == value
        for key, value in wanted.items()
    )


def _told(wanted: Any) -> str:
    if isinstance(wanted, Mapping):
        return ", ".join(f"{key} {value}" for key, value in wanted.items())
    return f"`{wanted}`"


def _shown(messages: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"`{text_of(message) or message.get('type')}`" for message in messages)
