"""Warn of ids that are none, and of those of people where groups belong, by what the platform says of its ids."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ...adapters.adapter import IdForms
from ...findings.findings import Findings, Place
from ...routing.matching.folding import clean

_USERS, _GROUPS = "users", "groups"
_IS_ID_OF = {_USERS: "a person", _GROUPS: "a group or room"}


def check_id(key: str, word: str, place: Place, forms: Collection[IdForms], findings: Findings) -> None:
    """Warn when *word*, which stands at *place* under *key*, is an id by none of *forms*, or of the other kind."""
    kinds = _kinds(word, forms)
    if not kinds:
        hint = _did_you_mean(word, forms) or next((one.words for one in forms if one.words), None)
        findings.warning(place, f"`{key}`: `{word}` is no id", hint)
    elif key in _IS_ID_OF and key not in kinds:
        (kind,) = kinds
        findings.warning(place, f"`{key}`: `{word}` is the id of {_IS_ID_OF[kind]}", f"write it under `{kind}:`")


def check_kind(key: str, name: str, ids: Iterable[str], place: Place, forms: IdForms, findings: Findings) -> None:
    """Warn when the list *name*, which stands at *place* under *key*, has only *ids* of the other kind."""
    kinds = frozenset(kind for one in ids for kind in _kinds(one, [forms]))
    if kinds and key in _IS_ID_OF and key not in kinds:
        (kind,) = kinds
        message = f"`{key}`: `{name}` has only ids of {'people' if kind == _USERS else 'groups and rooms'}"
        findings.warning(place, message, f"write it under `{kind}:`")


def _kinds(word: str, forms: Iterable[IdForms]) -> frozenset[str]:
    """Return of which kinds *word* may be an id."""
    found = set()
    for one in forms:
        found |= {_USERS} if re.fullmatch(one.users, word) else set()
        found |= {_GROUPS} if re.fullmatch(one.groups, word) else set()
    return frozenset(found)


def _did_you_mean(word: str, forms: Collection[IdForms]) -> str | None:
    """Return a hint with the id that *word* is once blanks, invisible and full-width signs, and large letters go."""
    bare = "".join(clean(word).split())
    near = next((one for one in (bare, bare[:1].upper() + bare[1:].lower()) if _kinds(one, forms)), None)
    return f"did you mean `{near}`?" if near else None
