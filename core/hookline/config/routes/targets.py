"""Find the handlers and flows that are named, and report those that there are not."""

from __future__ import annotations

from ...findings.findings import listed, near
from ...routing.actions import Handle
from .surroundings import Site, Surroundings


def handler_of(target: str, key: str, site: Site, around: Surroundings) -> Handle | None:
    """Return the handler *target* that stands under *key*, or None after reporting why there is none."""
    plugin, _, handler = target.partition(".")
    if plugin in around.broken:
        return None  # reported where the plugin is named
    if plugin not in around.plugins:
        hint = near(plugin, around.plugins, f"add `{plugin}:` under the bot's `plugins:`")
        around.findings.error(site.value(), f"`{key}`: this bot uses no plugin `{plugin}`", hint)
        return None
    handlers = around.plugins[plugin].handlers
    if handler not in handlers:
        known = ", ".join(f"`{name}`" for name in handlers) or "none"
        hint = near(handler, handlers, f"it has {known}")
        around.findings.error(site.value(), f"`{key}`: plugin `{plugin}` has no handler `{handler}`", hint)
        return None
    return Handle(plugin, handler)


def flow_of(name: str, key: str, site: Site, around: Surroundings) -> str | None:
    """Return the full name of the flow *name*, which stands under *key*, or None after reporting it as unknown."""
    known = around.flows or {}
    here = f"{around.intent_pack}.{name}" if around.intent_pack is not None else name
    for full in (here, name):
        if full in known:
            return known[full]
    hint = near(name, known, f"known are {listed(sorted(known))}" if known else "write it under `flows:`")
    around.findings.error(site.value(key), f"`{key}`: there is no flow `{name}`", hint)
    return None


def check_handoff(why: str | None, site: Site, around: Surroundings) -> str | None:
    """Return why a chat is handed over; report it where the bot doesn't say to whom."""
    if why is not None and not around.hands_over:
        message = "`handoff`: this bot doesn't say how it hands chats over"
        around.findings.error(site.key("handoff"), message, "write `handoff: {tell: lists.staff}` beside its routes")
    return None if why is None else str(why)
