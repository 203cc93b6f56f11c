"""Hold a checked configuration: what a host needs to run, and nothing that could still be wrong."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ..adapters.adapter import AdapterKind
from ..findings.findings import Finding, Place
from ..intents.intent import Intents
from ..plugins.registry import Plugin
from ..routing.conditions.access import OPEN, Access
from ..routing.conditions.quiet import Quiet
from ..routing.handoffs import Handoff
from ..routing.routes import Route
from ..routing.schedules import Scheduled
from ..routing.wordings import Wording

if TYPE_CHECKING:
    from ..flows.flow import Flow

DEFAULT_RUNNING, DEFAULT_RUNNING_OF_BOT = 512, 256


@dataclass(frozen=True, slots=True)
class PluginUse:
    """Hold one plugin as one bot uses it."""

    plugin: Plugin
    settings: BaseModel


@dataclass(frozen=True, slots=True)
class UserLimit:
    """Say how many ``messages`` of one person are answered ``within`` so many seconds, and what is said to more."""

    messages: int
    within: float
    reply: Wording | None = None


@dataclass(frozen=True, slots=True)
class BotConfiguration:
    """Hold one bot. ``running`` is how many of its events may run at once in a process.

    What happened more than ``stale_after`` seconds ago isn't answered; nothing is pushed while it is ``quiet``. Times
    are those of its ``timezone`` where they don't say another. ``lists`` are its own. With
    ``lets_unknown`` messages may hold what hookline doesn't know. ``languages`` are those that it speaks, the default
    first; ``texts`` take the place of hookline's own.
    """

    name: str
    adapter: AdapterKind
    adapter_settings: BaseModel
    plugins: Mapping[str, PluginUse]
    routes: Sequence[Route]
    call_names: Sequence[str] = ()
    push_fallback: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    on_error: Wording | None = None
    running: int = DEFAULT_RUNNING_OF_BOT
    intents: Intents = field(default_factory=Intents)
    per_user: UserLimit | None = None
    access: Access = OPEN
    stale_after: float = math.inf
    quiet: Quiet | None = None
    lets_unknown: bool = False
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    languages: Sequence[str] = ()
    texts: Mapping[str, Wording] = field(default_factory=dict)
    budget: int | None = None
    handoff: Handoff | None = None
    schedule: Mapping[str, Scheduled] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stores:
    """Say where events are kept, as :class:`Configuration` does, the names of the bots, and where that is written."""

    store: str
    listen_url: str | None
    bots: Collection[str]
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Hold all bots of a host.

    ``listen_url`` leads past a transaction pooler that ``store`` leads to. ``running`` is how many events may run at
    once in a process. ``secrets`` are the values that must never be shown. ``cache`` is the folder for what was
    learned of intents. ``files`` are the names of those that it was read from; ``places`` are those of ``store`` and
    ``listen_url``. ``problems`` are why not all is as the files say: bots that are ``amiss`` are as they were when they
    were last right, or left out.
    """

    store: str
    bots: Mapping[str, BotConfiguration]
    ids_days: int = 30
    bodies_days: int = 30
    listen_url: str | None = None
    running: int = DEFAULT_RUNNING
    warnings: Sequence[Finding] = ()
    secrets: frozenset[str] = frozenset()
    cache: Path | None = None
    files: Sequence[str] = ("bot.yaml",)
    places: Mapping[str, Place] = field(default_factory=dict)
    problems: Sequence[Finding] = ()
    amiss: frozenset[str] = frozenset()
