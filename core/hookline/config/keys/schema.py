"""Write the JSON Schema of bot.yaml, for editors: draft 7, which yaml-language-server reads.

With plugins it has their settings, and the names that they bring as suggestions. What it doesn't know isn't wrong:
the plugin may be installed on another machine. Only a handler that an installed plugin hasn't is.
"""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from ...adapters.adapter import AdapterKind
from ...adapters.fields import EventField
from ...errors import PluginError
from ...intents.entities.entities import KINDS
from ...plugins.registry import Plugin
from ...routing.routes import ANY, MESSAGE_EVENT
from .files import FileSpec
from .flows import BESIDE
from .intents import ENTITY_KEYS
from .words import BY_LANGUAGE, MESSAGE, NAME, SCALAR, one_or_many_of
from .written import VARIABLE, as_written, written_schema

_MATCHERS = ("keyword", "exact", "prefix", "pattern", "postback", "intent", "unsure", "otherwise", "on", "save")

_TYPES = {"number": "number", "bool": "boolean"}

Definitions = dict[str, Any]
Report = Callable[[PluginError], None]


def _raise(error: PluginError) -> None:
    raise error


def schema(
    adapters: Mapping[str, AdapterKind], plugins: Sequence[Plugin] = (), report: Report = _raise
) -> dict[str, Any]:
    """Return the schema of a file whose bots may use *adapters*, and *plugins* among others.

    Settings that can't be described are told to *report*; anything may stand there.
    """
    whole = written_schema(FileSpec, "hookline")
    definitions: Definitions = whole.pop("definitions")
    bot, route, entity = (definitions[name] for name in ("BotSpec", "RouteSpec", "EntitySpec"))
    bot["additionalProperties"] = False
    bot["properties"] |= _platforms(adapters, definitions, report)
    bot["properties"]["plugins"] |= _plugins(plugins, definitions, report)
    is_only = len(adapters) == 1
    bot["allOf"] = [_of_adapter(name, kind, definitions, is_only=is_only) for name, kind in sorted(adapters.items())]
    route |= _route_rules()
    _one_or_many(route, "push", "PushSpec")
    for owner in ("RouteSpec", "StepSpec", "InnerStepSpec", "PlainStepSpec"):
        _one_or_many(definitions[owner], "later", "LaterSpec")
    for name in ("LaterSpec", "ScheduledSpec"):
        done = definitions[name]["properties"]
        done["run"] = _target(done["run"], plugins)
    route["properties"]["run"] = _target(route["properties"]["run"], plugins)
    everywhere = list(adapters.values()) if len(adapters) == 1 else []
    for name in ("RouteWhenSpec", "StepWhenSpec"):
        definitions[name]["properties"]["event"]["properties"] = _event_fields(everywhere)
    _steps(definitions, plugins)
    _suggest(route["properties"]["on"], [*_shared_events(adapters), MESSAGE_EVENT, ANY])
    _suggest(route["properties"]["include"], [one.name for one in plugins if one.routes_file])
    classifiers = [name for one in plugins for name in one.classifiers]
    _suggest(definitions["UnderstandingSpec"]["properties"]["classifier"], classifiers)
    definitions["EntitySpec"] = {
        "anyOf": [{"enum": [*KINDS]}, VARIABLE, {**entity, "oneOf": _each_required(*ENTITY_KEYS)}]
    }
    definitions["IntentSpec"]["anyOf"] = _each_required("examples", "sentences")
    named = {"Message": as_written(MESSAGE), "Languages": as_written(BY_LANGUAGE)}
    whole, definitions = _referring(whole, named), {name: _referring(one, named) for name, one in definitions.items()}
    definitions |= {name: _inside(one, named) for name, one in named.items()}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **whole, "definitions": definitions}


def _referring(schema: Any, named: Mapping[str, Any]) -> Any:
    """Return *schema* with what stands in many places written once, as *named*."""
    found = next((name for name, one in named.items() if one == schema), None)
    return _inside(schema, named) if found is None else {"$ref": f"#/definitions/{found}"}


