"""Add texts to a list in an owner's file and leave every other byte of it as it is.

The new text is put in at the parser's marks. Nothing is trusted to that: both files are read strictly, and unless the
new one says what the old one does and the new texts, there is no edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...errors import EditError
from ...findings.findings import Findings
from ..keys.open_keys import OPEN_KEYS
from ..yaml.disk import Disk
from ..yaml.document import Document, parse_document
from ..yaml.interpolation import InterpolationError, Text, Variables
from ..yaml.marks import YamlPath
from .replacement import Replacement, replace_files
from .surgery import Surgery, dotted, edit_error, escaped

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Edit:
    """Hold a verified edit of one file that isn't written yet: all of its text (with its BOM) before and after.

    ``added`` are the texts that weren't in the list before.
    """

    path: Path
    before: str
    after: str
    added: tuple[str, ...]

    def write(self) -> None:
        """Replace the file in one step, through a link, with its mode and owner; nothing when nothing was added.

        Raises EditError when it isn't what was read any more, or can't be written.
        """
        if self.added:
            replace_files([Replacement(self.path, self.before.encode(), self.after.encode())])


def add_to_list(path: Path, where: YamlPath, items: Iterable[str]) -> Edit:
    """Return the edit that puts *items* at the end of the list at *where* in the file at *path*.

    What is in the list already is left out. A text alone becomes a list; a list, and the mappings around it below the
    bot or pack, are made when they are missing. Raises EditError when the file has mistakes, something else than
    a list stands there, or the result wouldn't read back as meant.
    """
    before = read(path)
    old = parsed(before, path)
    present = _texts(old.data, where)
    added = tuple(item for item in dict.fromkeys(items) if item not in present)
    for item in added:
        _check_writable(item, path)
    if not added:
        return Edit(path, before, before, ())
    bom = BOM if before.startswith(BOM) else ""
    after = bom + Surgery(path, before.removeprefix(BOM), where, added).result()
    _verify(path, where, old, after, added)
    return Edit(path, before, after, added)


def read(path: Path) -> str:
    """Return all of the file at *path*, with its BOM and line ends; raise EditError when it can't be read."""
    try:
        return Disk().read(path).text.decode()
    except OSError as error:
        raise edit_error(path, f"can't read the file: {error.strerror or error}", "check its path and mode") from error
    except UnicodeDecodeError as error:
        raise edit_error(path, "the file is not UTF-8", "save it as UTF-8") from error


def parsed(text: str, path: Path) -> Document:
    """Return what *text* says, which stands or is to stand in *path*; raise EditError when it has mistakes."""
    findings = Findings(OPEN_KEYS)
    document = parse_document(text.removeprefix(BOM), str(path), path.parent, findings)
    if document is None or findings.errors():
        first = findings.errors()[0]
        raise EditError(replace(first, hint=first.hint or "mend the file, then try again"))
    return document


def _verify(path: Path, where: YamlPath, old: Document, after: str, added: Sequence[str]) -> None:
    written = [escaped(item) for item in added]
    try:
        is_meant = parsed(after, path).data == _with(old.data, where, written)
    except EditError as error:
        raise edit_error(path, f"can't add to `{dotted(where)}`: {error.finding.message}") from error
    if not is_meant or [Variables({}).fill(Text(text)) for text in written] != list(added):
        raise edit_error(path, f"can't add to `{dotted(where)}` without changing what else the file says")


def _with(data: Any, where: YamlPath, items: Sequence[str]) -> Any:
    if not where:
        return [*_as_list(data), *items]
    known = data or {}
    return {**known, where[0]: _with(known.get(where[0]), where[1:], items)}


def _as_list(data: Any) -> list[Any]:
    return data if isinstance(data, list) else [] if data is None else [data]


def _texts(data: Any, where: YamlPath) -> set[str | None]:
    for step in where:
        data = data.get(step) if isinstance(data, dict) else None
    return {_meant(one) for one in _as_list(data) if isinstance(one, Text)}


def _meant(text: Text) -> str | None:
    try:
        return str(Variables({}).fill(text))
    except InterpolationError:
        return None


def _check_writable(item: str, path: Path) -> None:
    try:
        item.encode()
    except UnicodeEncodeError as error:
        shown = item.encode("ascii", "backslashreplace").decode()
        raise edit_error(path, f"can't add `{shown}`: it holds half a character", "copy the text again") from error
