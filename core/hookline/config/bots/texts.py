"""Turn ``texts:`` into what a bot says in the place of hookline's own sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...findings.findings import near
from ...flows.words import own
from ...routing.wordings import Wording
from ..keys.words import Wordings
from ..routes.surroundings import Answers, Site, Surroundings
from ..routes.wordings import build_wording

FLOW = "flow."


def build_texts(given: Mapping[str, Wordings], site: Site, around: Surroundings) -> dict[str, Wording]:
    """Return the texts that are *given*, by key; report keys that there are not."""
    known = [f"{FLOW}{key}" for key in own()["texts"]]
    found: dict[str, Wording] = {}
    for key, messages in given.items():
        if key not in known:
            hint = near(key, known, f"they begin with `{FLOW}`, as in {FLOW}cancelled")
            around.findings.error(site.key(key), f"`texts`: hookline says nothing called `{key}`", hint)
            continue
        found[str(key)] = build_wording(messages, site.below(key), replace(around, answers=Answers()), None)
    return found