def _inside(schema: Any, named: Mapping[str, Any]) -> Any:
    if isinstance(schema, dict):
        return {name: _referring(one, named) for name, one in schema.items()}
    return [_referring(one, named) for one in schema] if isinstance(schema, list) else schema


def dump(document: Mapping[str, Any]) -> str:
    """Return the schema as it is kept in config/."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _platforms(adapters: Mapping[str, AdapterKind], definitions: Definitions, report: Report) -> dict[str, Any]:
    """Return what a bot may write of its platform: its name, and the settings under that name."""
    settings = {name: _settings(kind.settings, name, definitions, report) for name, kind in sorted(adapters.items())}
    return {"adapter": {"description": "The platform.", "anyOf": [{"enum": sorted(adapters)}, VARIABLE]}, **settings}


def _shared_events(adapters: Mapping[str, AdapterKind]) -> list[str]:
    """Return the types of events that any bot may name: those of several platforms, or of the only one."""
    counts = Counter(event for _, kind in sorted(adapters.items()) for event in kind.events if event != ANY)
    return [event for event, count in counts.items() if count > 1 or len(adapters) == 1]


def _of_adapter(name: str, kind: AdapterKind, definitions: Definitions, *, is_only: bool) -> dict[str, Any]:
    """Return what holds for bots on one platform: its settings, and the names of its events and of what they say."""
    then: dict[str, Any] = {"required": [name]} if _has_required(kind.settings) else {}
    events = [event for event in kind.events if event != ANY]
    if events and not is_only:
        definitions[f"{name}.events"] = {"enum": events}
        one: dict[str, Any] = {"$ref": f"#/definitions/{name}.events"}
        on = {"anyOf": [one, {"type": ["string", "number"]}, {"type": "array", "items": {"anyOf": [one, {}]}}]}
        when = {"properties": {"event": {"properties": _event_fields([kind])}}}
        then["properties"] = {"routes": {"items": {"properties": {"on": on, "when": when}}}}
    return {"if": {"properties": {"adapter": {"const": name}}, "required": ["adapter"]}, "then": then}


def _event_fields(kinds: Iterable[AdapterKind]) -> dict[str, Any]:
    """Return what events say by name, each with the types of events that do, and with what it may be."""
    fields = [one for kind in kinds for one in kind.fields.items()]
    return {name: _event_field(field) for name, field in fields if field.kind != "names"}


def _event_field(field: EventField) -> dict[str, Any]:
    one: dict[str, Any] = as_written({"type": _TYPES[field.kind]}) if field.kind in _TYPES else SCALAR
    known = {"anyOf": [{"enum": [*field.choices]}, one]} if field.choices else one
    said_by = "" if "*" in field.types else f" Said by {', '.join(sorted(field.types))}."
    return {"description": f"{field.doc}{said_by}", **one_or_many_of(known)}


def _plugins(plugins: Sequence[Plugin], definitions: Definitions, report: Report) -> dict[str, Any]:
    any_other = as_written({"patternProperties": {NAME: {"type": ["object", "null"]}}})
    known = {one.name: _plugin(one, definitions, report) for one in plugins}
    return {**any_other, **({"properties": known} if known else {})}


def _plugin(plugin: Plugin, definitions: Definitions, report: Report) -> dict[str, Any]:
    found = _settings(plugin.settings, plugin.name, definitions, report)
    if _has_required(plugin.settings):
        return found
    if found.get("type") == "object":
        return {**found, "type": ["object", "null"]}
    return {"anyOf": [found, {"type": "null"}]}


def _settings(model: type[BaseModel], owner: str, definitions: Definitions, report: Report) -> dict[str, Any]:
    try:
        found = written_schema(model, owner, prefix=f"{owner}.")
    except PluginError as error:
        report(error)
        return {"type": "object"}
    definitions.update(found.pop("definitions", {}))
    return found


def _has_required(model: type[BaseModel]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _suggest(field: dict[str, Any], names: Sequence[str]) -> None:
    """Offer *names* wherever *field* takes a text; others are as good."""
    if names:
        field["anyOf"] = [_suggesting(item, names) for item in field["anyOf"]]


def _suggesting(item: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    if item.get("type") == "array":
        return {**item, "items": _suggesting(item["items"], names)}
    if item.get("type") == "null":
        return item
    return {"anyOf": [{"enum": [*names]}, {**item, "type": ["string", "number"]}]}  # or `true` would be offered, too


def _target(field: dict[str, Any], plugins: Sequence[Plugin]) -> dict[str, Any]:
    """Offer the handlers of *plugins*; of theirs only those are right, and any of other plugins."""
    own = "|".join(re.escape(one.name) for one in plugins)
    known = _handlers(plugins)
    any_other = {
        "type": "string",
        "pattern": next(item["pattern"] for item in field["anyOf"] if "pattern" in item),
        "patternErrorMessage": "Expected PLUGIN.HANDLER, as in orders.show.",
        **({"not": {"pattern": rf"^({own})\.[^$]*$"}} if plugins else {}),
    }
    return {**field, "anyOf": [*([known] if known["enum"] else []), any_other, {"type": "null"}]}


def _handlers(plugins: Sequence[Plugin]) -> dict[str, Any]:
    handlers = {f"{one.name}.{name}": handler for one in plugins for name, handler in one.handlers.items()}
    return {"enum": [*handlers], "enumDescriptions": [_first_line(handler) for handler in handlers.values()]}


def _first_line(handler: Any) -> str:
    return (inspect.getdoc(handler) or "").partition("\n")[0]


def _route_rules() -> dict[str, Any]:
    """Return what a route must say: an ``include:`` stands alone; what isn't off matches and does one thing."""
    is_off = {"properties": {"enabled": {"const": False}}, "required": ["enabled"]}
    does = {"anyOf": _each_required("reply", "save", "push", "set", "remember", "count", "later", "cancel", "handoff")}
    begins = {"if": {"required": ["begin"]}, "then": {"properties": {"reply": False}}, "else": does}
    does_one = {"if": {"required": ["run"]}, "then": {"properties": {"reply": False, "begin": False}}, "else": begins}
    says = {"required": ["name"], "if": is_off, "else": {"anyOf": _each_required(*_MATCHERS), **does_one}}
    return {
        "if": {"required": ["include"]},
        "then": {"propertyNames": {"enum": ["include", "enabled"]}},
        "else": says,
        "dependencies": {name: {"anyOf": _each_required("run", "save")} for name in ("retries", "deadline")},
    }


