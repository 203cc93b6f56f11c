"""Find what a person wants to switch on or off, or say what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..config.configuration import BotConfiguration
from ..errors import SwitchError
from ..findings.findings import did_you_mean
from ..store.memory.switches import Off, Switch


def check_switch(switch: Switch, bots: Mapping[str, BotConfiguration], off: Iterable[Off]) -> None:
    """Raise SwitchError unless there is what *switch* names, or it is among what is *off* already: that may be gone."""
    if switch in {each.switch for each in off}:
        return
    if switch.bot not in bots:
        raise SwitchError(f"there is no bot `{switch.bot}`; {_known(switch.bot, bots)}")
    bot = bots[switch.bot]
    names = list(bot.plugins) if switch.kind == "plugin" else [route.name for route in bot.routes]
    if switch.kind != "bot" and switch.name not in names:
        message = f"bot `{switch.bot}` has no {switch.kind} `{switch.name}`"
        raise SwitchError(f"{message}; {_known(switch.name, names)}" if names else f"{message}: it has none")


def _known(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known) or f"there are {', '.join(known)}"
