"""Build what routes push to others, once it is known which bots there are: another one may be meant to send it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...adapters.adapter import AdapterKind
from ...findings.findings import Findings, near
from ...routing.routes import Route, RoutePush
from ...routing.templates import Template, parse
from ..keys.routes import PushSpec
from ..yaml.json_files import JsonFiles
from .lists import ids_of
from .replies import check_text
from .surroundings import Lists, Site, Surroundings
from .wordings import build_wording


@dataclass(frozen=True, slots=True)
class Sender:
    """Hold what is to be known of a bot that pushes: how it speaks, and whom its lists hold."""

    adapter: AdapterKind
    lists: Mapping[str, frozenset[str]]
    lets_unknown: bool


@dataclass(frozen=True, slots=True)
class Deferred:
    """Hold what is written under ``push:`` of *route*, which stands at *site*, until all bots are known.

    *captures* are the names that ``{match.…}`` may use; None allows any.
    """

    route: str
    specs: Sequence[PushSpec]
    site: Site
    around: Surroundings
    captures: frozenset[str] | None
    on: frozenset[str]

    @property
    def senders(self) -> frozenset[str | None]:
        """Return the bots that are to push; None for the route's own."""
        return frozenset(spec.bot for spec in self.specs)

    def told(self, findings: Findings, json_files: JsonFiles) -> Deferred:
        """Return it for a load that has *findings* and *json_files* of its own."""
        return replace(self, around=replace(self.around, findings=findings, json_files=json_files))

    def build(self, route: Route, own: str, senders: Mapping[str, Sender | None]) -> Route:
        """Return *route* of the bot *own* with what it pushes; report what can't be.

        A bot is None among *senders* that is there, and wrong: that is told elsewhere.
        """
        is_list = self.site.marks.has((*self.site.path, 0))
        each = ((spec, self.site.below(index) if is_list else self.site) for index, spec in enumerate(self.specs))
        return replace(route, pushes=tuple(one for spec, site in each for one in self._built(spec, site, own, senders)))

    def _built(self, spec: PushSpec, site: Site, own: str, senders: Mapping[str, Sender | None]) -> Iterator[RoutePush]:
        name, findings = spec.bot or own, self.around.findings
        if name not in senders:
            hint = near(name, senders, f"there are {', '.join(senders)}")
            findings.error(site.value("bot"), f"`bot`: there is no bot `{name}`", hint)
            return
        sender = senders[name]
        if sender is None:
            return
        if not sender.adapter.can_push:
            place = site.value("bot") if spec.bot else site.key()
            findings.error(
                place, f"`push`: {sender.adapter.name} has no way to push", "name a bot of a platform that has"
            )
            return
        around = replace(self.around, adapter=sender.adapter, lets_unknown=sender.lets_unknown)
        wording = build_wording(spec.say, site.below("say"), around, self.captures, self.on, names=self.around)
        yield RoutePush.of(list(self._to(spec, site, name, sender)), wording, spec.bot)

    def _to(self, spec: PushSpec, site: Site, name: str, sender: Sender) -> Iterator[Template]:
        lists = Lists(sender.lists, bot=name, forms=sender.adapter.ids)
        for index, word in enumerate(spec.to):
            path = ("to", index) if site.marks.has((*site.path, "to", index)) else ("to",)
            template = parse(word)
            if any(template.placeholders):
                key, here = path[-1], site.below(*path[:-1])
                captures = self.captures if self.captures is not None else frozenset()
                yield check_text(str(key), word, here, self.around, captures, self.on, may_be_any=self.captures is None)
                continue
            here = site.below("to")
            for found in sorted(ids_of([word], replace(here, path=(*site.path, *path)), lists, self.around.findings)):
                yield Template((found,))
