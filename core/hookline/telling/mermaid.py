"""Draw routes as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html.

A route is one node, and there is one edge to the next, and one to the flow that it begins: Mermaid draws at most 500.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .graph import Graph, Group, Step

_LONGEST = 60
_HEAD = ("flowchart TB", '%%{init: {"flowchart": {"wrappingWidth": 320}}}%%')
"""Without a width of its own Mermaid breaks lines after a dozen Chinese characters, and within words."""
_SPECIAL = re.compile(r"[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]")  # in ASCII all but letters, digits and blanks


def mermaid(graphs: Sequence[Graph]) -> str:
    """Return the flowchart of *graphs*, a frame for each bot."""
    lines = [*_HEAD]
    flows = {(graph.bot, graph.flow): f"bot{index}start" for index, graph in enumerate(graphs, 1)}
    for index, graph in enumerate(graphs, 1):
        lines += [f"  {line}" for line in _bot(graph, f"bot{index}")]
    for index, graph in enumerate(graphs, 1):
        for step in graph.steps:
            if step.begins is not None and (graph.bot, step.begins) in flows:
                yes = "" if graph.flow else "|yes|"
                lines.append(f"  bot{index}route{step.number} -.->{yes} {flows[graph.bot, step.begins]}")
    return "\n".join(lines) + "\n"


def _bot(graph: Graph, prefix: str) -> Iterator[str]:
    yield f'subgraph {prefix}["{escaped(graph.title)}"]'
    yield "  direction TB"
    yield f'  {prefix}start(["{escaped(graph.begin)}"])'
    for index, group in enumerate(graph.groups, 1):
        yield from (f"  {line}" for line in _group(group, prefix, f"{prefix}pack{index}"))
    yield f'  {prefix}end(["{escaped(graph.end)}"])'
    names = [f"{prefix}start", *(f"{prefix}route{step.number}" for step in graph.steps), f"{prefix}end"]
    for index, (here, there) in enumerate(pairwise(names)):
        yield f"  {here} -->{f'|{graph.between}| ' if index else ' '}{there}"
    yield "end"


def _group(group: Group, prefix: str, name: str) -> Iterator[str]:
    nodes = [f"{prefix}route{step.number}{_node(step)}" for step in group.steps]
    if group.pack is None:
        yield from nodes
        return
    yield f'subgraph {name}["{escaped(f"pack {group.pack}")}"]'
    yield "  direction TB"
    yield from (f"  {node}" for node in nodes)
    yield "end"


def _node(step: Step) -> str:
    lines = [f"{step.number} {step.name}", *map(_cut, step.needs), *(f"→ {action}" for action in step.actions)]
    text = "<br/>".join(escaped(line) for line in lines)
    return f'[["{text}"]]' if step.is_handler else f'["{text}"]'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def escaped(text: str) -> str:
    """Return *text* with every sign that could mean something to Mermaid, Markdown or HTML as its number."""
    return _SPECIAL.sub(lambda found: f"#{ord(found.group())};", text)