def _one_or_many(owner: dict[str, Any], key: str, name: str) -> None:
    """Let *key* of *owner* be what the definition *name* says, or a list of such."""
    field = owner["properties"][key]
    field |= one_or_many_of({"$ref": f"#/definitions/{name}"})
    for one in ("type", "items"):
        field.pop(one, None)


def _steps(definitions: Definitions, plugins: Sequence[Plugin]) -> None:
    """Say what a step may hold: what the first of its keys lets stand beside it; to begin with, one of those keys."""
    shared = definitions["PlainStepSpec"]["properties"]
    for name in ("run", "check", "url"):
        shared[name] = _target(shared[name], plugins)
    handlers = _handlers(plugins)
    shared["choices"]["anyOf"] = [*([handlers] if handlers["enum"] else []), *shared["choices"]["anyOf"]]
    definitions |= {f"Step.{name}": field for name, field in shared.items()}
    for name in ("StepSpec", "InnerStepSpec", "PlainStepSpec"):
        whole = definitions[name]
        known = {**whole.pop("properties"), **{one: {"$ref": f"#/definitions/Step.{one}"} for one in shared}}
        kinds = [kind for kind in BESIDE if kind in known]
        rules: dict[str, Any] = {**_only(known, kinds), "anyOf": _each_required(*kinds)}
        for kind in reversed(kinds):
            rules = {
                "if": {"type": "object", "required": [kind]},
                "then": _only(known, [kind, *BESIDE[kind]]),
                "else": rules,
            }
        definitions[name] = {"type": whole["type"], "description": whole["description"], **rules}


def _only(known: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    properties = {name: known[name] for name in ("when", *names) if name in known}
    return {"properties": properties, "additionalProperties": False}


def _each_required(*names: str) -> list[dict[str, Any]]:
    return [{"required": [name]} for name in names]
