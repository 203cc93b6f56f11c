"""Put a new bot into an owner's file and leave every other byte of it as it is."""

from __future__ import annotations

from pathlib import Path

import yaml

from ...errors import EditError
from ...findings.findings import Finding
from .adding import BOM, Edit, parsed, read
from .surgery import edit_error, scalar
from .yaml_text import Splice, YamlText, is_braced, is_mapping, is_null

_BOTS = "bots"
_OWN_LINES = "write its bots on lines of their own, then try again"


def add_bot(path: Path, name: str, body: str) -> Edit:
    """Return the edit that puts the bot *name* below the others in the file at *path*.

    *body* is what stands below its name, from the first column on, two blanks for each level. Raises EditError when the
    file can't be read strictly, has that bot, or isn't written in lines at that place.
    """
    before = read(path)
    return Edit(path, before, with_bot(path, before, name, body), (name,))


def with_bot(path: Path, before: str, name: str, body: str) -> str:
    """Return the text *before*, which stands or is to stand in *path*, with the new bot; as above."""
    old = parsed(before, path)
    known = old.data.get(_BOTS)
    if isinstance(known, dict) and name in known:
        place = old.marks.key((_BOTS, name))
        raise EditError(Finding(place, f"there is a bot `{name}` already", "choose another name"))
    bom = BOM if before.startswith(BOM) else ""
    text = YamlText(before.removeprefix(BOM))
    after = bom + text.spliced(_splices(path, text, name, body))
    wanted = {**old.data, _BOTS: {**(known or {}), name: parsed(body, path).data}}
    if parsed(after, path).data != wanted:
        raise edit_error(path, f"can't add `{_BOTS}.{name}` without changing what else the file says")
    return after


def _splices(path: Path, text: YamlText, name: str, body: str) -> list[Splice]:
    root = text.root()
    assert isinstance(root, yaml.MappingNode)
    if is_braced(root):
        raise edit_error(path, "the file is written in braces", _OWN_LINES)
    found = [(key, value) for key, value in root.value if key.value == _BOTS]
    if not found:
        return text.below(root, ["", f"{_BOTS}:", *_lines(name, body, 2, 2)], comments_from=1)
    ((key, bots),) = found
    if is_null(bots):
        indent = key.start_mark.column + 2
        return text.below(bots, _lines(name, body, indent, 2))
    if not is_mapping(bots):
        raise edit_error(path, f"`{_BOTS}` must be a mapping", node=bots)
    if is_braced(bots):
        raise edit_error(path, f"`{_BOTS}` is written in braces", _OWN_LINES, bots)
    column = bots.start_mark.column
    return text.below(bots, ["", *_lines(name, body, column, _step(bots))], comments_from=column + 1)


def _step(bots: yaml.Node) -> int:
    """Return how much further in than its name the first bot is written."""
    _, first = bots.value[0]
    is_block = is_mapping(first) and not is_braced(first)
    return int(first.start_mark.column - bots.start_mark.column) if is_block else 2


def _lines(name: str, body: str, column: int, step: int) -> list[str]:
    inner = " " * (column + step)
    return [f"{' ' * column}{scalar(name, is_flow=True)}:", *(f"{inner}{line}" for line in body.splitlines())]
