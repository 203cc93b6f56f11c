"""Turn ``texts:`` into what a bot says in the place of the sentences of hookline and of its plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...findings.findings import near
from ...flows.words import own
from ...neutral import is_plain_text
from ...routing.templates import MessageTemplate
from ...routing.wordings import Wording
from ..keys.words import Wordings
from ..routes.surroundings import Answers, Site, Surroundings
from ..routes.wordings import build_wording

FLOW = "flow."


def build_texts(given: Mapping[str, Wordings], site: Site, around: Surroundings) -> dict[str, Wording]:
    """Return the texts that are *given*, by key; report keys that there are not."""
    own_keys = [f"{FLOW}{key}" for key in own()["texts"]]
    of_plugins = [f"{name}.{key}" for name, plugin in around.plugins.items() for key in plugin.texts]
    found: dict[str, Wording] = {}
    for key, messages in given.items():
        if key.partition(".")[0] in around.broken:
            continue  # reported where the plugin is named
        if key not in own_keys and key not in of_plugins:
            hint = near(key, [*own_keys, *of_plugins], f"they begin with `{FLOW}`, as in {FLOW}cancelled")
            around.findings.error(site.key(key), f"`texts`: nothing is said that is called `{key}`", hint)
            continue
        wording = build_wording(messages, site.below(key), replace(around, answers=Answers()), None)
        if key in of_plugins and not all(map(_is_one_text, wording.each.values())):
            message = f"`texts`: `{key}` of a plugin is one text"
            around.findings.error(site.key(key), message, "write one, in each language")
            continue
        found[str(key)] = wording
    return found


def _is_one_text(messages: Sequence[MessageTemplate]) -> bool:
    return len(messages) == 1 and is_plain_text(messages[0].body)
