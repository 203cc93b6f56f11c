"""Say in files what is served: where a bot or a pack is wrong in them, what they said of it when it was last right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...findings.findings import Finding
from ..yaml.blocks import Block, Cut, cut

Key = tuple[str, str, int]
"""What an entry is known by: its section, its name and how far it is indented."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Say what is wrong in files: the bots that are ``amiss``, and where ``problems`` are.

    ``bots`` has, for each bot that is served, the name of the file that it is made of.
    """

    amiss: Collection[str]
    problems: Sequence[Finding]
    bots: Mapping[str, str]


def composed(
    files: Mapping[Path, bytes], before: Mapping[Path, bytes], names: Mapping[Path, str], wrong: Wrong
) -> Mapping[Path, bytes]:
    """Return *files* without what is *wrong*, and instead with what was there *before*, if anything was.

    *names* are the names of the files that hold bots, as findings have them. A file is as before where something is
    wrong beside its bots and packs, or it can't be cut into them.
    """
    cuts = {path: _cut(files[path]) for path in names if path in files}
    earlier = [found for path in names if (found := _cut(before.get(path, b""))) is not None]
    known = {_key(block): block.text for found in earlier for block in found.blocks}
    counts = Counter((block.section, block.name) for found in cuts.values() if found for block in found.blocks)
    composition = {**before, **files}
    for path, found in cuts.items():
        lines = {one.place.line - 1 for one in wrong.problems if one.place.file == names[path]}
        bad = [block for block in found.blocks if _is_wrong(block, lines, wrong)] if found else []
        moved = [
            block
            for block in (found.blocks if found else ())
            if counts[block.section, block.name] > 1 and wrong.bots.get(block.name, names[path]) != names[path]
        ]
        if found is None or lines - {line for block in bad for line in _span(block)}:
            _put_back(path, composition, before)
        elif bad or moved:
            instead = {id(block): known.get(_key(block), "") for block in bad} | {id(block): "" for block in moved}
            composition[path] = _replaced(files[path].decode(), found.blocks, instead)
    return composition


def _put_back(path: Path, composition: dict[Path, bytes], before: Mapping[Path, bytes]) -> None:
    if path in before:
        composition[path] = before[path]
    else:
        composition.pop(path)


def _is_wrong(block: Block, lines: Collection[int], wrong: Wrong) -> bool:
    return (block.section == "bots" and block.name in wrong.amiss) or any(line in lines for line in _span(block))


def _replaced(text: str, blocks: Sequence[Block], instead: Mapping[int, str]) -> bytes:
    lines = text.split("\n")
    for block in sorted(blocks, key=lambda one: -one.first_line):
        if id(block) in instead:
            lines[block.first_line : block.first_line + len(_span(block))] = _lines(instead[id(block)])
    return "\n".join(lines).encode()


def _cut(text: bytes) -> Cut | None:
    try:
        return cut(text.decode())
    except UnicodeDecodeError:
        return None


def _key(block: Block) -> Key:
    return block.section, block.name, block.indent


def _span(block: Block) -> range:
    return range(block.first_line, block.first_line + len(_lines(block.text)))


def _lines(text: str) -> Sequence[str]:
    """Return the lines of an entry, without what comes after its last break."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
