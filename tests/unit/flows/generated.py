"""Write flows at random, as owners could, and read them with the loader of configuration."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from hookline.flows.flow import Flow
from hookline.plugins.installed import Installed
from tests.support import configured

DESK = Installed("desk", "tests.flows.desk")
MOST_STEPS = 6
_TYPES = ("text", "number", "date", "time", "datetime", "phone", "email", "yes_no", "image", "location")
_WORDS = ["red", "blue", "取消", "好", "1", "上一步", "p"]


def generated(chance: random.Random, folder: Path, count: int) -> Mapping[str, Flow]:
    """Return *count* flows, as one bot has them."""
    names = [f"f{number}" for number in range(count)]
    bot: dict[str, Any] = {
        "adapter": "line",
        "line": {"channel_secret": "${SECRET}", "access_token": "${TOKEN}"},
        "plugins": {"desk": {}},
        "flows": {name: _flow(chance, names[:number]) for number, name in enumerate(names)},
        "routes": [{"name": name, "keyword": name, "begin": name} for name in names],
    }
    text = yaml.safe_dump({"version": 1, "bots": {"shop": bot}}, allow_unicode=True, sort_keys=False)
    return configured(folder, text, plugins=[DESK]).bots["shop"].flows


def _flow(chance: random.Random, others: list[str]) -> dict[str, Any]:
    flow: dict[str, Any] = {}
    is_shared = chance.random() < 0.15
    if is_shared:
        flow["for"] = "chat"
    _maybe(chance, flow, again="restart", digress=False, tries=chance.choice([1, 2]), expired="too late")
    _maybe(chance, flow, remind={"after": "5m", "reply": "there?"}, words={"cancel": ["stop it"], "close": ["end"]})
    _maybe(chance, flow, controls=chance.sample(["back", "cancel", "change", "skip"], 2))
    known: dict[str, Any] = {}
    steps = [_step(chance, number, known, is_shared) for number in range(chance.randint(1, MOST_STEPS))]
    if others and chance.random() < 0.15:
        steps.append({"begin": chance.choice(others)})
    return {**flow, "steps": steps}


def _step(chance: random.Random, number: int, known: dict[str, Any], is_shared: bool) -> dict[str, Any]:
    """Return one step; *known* are the answers before it, with what they may be."""
    pick = chance.random()
    when = _when(chance, known)
    if pick < 0.6:
        return {**_ask(chance, f"a{number}", known, is_shared, is_sure=not when), **when}
    if pick < 0.7:
        return {**_list(chance, f"l{number}"), **when}
    if pick < 0.78:
        return {"run": "desk.book", "as": f"r{number}", **when}
    if pick < 0.86:
        return {"reply": f"said {number}", **when}
    if pick < 0.9:
        return {"set": {f"s{number}": "yes"}, **when}
    if pick < 0.95 and "confirm" not in known:
        known["confirm"] = None
        return {"confirm": True, **when}
    return {**when, "steps": [{"ask": f"b{number}"}, {"reply": f"said {number}"}]} if when else {"ask": f"c{number}"}


def _ask(
    chance: random.Random, name: str, known: dict[str, Any], is_shared: bool = False, *, is_sure: bool
) -> dict[str, Any]:
    ask: dict[str, Any] = {"ask": name}
    pick = chance.random()
    if pick < 0.35:
        words = chance.sample(_WORDS, chance.randint(2, 4))
        ask["choices"] = words
        known |= {name: words} if is_sure else {}
        if is_shared and chance.random() < 0.5:
            ask |= {"everyone": "1h", "choices": ["red", "blue"]}
            known.pop(name, None)
    elif pick < 0.45:
        ask["choices"] = "desk.slots"
    else:
        ask["type"] = chance.choice(_TYPES)
        if ask["type"] == "number":
            _maybe(chance, ask, at_least=1, at_most=9)
        if ask["type"] == "text":
            _maybe(chance, ask, at_least=2, at_most=40)
    _maybe(chance, ask, optional=True, prefill=False, tries=chance.choice([1, 2, 5]), label="what")
    return ask


def _list(chance: random.Random, name: str) -> dict[str, Any]:
    steps = [_ask(chance, f"x{number}", {}, is_sure=False) for number in range(chance.randint(1, 3))]
    return {
        "list": name,
        "steps": [{key: value for key, value in step.items() if key != "prefill"} for step in steps],
        "line": "{entry.x0}",
        **({"at_most": chance.randint(1, 3)} if chance.random() < 0.3 else {}),
    }


def _when(chance: random.Random, known: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for name, words in known.items() if words]
    if not names or chance.random() < 0.7:
        return {}
    name = chance.choice(names)
    value = chance.choice(known[name])
    return {"when": {"flow": {name: chance.choice([value, {"not": value}, [value, "blue"], None])}}}


def _maybe(chance: random.Random, mapping: dict[str, Any], **facts: Any) -> None:
    """Write some of *facts*."""
    mapping.update({name: value for name, value in facts.items() if chance.random() < 0.15})
