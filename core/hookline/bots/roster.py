"""Hold the bots of a running host, where each may be changed, switched off and taken away between two events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..routing.actions import Handle
from ..routing.routes import Route
from ..store.memory.switches import Off, Switch
from .bot import Bot

SWITCHED_OFF = "it is switched off"


class Roster:
    """Own the bots that run.

    ``bots`` and ``paused`` are live: who holds them sees every change at its next look, and whoever has taken a bot out
    of ``bots`` for one event goes on with that very bot to the event's end. Paused bots take events and run none.
    """

    def __init__(self, bots: Mapping[str, Bot]) -> None:
        self._whole = dict(bots)
        self.bots: dict[str, Bot] = dict(bots)
        self.paused: set[str] = set()
        self.off: tuple[Off, ...] = ()

    def redact(self, bot: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *raw*, an event of *bot*, without what was written; nothing of it when the bot is gone."""
        found = self.bots.get(bot)
        return {} if found is None else found.adapter.redact(raw)

    def put(self, bot: Bot) -> None:
        """Let *bot* take the place of the one of its name, or join."""
        self._whole[bot.name] = bot
        self._show(bot.name, self._off_of().get(bot.name, {}))

    def remove(self, name: str) -> None:
        """Take the bot *name* away."""
        self._whole.pop(name, None)
        self.bots.pop(name, None)

    def switch(self, off: Iterable[Off]) -> None:
        """Switch off what *off* lists, and all else on. What no bot has is kept in mind, for when it comes."""
        before, self.off = self._off_of(), tuple(off)
        after = self._off_of()
        for name in self._whole.keys() & (before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                self._show(name, after.get(name, {}))
        self.paused.clear()
        self.paused.update(each.switch.bot for each in self.off if each.switch.kind == "bot")

    def _off_of(self) -> Mapping[str, Mapping[Switch, str]]:
        """Return why what is off is off, by bot."""
        found: defaultdict[str, dict[Switch, str]] = defaultdict(dict)
        for each in self.off:
            found[each.switch.bot][each.switch] = _said(each)
        return found

    def _show(self, name: str, off: Mapping[Switch, str]) -> None:
        bot = self._whole[name]
        reasons = _reasons(name, bot.router.routes, off)
        self.bots[name] = replace(bot, router=bot.router.without(reasons)) if reasons else bot


def switched_off(bot: str, routes: Iterable[Route], off: Iterable[Off]) -> Mapping[str, str]:
    """Return which of the *routes* of *bot* are off, by name, and why: of *off*, all that is."""
    return _reasons(bot, routes, {each.switch: _said(each) for each in off})


def _said(off: Off) -> str:
    return f"{SWITCHED_OFF}, by {off.by}"


def _reasons(bot: str, routes: Iterable[Route], off: Mapping[Switch, str]) -> Mapping[str, str]:
    return {route.name: reason for route in routes if (reason := _reason(bot, route, off)) is not None}


def _reason(bot: str, route: Route, off: Mapping[Switch, str]) -> str | None:
    """Return why *route* is off: it was switched off itself, or the plugin that it runs or comes from."""
    plugins = {route.plugin, route.action.plugin if isinstance(route.action, Handle) else None} - {None}
    switches = [Switch(bot, "route", route.name), *(Switch(bot, "plugin", str(plugin)) for plugin in plugins)]
    return next((off[switch] for switch in switches if switch in off), None)
