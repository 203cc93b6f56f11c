"""Find where in a YAML text new items of a list go, and how they are written there."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from ...errors import EditError
from ...findings.findings import Finding, Place
from ..yaml.marks import YamlPath
from .yaml_text import BREAKS, Splice, YamlText, is_braced, is_mapping, is_null

OWNER = 2
"""`bots.NAME` or `packs.NAME`: what is missing below it is made, but never a bot or a pack."""

_BY_HAND = "nothing was written; add it by hand"
_REST_OF_ITEM = re.compile(rf"[ \t]*(?P<comma>,?)[ \t]*(?:#[^{BREAKS}]*)?(?=[{BREAKS}])")
_DASH = re.compile(r"- +\Z")
_READ_AS_VARIABLE = re.compile(r"\$(?=[${])")


class Surgery:
    """Put *items* into the list at *where* of one text."""

    def __init__(self, path: Path, text: str, where: YamlPath, items: Sequence[str]) -> None:
        self._path = path
        self._yaml = YamlText(text)
        self._text = text
        self._where = where
        self._items = [escaped(item) for item in items]
        self._keys: list[yaml.ScalarNode] = []

    def result(self) -> str:
        """Return the text with the items in it, not verified."""
        return self._yaml.spliced(self._splices())

    def _splices(self) -> list[Splice]:
        node: yaml.Node = self._yaml.root()
        is_flow = is_braced(node)
        for depth, step in enumerate(self._where):
            found = [pair for pair in node.value if pair[0].value == step] if is_mapping(node) else []
            if not found:
                return self._make(node, self._where[depth:], is_flow=is_flow)
            key, node = found[0]
            self._keys.append(key)
            is_flow = is_flow or is_braced(node)
        return self._extend(node, is_flow=is_flow)

    def _make(self, node: yaml.Node, missing: YamlPath, *, is_flow: bool) -> list[Splice]:
        if len(self._keys) < OWNER:
            raise self._error(f"there is no `{dotted(self._where[: len(self._keys) + 1])}`", node, "write it first")
        if not is_mapping(node) and not is_null(node):
            raise self._error(f"`{dotted(self._where[: len(self._keys)])}` must be a mapping", node)
        keys = [scalar(str(step), is_flow=True) for step in missing]
        if is_flow:
            return self._into_flow_mapping(node, _flow(keys, self._items))
        column = node.start_mark.column if is_mapping(node) else self._keys[-1].start_mark.column + self._indent
        lines = [f"{' ' * (column + self._indent * depth)}{key}:" for depth, key in enumerate(keys)]
        return self._yaml.below(node, [*lines, *self._dashed(column + self._indent * len(keys))])

    def _extend(self, node: yaml.Node, *, is_flow: bool) -> list[Splice]:
        if is_null(node):
            return self._make(node, (), is_flow=is_flow)
        if isinstance(node, yaml.ScalarNode):
            return self._from_one(node, is_flow=is_flow)
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(f"`{dotted(self._where)}` must be a list", node)
        if is_flow:
            return self._into_flow_list(node)
        last = node.value[-1]
        dash = _DASH.search(self._text, _line_start(last), last.start_mark.index)
        return self._yaml.below(node, self._dashed(node.start_mark.column, dash.group() if dash else "- "))

    def _from_one(self, node: yaml.ScalarNode, *, is_flow: bool) -> list[Splice]:
        start, end = node.start_mark.index, node.end_mark.index
        key, column = self._keys[-1], node.start_mark.column
        if is_flow:
            return [(start, start, "["), (end, end, f", {_flow((), self._items)[1:]}")]
        if node.start_mark.line != node.end_mark.line:
            hint = "make it a list by hand: `- ` before it, and its lines further in"
            raise self._error(f"`{dotted(self._where)}` is one text of several lines", node, hint)
        if key.end_mark.line != node.start_mark.line:
            return [(start, start, "- "), *self._yaml.below(node, self._dashed(column))]
        column = key.start_mark.column + self._indent
        gap = self._text.index(":", key.end_mark.index) + 1
        before = f"{self._yaml.newline(node)}{' ' * column}- "
        return [(gap, start, before), *self._yaml.below(node, self._dashed(column))]

    def _into_flow_mapping(self, node: yaml.Node, new: str) -> list[Splice]:
        if is_null(node):
            end = node.end_mark.index
            return [(end, end, new if self._text[end - 1].isspace() else f" {new}")]
        if not node.value:
            return [(*_after_opening(node), new[1:-1])]
        end = node.value[-1][1].end_mark.index
        return [(end, end, f", {new[1:-1]}")]

    def _into_flow_list(self, node: yaml.SequenceNode) -> list[Splice]:
        if not node.value:
            return [(*_after_opening(node), _flow((), self._items)[1:-1])]
        last = node.value[-1]
        end = last.end_mark.index
        indent = self._text[_line_start(last) : last.start_mark.index]
        rest = _REST_OF_ITEM.match(self._text, end)
        if rest is None or indent.strip():
            return [(end, end, f", {_flow((), self._items)[1:-1]}")]
        lines = ",".join(f"{self._yaml.newline(last)}{indent}{scalar(one, is_flow=True)}" for one in self._items)
        return [(end, end, "" if rest["comma"] else ","), (rest.end(), rest.end(), lines + rest["comma"])]

    def _dashed(self, column: int, dash: str = "- ") -> list[str]:
        return [f"{' ' * column}{dash}{scalar(one, is_flow=False)}" for one in self._items]

    @property
    def _indent(self) -> int:
        columns = [key.start_mark.column for key in self._keys[:OWNER]]
        return max(columns[1] - columns[0], 2)

    def _error(self, message: str, node: yaml.Node, hint: str = _BY_HAND) -> EditError:
        return edit_error(self._path, message, hint, node)


def _line_start(node: yaml.Node) -> int:
    return int(node.start_mark.index - node.start_mark.column)


def _after_opening(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.index + 1, node.start_mark.index + 1


def _flow(keys: Sequence[str], items: Sequence[str]) -> str:
    if keys:
        return f"{{{keys[0]}: {_flow(keys[1:], items)}}}"
    return f"[{', '.join(scalar(one, is_flow=True) for one in items)}]"


def escaped(text: str) -> str:
    """Return *text* as a file has it: what would be read as a variable is written with two dollars."""
    return _READ_AS_VARIABLE.sub("$$", text)


def scalar(text: str, *, is_flow: bool) -> str:
    """Return *text* as YAML: plain if it reads back so, else in single quotes, else in double ones."""
    single = "'" + text.replace("'", "''") + "'"
    for written in (text, single):
        if _reads_as(f"[{written} ]" if is_flow else f"- {written}", text):  # a comment may follow
            return written
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=sys.maxsize).rstrip("\n")


def _reads_as(written: str, text: str) -> bool:
    try:
        node = yaml.compose(written, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return False
    match node:
        case yaml.SequenceNode(value=[yaml.ScalarNode() as item]):
            return bool(item.value == text) and not is_null(item)
    return False


def dotted(where: YamlPath) -> str:
    """Return a path in a file as people write it."""
    return ".".join(map(str, where))


def edit_error(path: Path, message: str, hint: str = _BY_HAND, node: yaml.Node | None = None) -> EditError:
    """Return the error that says why *path* is left alone, at *node* or at its beginning."""
    line, column = (node.start_mark.line + 1, node.start_mark.column + 1) if node else (1, 1)
    return EditError(Finding(Place(str(path), line, column), message, hint))
