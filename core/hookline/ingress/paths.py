"""Say which bot a webhook's path names, behind the prefix of a proxy if there is one, and which it may have meant."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from urllib.parse import unquote

from .guard import Scope

WEBHOOKS = "/webhooks/"
FORWARDED_PREFIX = b"x-forwarded-prefix"
MAX_SHOWN = 64
MAX_NAMED = 20
_PREFIX = re.compile(r"(/[^/?#\s\x00-\x1f\x7f]+)*")


def shortened(path: str, prefix: str) -> str:
    """Return *path* without *prefix*, where it begins with that; a prefix ends before a slash.

    One that is itself named ``/webhooks`` is taken off only where a webhook's path is left.
    """
    if not prefix or not f"{path}/".startswith(f"{prefix}/"):
        return path
    rest = path.removeprefix(prefix) or "/"
    return path if path.startswith(WEBHOOKS) and not rest.startswith(WEBHOOKS) else rest


def target_of(scope: Scope) -> tuple[str, str] | None:
    """Return the name of the bot that a webhook's path has, known or not, and what stands behind it; else None.

    The prefix that a proxy forwards counts here and nowhere else, whoever sends it: it leads to nothing but a bot,
    which asks for a signature.
    """
    path: str = scope["path"]
    for prefix in _forwarded_prefixes(scope):
        path = shortened(path, prefix)
    if not path.startswith(WEBHOOKS):
        return None
    name, slash, rest = path.removeprefix(WEBHOOKS).removesuffix("/").partition("/")
    return name, rest or slash


def _forwarded_prefixes(scope: Scope) -> list[str]:
    """Return what proxies say is before a path, the outermost first; each of them may have cut its own off."""
    given = [value for name, value in scope["headers"] if name == FORWARDED_PREFIX]
    return [cleaned(unquote(one)) for one in b",".join(given).decode("latin-1").split(",")] if given else []


def cleaned(prefix: str) -> str:
    """Return *prefix* with a slash in front of it and none behind; nothing for one that is nothing but slashes."""
    bare = prefix.strip().strip("/")
    return f"/{bare}" if bare else ""


def is_prefix(text: str) -> bool:
    """Say whether paths can begin with *text*, which is empty or begins with a slash."""
    return _PREFIX.fullmatch(text) is not None


def unknown(name: str, bots: Collection[str]) -> str:
    """Say that no bot is called *name*, which one may have been meant, and which there are."""
    near = _near(name, bots)
    meant = "." if near is None else f"; did you mean `{near}`?"
    listed = ", ".join(sorted(bots)[:MAX_NAMED]) or "none in this process"
    more = f" and {len(bots) - MAX_NAMED} more" if len(bots) > MAX_NAMED else ""
    return f"there is no bot `{_shown(name)}`{meant} There are: {listed}{more}"


def _near(name: str, bots: Collection[str]) -> str | None:
    """Return the bot that *name* may have meant: written in another case, among other parts, or with a slip."""
    folded = {bot.casefold(): bot for bot in bots}
    parts = [part.strip().casefold() for part in unquote(name[: 4 * MAX_SHOWN]).split("/") if part.strip()]
    exact = [part for part in parts if part in folded]
    near = exact or [found for part in parts[:1] for found in get_close_matches(part[:MAX_SHOWN], folded, n=1)]
    return folded[near[0]] if near else None


def _shown(name: str) -> str:
    cut = name if len(name) <= MAX_SHOWN else f"{name[:MAX_SHOWN]}…"
    return "".join(character if character.isprintable() else "�" for character in cut)
