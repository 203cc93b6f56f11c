"""Drawings in the real Mermaid: it takes them, and every label reads back as it was meant."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_graph import FLOW, GROUPED, HOSTILE, drawn, hostile, many
from tests.node.packages import MERMAID, installed

READ = """
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";
const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import("mermaid");
const text = readFileSync(0, "utf-8");
await mermaid.parse(text);
const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
const nodes = [...db.getVertices().values()].map(({ id, text, type }) => ({ id, text, type }));
const edges = db.getEdges().map(({ start, end, text }) => [start, end, text]);
const groups = db.getSubGraphs().map(({ title, nodes }) => ({ title, nodes }));
console.log(JSON.stringify({ nodes, edges, groups }));
"""
_CODE = re.compile("ﬂ°°([0-9]+)¶ß")
"""How Mermaid keeps `#NUMBER;` until it draws."""


@pytest.fixture(scope="module")
def script() -> Path:
    """Return a script that prints what Mermaid reads in its input."""
    path = installed(MERMAID).parent / "read.mjs"
    path.write_text(READ, "utf-8")
    return path


def read(script: Path, text: str) -> dict[str, Any]:
    """Return what Mermaid reads in *text*."""
    result = subprocess.run(["node", str(script)], input=text, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def shown(label: str) -> list[str]:
    """Return the lines of *label* as a person sees them."""
    return [html.unescape(_CODE.sub(r"&#\1;", line)) for line in label.split("<br>")]


def test_hostile_texts_read_back_as_they_are(script: Path, tmp_path: Path) -> None:
    found = read(script, drawn(tmp_path, hostile(HOSTILE), "--graph", "-").output)

    labels = [shown(node["text"]) for node in found["nodes"] if "route" in node["id"]]
    meant = [" ".join(text.split()) for text in HOSTILE]
    assert [label[0] for label in labels] == [f"{index + 1} r{index}" for index in range(len(HOSTILE))]
    assert [label[1] for label in labels] == [_cut(f"keyword {text}") for text in meant]
    assert len(found["edges"]) == len(HOSTILE) + 1


def test_packs_are_frames_and_handlers_have_their_own_shape(script: Path, tmp_path: Path) -> None:
    found = read(script, drawn(tmp_path, GROUPED, "--graph", "-").output)

    assert [(group["title"], len(group["nodes"])) for group in found["groups"]] == [("pack tickets", 5), ("shop", 7)]
    assert [node["id"] for node in found["nodes"] if node["type"] == "subroutine"] == [
        f"bot1route{number}" for number in range(3, 8)
    ]


def test_flow_hangs_below_the_route_that_begins_it(script: Path, tmp_path: Path) -> None:
    found = read(script, drawn(tmp_path, FLOW, "--graph", "-").output)

    assert ["bot1route1", "bot2start", "yes"] in found["edges"]
    assert [shown(group["title"]) for group in found["groups"]] == [["shop"], ["shop: order"]]


def test_200_routes_are_not_too_many(script: Path, tmp_path: Path) -> None:
    found = read(script, drawn(tmp_path, many(200), "--graph", "-").output)

    assert len(found["nodes"]) == 202
    assert len(found["edges"]) == 201


def test_what_is_wrong_is_refused(script: Path) -> None:
    with pytest.raises(AssertionError, match="Parse error"):
        read(script, "flowchart TB\n a[")


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
