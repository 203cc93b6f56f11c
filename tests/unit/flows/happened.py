"""Hold one event of a dialog with what came of it, to be looked at from all sides."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hookline.flows import walk
from hookline.flows.effects import Happening, Other
from hookline.flows.flow import Ask, Flow
from hookline.flows.instance import Dialog, Instance
from hookline.flows.rules import Decision
from hookline.plugins.dialogs import Choice
from tests.unit.flows.talks import World


@dataclass(frozen=True)
class Happened:
    """Hold one event: what was before it, what it was, what came of it; ``was_edited`` says that the file changed."""

    before: Dialog
    happening: Happening
    other: Other | None
    decision: Decision
    world: World
    was_edited: bool = False

    @property
    def top(self) -> Instance | None:
        """Return what whoever let it happen was asked before, as the file stands now."""
        top = self.before.top(self.happening.user)
        if top is None or top.flow not in self.world.flows:
            return None
        top = deepcopy(top)
        walk.prune(self.flow(top), top, self.world.holds, self.fits)
        return top

    def flow(self, instance: Instance) -> Flow:
        """Return the flow of *instance*, as it is now."""
        return self.world.flows[instance.flow]

    def fits(self, ask: Ask, value: Any) -> bool:
        """Say whether a value answers a question."""
        if not isinstance(ask.choices, tuple) and ask.kind == "choice":
            return isinstance(value, str)
        return self.world.reader.fits(ask, value, ask.choices if isinstance(ask.choices, tuple) else ())

    def question(self, instance: Instance) -> Any:
        """Return what is to be asked next."""
        return walk.question(self.flow(instance), instance, self.world.holds)

    def offered(self, instance: Instance, ask: Any) -> Sequence[Choice]:
        """Return the choices of what is asked."""
        if isinstance(ask, Ask) and isinstance(ask.choices, tuple):
            return ask.choices
        return [Choice(value, label, tuple(words)) for value, label, words in instance.offered]

    def after(self, instance: Instance) -> Instance | None:
        """Return how *instance* stands afterwards, if it is open."""
        return self.decision.dialog.find(instance.id)

    @property
    def is_said(self) -> bool:
        """Say whether it is something written to the bot."""
        said = self.happening.said
        return said is not None and said.text is not None and self.happening.is_called and self.happening.tap is None
