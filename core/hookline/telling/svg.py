"""Draw routes as an SVG file: boxes from top to bottom, with nothing in it that could run or be fetched.

Its colours suit a light and a dark page: text stands in light boxes, and what stands outside is of a middle grey.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .graph import Graph, Group, Step

_FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK TC', 'Microsoft JhengHei', 'PingFang TC', sans-serif"
_SIZE, _LINE, _PADDING, _GAP, _MARGIN = 13, 18, 10, 26, 24
_LEFT, _WIDTH, _ARROW, _INDENT = 44, 400, 56, 16
_RIGHT = _LEFT + _WIDTH + _ARROW
_ACTION_WIDTH = 330
_TOTAL = _RIGHT + _ACTION_WIDTH + _INDENT + _MARGIN
_MOST_LINES = 3
_GREY, _INK = "#808080", "#222222"
_NEEDS, _REPLY, _RUN, _END = "#f5efdf", "#e3f0e3", "#e1e9f7", "#eeeeee"
_NEVER_FIRST = tuple("。，、！？：；」』）》…,.!?:;)]}")
_NARROW, _CAPITAL, _WIDE = 0.6, 0.8, 1.05
"""Widths of a character in ems: generous, since the reader's font is not known."""


def svg(graphs: Sequence[Graph]) -> str:
    """Return the drawing of *graphs*, one bot below the other."""
    drawing = _Drawing()
    for graph in graphs:
        drawing.bot(graph)
    return drawing.text(", ".join(graph.title for graph in graphs))


@dataclass
class _Drawing:
    root: Element = field(
        default_factory=lambda: Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
    )
    y: int = _MARGIN

    def text(self, title: str) -> str:
        """Return the file."""
        size = {"width": str(_TOTAL), "height": f"{self.y}", "viewBox": f"0 0 {_TOTAL} {self.y}"}
        self.root.attrib |= {**size, "font-family": _FONT, "font-size": str(_SIZE)}
        name = Element("title")
        name.text = f"Routes of {title}"
        self.root.insert(0, name)
        ElementTree.indent(self.root)
        return ElementTree.tostring(self.root, encoding="unicode") + "\n"

    def bot(self, graph: Graph) -> None:
        """Draw one bot below what is there."""
        self._write(_LEFT, self.y + 16, graph.title, size=20, bold=True, colour=_GREY)
        self.y += 40
        begin = self.y
        for group in graph.groups:
            self._group(group, graph.between, is_first=self.y == begin)
        if graph.groups:
            self._way_on(graph.between)
        self._box(_LEFT, self.y, _WIDTH, [graph.end], _END)
        self.y += _height([graph.end]) + 2 * _MARGIN

    def _group(self, group: Group, between: str, *, is_first: bool) -> None:
        if group.pack is None:
            self._steps(group.steps, between, is_first=is_first)
            return
        if not is_first:
            self._way_on(between)
        top = self.y
        frame = SubElement(self.root, "rect")
        self.y += 14
        self._write(_LEFT, self.y + 8, f"pack {group.pack}", bold=True, colour=_GREY)
        self.y += 20
        self._steps(group.steps, between, is_first=True)
        self.y += 14
        x, width = _LEFT - _INDENT, _TOTAL - _MARGIN - _LEFT + _INDENT
        frame.attrib |= {"x": f"{x}", "y": f"{top}", "width": f"{width}", "height": f"{self.y - top}", "rx": "10"}
        frame.attrib |= {"fill": "none", "stroke": _GREY, "stroke-dasharray": "5 4"}

    def _steps(self, steps: Sequence[Step], between: str, *, is_first: bool) -> None:
        for index, step in enumerate(steps):
            if index or not is_first:
                self._way_on(between)
            self._step(step)

    def _step(self, step: Step) -> None:
        lines = _wrapped(f"{step.number} {step.name}", 0.9 * _WIDTH)  # it is bold
        lines += [line for need in step.needs for line in _wrapped(need, _WIDTH)]
        action = [line for one in step.actions for line in _wrapped(one, _ACTION_WIDTH)]
        height = max(_height(lines), _height(action))
        box = self._box(_LEFT, self.y, _WIDTH, lines, _NEEDS, height)
        SubElement(box, "title").text = step.place
        middle = self.y + height // 2
        self._arrow(_LEFT + _WIDTH, middle, _RIGHT, middle)
        if step.needs:
            self._write(_LEFT + _WIDTH + 12, middle - 6, "yes", colour=_GREY)
        own = _height(action)
        self._box(_RIGHT, middle - own // 2, _ACTION_WIDTH, action, _RUN if step.is_handler else _REPLY, bold=False)
        self.y += height

    def _way_on(self, word: str) -> None:
        self._arrow(_LEFT + 24, self.y, _LEFT + 24, self.y + _GAP)
        self._write(_LEFT + 32, self.y + _GAP // 2 + 4, word, colour=_GREY)
        self.y += _GAP

    def _box(
        self, x: int, y: int, width: int, lines: Sequence[str], fill: str, height: int = 0, *, bold: bool = True
    ) -> Element:
        group = SubElement(self.root, "g")
        size = {"width": f"{width}", "height": f"{height or _height(lines)}", "rx": "6"}
        SubElement(group, "rect", {"x": f"{x}", "y": f"{y}", **size, "fill": fill, "stroke": _GREY})
        for index, line in enumerate(lines):
            self._write(x + _PADDING, y + _PADDING + 13 + index * _LINE, line, bold=bold and index == 0, into=group)
        return group

    def _arrow(self, x1: int, y1: int, x2: int, y2: int) -> None:
        head = f"M{x2 - 6} {y2 - 4}L{x2} {y2}L{x2 - 6} {y2 + 4}"
        if x1 == x2:
            head = f"M{x2 - 4} {y2 - 6}L{x2} {y2}L{x2 + 4} {y2 - 6}"
        line = f"M{x1} {y1}L{x2} {y2}{head}"
        SubElement(self.root, "path", {"d": line, "fill": "none", "stroke": _GREY, "stroke-width": "1.5"})

    def _write(
        self,
        x: int,
        y: int,
        words: str,
        *,
        size: int = _SIZE,
        bold: bool = False,
        colour: str = _INK,
        into: Element | None = None,
    ) -> None:
        look = {"fill": colour} | ({"font-size": str(size)} if size != _SIZE else {})
        look |= {"font-weight": "bold"} if bold else {}
        place = {"x": f"{x}", "y": f"{y}"}
        SubElement(self.root if into is None else into, "text", {**place, **look}).text = words


def _height(lines: Sequence[str]) -> int:
    return len(lines) * _LINE + 2 * _PADDING


def _room(character: str) -> float:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    if character in "mwMW@%" or unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    return _CAPITAL if character.isupper() else _NARROW


def _wrapped(words: str, width: float) -> list[str]:
    """Return *words* in lines that fit into a box of *width*; what doesn't fit into three is cut off."""
    lines = list(_lines(words, (width - 2 * _PADDING) / _SIZE))
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1][:-1]}…"]


def _lines(words: str, room: float) -> Iterator[str]:
    while words:
        cut = _fitting(words, room)
        blank = words.rfind(" ", 0, cut + 1)
        if cut < len(words) and blank > cut / 2:
            cut = blank
        elif words[cut : cut + 1] in _NEVER_FIRST:
            cut = max(cut - 1, 1)
        yield words[:cut].strip()
        words = words[cut:].strip()


def _fitting(words: str, room: float) -> int:
    """Return how many characters of *words* fit into *room* ems: one at least."""
    for index, character in enumerate(words):
        room -= _room(character)
        if room < 0:
            return max(index, 1)
    return len(words)
