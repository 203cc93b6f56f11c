"""Turn what stands under ``intents:`` into intents that are checked, and find what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ...errors import MissingExtraError
from ...findings.findings import Findings, Place, near
from ...intents.entities.entities import Built, Entity, Listed, Patterned
from ...intents.intent import Example, Intent, Intents, key_of, names_in
from ...intents.sentences import Sentence, SentenceError, compile_sentence
from ...plugins.classifiers import IntentClassifier
from ...plugins.registry import Plugin
from ...routing.matching.folding import fold
from ...routing.matching.keywords import MAX_KEYWORD
from ...routing.matching.patterns import Pattern, PatternError, PatternSet, compile_pattern
from ...routing.matching.text import MatchText
from ..keys.bots import BotSpec
from ..keys.intents import ENTITY_KEYS, EntitySpec, IntentSpec
from ..routes.oddities import check_learned, check_sent
from ..routes.packs import Pack
from ..routes.surroundings import Site

FEW = 5
"""With fewer examples an intent is hardly told apart from the others."""
MAX_EXAMPLE = 500
DEFAULT = "encoder"
INSTALL = "pip install hookline-intents"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""Any time will do where only the wording counts."""
TAKEN = ("text", "intent", "score", "runner_up")


@dataclass
class IntentBuilder:
    """Build the intents of one bot.

    ``broken`` names those that were declared but can't be used; ``declared`` are the places of the others, ``places``
    those of the examples, by their texts. ``wanted_by_packs`` names those that routes of the packs look for.
    """

    findings: Findings
    known: dict[str, Intent] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    declared: dict[str, Place] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    wanted_by_packs: set[str] = field(default_factory=set)
    _examples: dict[str, tuple[str, Place]] = field(default_factory=dict)

    def add(self, specs: Mapping[str, IntentSpec], site: Site, pack: str | None = None) -> None:
        """Build *specs*, which stand at *site*; those of a *pack* have its name in front."""
        for name, spec in specs.items():
            check_learned(site.below(name, "examples"), self.findings)
            check_learned(site.below(name, "sentences"), self.findings)
            check_sent(site.below(name, "label"), self.findings)
            full = name if pack is None else f"{pack}.{name}"
            built = self._intent(full, name, spec, site.below(name))
            if built is None:
                self.broken.add(full)
            else:
                self.known[full] = built
                self.declared[full] = site.below(name).key()
        names = site.marks.names(site.path) - specs.keys()
        self.broken |= {name if pack is None else f"{pack}.{name}" for name in names}

    def check_sentences(self) -> None:
        """Warn of examples that a sentence of another intent says word for word: it goes first."""
        sentences = [(intent.name, sentence) for intent in self.known.values() for sentence in intent.sentences]
        patterns = PatternSet((index, sentence.pattern) for index, (_, sentence) in enumerate(sentences))
        for intent in self.known.values() if sentences else ():
            for example in intent.examples:
                text = MatchText(example.text, is_called=True)
                for name, sentence in (sentences[index] for index in sorted(patterns.found(text))):
                    if name != intent.name and sentence.read(text, NOON) is not None:
                        same = f"the sentence `{sentence.source}` of `{name}`"
                        message = f"example `{example.text}` of `{intent.name}` is {same}"
                        self.findings.warning(self.places[example.text], message, "leave it in one of the two")

    def _intent(self, full: str, name: str, spec: IntentSpec, site: Site) -> Intent | None:
        entities = {
            entity: built
            for entity, given in spec.entities.items()
            if (built := self._entity(entity, given, site.below("entities", entity))) is not None
        }
        if not (spec.examples or spec.sentences):
            if not site.is_damaged:
                hint = "write five to ten sentences under `examples:`, or exact wording under `sentences:`"
                self.findings.error(site.key(), f"intent `{name}` has neither `examples` nor `sentences`", hint)
            return None
        known = frozenset(spec.entities) | site.marks.names((*site.path, "entities"))
        examples = self._read_examples(full, spec.examples, entities, known, site.below("examples"))
        sentences = self._read_sentences(spec.sentences, entities, known, site.below("sentences"))
        if spec.examples and len(examples) < FEW and not sentences and not site.is_damaged:
            self._warn_of_few(name, len(examples), site)
        return Intent(
            name=full,
            label=spec.label or name.replace("_", " ").replace("-", " "),
            examples=tuple(examples),
            sentences=tuple(sentences),
            entities=entities,
            threshold=spec.threshold,
            place=str(site.key()),
        )

    def _read_examples(
        self, intent: str, given: Sequence[str], entities: Mapping[str, Entity], known: frozenset[str], site: Site
    ) -> list[Example]:
        examples = []
        for place, text in site.items(given):
            unknown = [name for name in names_in(text) if name not in known]
            lost = [name for name in names_in(text) if name not in entities]
            if unknown:
                self._unknown_entity(unknown[0], known, place)
            elif len(text) > MAX_EXAMPLE:
                self.findings.error(place, f"`examples`: {len(text)} characters, at most {MAX_EXAMPLE}")
            elif not key_of(text):
                self.findings.error(place, "`examples`: nothing is left of this text once it is normalised")
            elif not lost and self._is_first(intent, text, place):
                self.places[str(text)] = place
                examples.append(Example(str(text), str(place)))
        return examples

    def _is_first(self, intent: str, text: str, place: Place) -> bool:
        """Say whether no other example is the same; report one of another intent."""
        owner, first = self._examples.setdefault(key_of(text), (intent, place))
        if owner != intent:
            message = f"example `{text}` is one of intent `{owner}`, too"
            self.findings.error(place, message, f"the other is at {first}; leave it in one of the two")
        elif first != place:
            self.findings.warning(place, f"example `{text}` stands here twice", f"the first is at {first}")
        return first == place

    def _read_sentences(
        self, given: Sequence[str], entities: Mapping[str, Entity], known: frozenset[str], site: Site
    ) -> list[Sentence]:
        sentences = []
        for place, text in site.items(given):
            unknown = [name for name in names_in(text) if name not in known]
            if unknown:
                self._unknown_entity(unknown[0], known, place)
                continue
            try:
                if all(name in entities for name in names_in(text)):
                    sentences.append(compile_sentence(text, entities))
            except (SentenceError, PatternError) as error:
                hint = "(a|b) is one of several, [a] may be left out, {name} is an entity; \\( is a bracket"
                self.findings.error(place, f"`sentences`: {error}", hint)
        return sentences

    def _unknown_entity(self, name: str, known: Iterable[str], place: Place) -> None:
        hint = near(name, known, f"declare it under `entities:`, as in `{name}: number`")
        self.findings.error(place, f"`{{{name}}}` is no entity of this intent", hint)

    def _warn_of_few(self, name: str, count: int, site: Site) -> None:
        noun = "example" if count == 1 else "examples"
        message = f"intent `{name}` has {count} {noun}; it is told apart well from {FEW} on"
        self.findings.warning(site.key("examples"), message, "five to ten, worded differently, are best")

    def _entity(self, name: str, spec: EntitySpec, site: Site) -> Entity | None:
        if name in TAKEN:
            message = f"an entity can't be named `{name}`: `{{match.{name}}}` is something else"
            self.findings.error(site.key(), message, "choose another name")
            return None
        given = [key for key in ENTITY_KEYS if getattr(spec, key) is not None]
        if len(given) != 1:
            if not site.is_damaged:
                what = "says nothing" if not given else f"has both `{given[0]}` and `{given[1]}`"
                hint = "write one of values, pattern, number, date, time"
                self.findings.error(site.key(), f"entity `{name}` {what}", hint)
            return None
        if spec.kind is not None:
            return Built(spec.kind)
        if spec.values is not None:
            return self._listed(spec.values, site.below("values"))
        return self._patterned(spec, site.below("pattern"))

    def _listed(self, given: Mapping[str, Sequence[str]] | Sequence[str], site: Site) -> Entity | None:
        values = dict(given) if isinstance(given, Mapping) else {str(word): [word] for word in given}
        is_fine = True
        for index, (value, words) in enumerate(values.items()):
            own = site.below(value) if isinstance(given, Mapping) else site.below(index)
            for place, word in own.items(words):
                folded = fold(word).strip()
                if not folded or len(folded) > MAX_KEYWORD:
                    what = f"{len(folded)} characters, at most {MAX_KEYWORD}" if folded else "nothing is left of it"
                    self.findings.error(place, f"`values`: {what}")
                    is_fine = False
        return Listed({value: [str(word) for word in words] for value, words in values.items()}) if is_fine else None

    def _patterned(self, spec: EntitySpec, site: Site) -> Entity | None:
        patterns: list[Pattern] = []
        for place, text in site.items(spec.pattern):
            try:
                patterns.append(compile_pattern(text))
            except PatternError as error:
                self.findings.error(place, f"`pattern`: {error}")
        is_whole = len(patterns) == len(spec.pattern or ())
        return Patterned(tuple(patterns), tuple(map(str, spec.examples))) if is_whole else None


