"""Hold a YAML text, find at the parser's marks where its parts end, and put lines in between."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from ..yaml.surrogates import SurrogatePairs

BREAKS = "\n\r\x85\u2028\u2029"

_BREAK = re.compile(f"\r\n|[{BREAKS}]")
_REST_OF_LINE = re.compile(rf"[^{BREAKS}]*")
_COMMENT_BELOW = re.compile(rf"(?:\r\n|[{BREAKS}])(?P<indent> *)(?:#[^{BREAKS}]*|(?=\Z|[{BREAKS}]))")
_KEEPS_BLANK_LINES = re.compile(r"[|>]\d?\+")

Splice = tuple[int, int, str]
"""From where to where in the old text, and what stands there in the new one."""


class YamlText:
    """Hold one text that the strict reader took, without its BOM."""

    def __init__(self, text: str) -> None:
        self._text = text

    def root(self) -> yaml.Node:
        """Return the node of all of it."""
        parsed, _ = SurrogatePairs.taken_from(self._text)  # as long as the text: the marks fit both
        node: yaml.Node | None = yaml.compose(parsed, Loader=yaml.CSafeLoader)
        assert node is not None  # the strict reader found a mapping
        return node

    def spliced(self, splices: Sequence[Splice]) -> str:
        """Return the text with *splices*, which are in its order, put in."""
        parts, done = [], 0
        for start, end, new in splices:
            parts += [self._text[done:start], new]
            done = end
        return "".join([*parts, self._text[done:]])

    def below(self, node: yaml.Node, lines: Sequence[str], *, comments_from: int | None = None) -> list[Splice]:
        """Return what puts *lines* below *node*: and, where that is given, below comments from this column on."""
        line = _REST_OF_LINE.match(self._text, self._end(node))
        assert line is not None  # it may be empty
        place = line.end() if comments_from is None else self._after_comments(line.end(), comments_from)
        return [(place, place, "".join(f"{self.newline(node)}{line}" for line in lines))]

    def newline(self, node: yaml.Node) -> str:
        """Return how lines end where *node* does."""
        found = _BREAK.search(self._text, self._end(node)) or _BREAK.search(self._text)
        return found.group() if found else "\n"

    def _after_comments(self, place: int, column: int) -> int:
        end = place
        while (line := _COMMENT_BELOW.match(self._text, place)) and line.end() > place:
            place = line.end()
            if line.group().strip() and len(line["indent"]) < column:
                return end
            end = place if line.group().strip() else end
        return end

    def _end(self, node: yaml.Node) -> int:
        while isinstance(node, yaml.CollectionNode) and not node.flow_style:  # a block is never empty
            node = node.value[-1] if isinstance(node, yaml.SequenceNode) else node.value[-1][1]
        start, end = node.start_mark.index, int(node.end_mark.index)
        written = self._text[start:end]
        if not isinstance(node, yaml.ScalarNode) or node.style not in ("|", ">"):
            return end
        if _KEEPS_BLANK_LINES.match(written):
            return end - (2 if written.endswith("\r\n") else 1)
        return start + len(written.rstrip())


def is_braced(node: yaml.Node) -> bool:
    """Say whether it is written in brackets or braces."""
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def is_mapping(node: yaml.Node) -> bool:
    """Say whether it is a mapping."""
    return isinstance(node, yaml.MappingNode)


def is_null(node: yaml.Node) -> bool:
    """Say whether nothing is written there."""
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value == ""