def example_fault(text: str, intent: Intent, intents: Sequence[Intent]) -> str | None:
    """Say why *text* can't become an example of *intent*, one of *intents*; None when it can."""
    unknown = [name for name in names_in(text) if name not in intent.entities]
    if unknown:
        return f"`{{{unknown[0]}}}` would be an entity, and `{intent.name}` has none of that name"
    if not key_of(text):
        return "nothing is left of this text once it is normalised"
    if len(text) > MAX_EXAMPLE:
        return f"{len(text)} characters, at most {MAX_EXAMPLE}"
    same = ((other, example) for other in intents for example in other.examples if key_of(example.text) == key_of(text))
    owner, example = next(same, (intent, None))
    if example is not None and owner is not intent:
        return f"it is an example of `{owner.name}` already, at {example.place}"
    return None


def build_intents(
    spec: BotSpec,
    site: Site,
    packs: Sequence[Pack],
    plugins: Sequence[Plugin],
    builder: IntentBuilder,
    shipped: Plugin | None,
) -> Intents:
    """Return the intents of a bot and of the *packs* that it includes; *shipped* is our own classifiers' plugin."""
    builder.add(spec.intents, site.below("intents"))
    for pack in packs:
        builder.add(pack.intents, pack.intents_site, pack.name)
        builder.wanted_by_packs |= {f"{pack.name}.{name}" for route in pack.routes for name in route.intent or ()}
    intents = tuple(builder.known.values())
    builder.check_sentences()
    classifiers = {
        name: classifier
        for plugin in ([shipped, *plugins] if shipped else plugins)  # one of the bot's own goes before ours
        for name, classifier in plugin.classifiers.items()
    }
    has_examples = any(intent.examples for intent in intents)
    return Intents(
        intents=intents,
        classifier=_classifier(spec, site, classifiers, builder.findings, is_needed=has_examples),
        threshold=spec.understanding.threshold,
        timezone=spec.timezone,
    )


def _classifier(
    spec: BotSpec,
    site: Site,
    known: Mapping[str, IntentClassifier],
    findings: Findings,
    *,
    is_needed: bool,
) -> IntentClassifier | None:
    wanted = spec.understanding.classifier
    place = site.value("understanding", "classifier") if wanted else site.key("intents")
    if wanted is None and len(known) == 1:
        (wanted,) = known
    wanted = wanted or DEFAULT
    if wanted in known:
        return _usable(known[wanted], wanted, place, findings) if is_needed else None
    if not is_needed and spec.understanding.classifier is None:
        return None
    if not known:
        findings.error(place, "intents with `examples` need a classifier, and none is installed", INSTALL)
        return None
    hint = near(wanted, known, f"known are {', '.join(known)}")
    findings.error(place, f"`classifier`: there is no classifier `{wanted}`", hint)
    return None


def _usable(classifier: IntentClassifier, name: str, place: Place, findings: Findings) -> IntentClassifier | None:
    try:
        classifier.ensure_installed()
    except MissingExtraError as error:
        findings.error(place, f"`classifier`: {error}")
        return None
    return classifier
