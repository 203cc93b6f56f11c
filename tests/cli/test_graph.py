"""Routes as a drawing: what is in it, and that no text can be more than a text in it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from hookline.cli.main import root
from hookline.telling.graph import Graph, Group, Step, plain
from hookline.telling.svg import svg as svg_of
from tests.unit.config.broken import HEAD

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "title", "g", "rect", "text", "path"}
HOSTILE = [
    "</text><script>alert(1)</script>",
    '"] --> x[["y"]]; click a href "javascript:alert(1)"',
    "<img src=x onerror=alert(1)>",
    "%%{init: {}}%% & &amp; #quot; ]]> `**b**` style x: #5;",
    "你好「世界」 👩‍👩‍👧 é́ 1. - *",
    "line one\nline two\r\n\tthree",
    "end",
]
GROUPED = (
    HEAD
    + """    plugins: {tickets: {}}
    routes:
      - {name: welcome, on: [follow, join], reply: [歡迎, again]}
      - {name: hours, keyword: [營業時間, hours], when: {chat: user, days: [sun, mon]}, reply: 10:00}
      - include: tickets
      - {name: buy, postback: {action: buy}, reply: {type: image, originalContentUrl: 'https://a/b', previewImageUrl: 'https://a/b'}}
      - {name: fallback, otherwise: true, reply: 試試}
"""
)


def drawn(folder: Path, text: str, *arguments: str) -> Result:
    """Draw *text*; a file that is named is written into *folder*."""
    (folder / "bot.yaml").write_text(text, "utf-8")
    return CliRunner().invoke(root, ["-c", str(folder / "bot.yaml"), "routes", *arguments])


def svg(folder: Path, text: str) -> ElementTree.Element:
    """Return the drawing of *text* as XML reads it."""
    assert drawn(folder, text, "--graph", str(folder / "routes.svg")).exit_code == 0
    return ElementTree.fromstring((folder / "routes.svg").read_text("utf-8"))


def boxes(drawing: ElementTree.Element) -> list[list[str]]:
    """Return the lines in each box, from top to bottom."""
    return [[line.text or "" for line in group.iter(f"{SVG}text")] for group in drawing.iter(f"{SVG}g")]


def hostile(texts: list[str]) -> str:
    """Return a file whose routes have *texts* as keywords and in replies."""
    quoted = [text.replace("'", "''").replace("\r", "").replace("\t", " ") for text in texts]
    lines = [f"      - {{name: r{index}, keyword: '{text}', reply: '{text}'}}" for index, text in enumerate(quoted)]
    return f"{HEAD}    routes:\n" + "\n".join(line.replace("\n", "\n\n          ") for line in lines)


def many(count: int) -> str:
    """Return a file of *count* routes."""
    lines = [
        f"      - {{name: route{index}, keyword: [k{index}, 關鍵{index}], reply: 答案 {index}}}\n"
        for index in range(count)
    ]
    return f"{HEAD}    routes:\n{''.join(lines)}"


def test_drawing_has_what_each_route_waits_for_and_does(tmp_path: Path) -> None:
    found = boxes(svg(tmp_path, GROUPED))

    assert found[:4] == [
        ["1 welcome", "on follow, join"],
        ["reply 歡迎 (+1)"],
        ["2 hours", "keyword 營業時間, hours", "chat user", "days mon, sun"],
        ["reply 10:00"],
    ]
    assert found[-5:] == [
        ["8 buy", "postback action=buy"],
        ["reply image"],
        ["9 fallback", "on message"],
        ["reply 試試"],
        ["no route fits: no answer"],
    ]


def test_pack_is_a_frame_around_its_routes(tmp_path: Path) -> None:
    drawing = svg(tmp_path, GROUPED)

    (frame,) = [one for one in drawing.iter(f"{SVG}rect") if one.get("stroke-dasharray")]
    top, bottom = float(frame.attrib["y"]), float(frame.attrib["y"]) + float(frame.attrib["height"])
    inside = [
        lines[0].text
        for group in drawing.iter(f"{SVG}g")
        if (lines := list(group.iter(f"{SVG}text"))) and top < float(lines[0].attrib["y"]) < bottom
    ]
    assert [name for name in inside if name and name[0].isdigit()] == [
        "3 tickets.take",
        "4 tickets.position",
        "5 tickets.cancel",
        "6 tickets.next",
        "7 tickets.reset",
    ]
    assert "pack tickets" in [one.text for one in drawing.iter(f"{SVG}text")]


def test_no_text_becomes_more_than_a_text(tmp_path: Path) -> None:
    drawing = svg(tmp_path, hostile(HOSTILE))

    names = {element.tag.removeprefix(SVG) for element in drawing.iter()}
    attributes = {name for element in drawing.iter() for name in element.attrib}
    assert names <= ALLOWED
    assert [name for name in attributes if name.startswith("on") or "href" in name or "style" in name] == []
    assert "keyword </text><script>alert(1)</script>" in [" ".join(lines[1:]) for lines in boxes(drawing)]


def test_place_of_a_route_is_shown_by_pointing_at_it(tmp_path: Path) -> None:
    titles = [one.text for one in svg(tmp_path, GROUPED).iter(f"{SVG}title")]

    assert titles[:2] == ["Routes of shop", f"{tmp_path / 'bot.yaml'}:8:10"]


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_in_it_as_one_line(need: str, action: str) -> None:
    step = Step(1, "a", [plain(need)], [plain(action)], is_handler=False, place="")

    drawing = ElementTree.fromstring(svg_of([Graph("shop", [Group(None, [step])])]))

    (_, *first), second, _ = boxes(drawing)
    assert "".join(first).replace(" ", "") == plain(need).replace(" ", "")
    assert "".join(second).replace(" ", "") == plain(action).replace(" ", "")


def test_200_routes_stand_below_each_other(tmp_path: Path) -> None:
    drawing = svg(tmp_path, many(200))

    rows = [one for one in drawing.iter(f"{SVG}rect") if one.attrib["x"] == "44"]
    spans = [(float(one.attrib["y"]), float(one.attrib["y"]) + float(one.attrib["height"])) for one in rows]
    assert len(spans) == 201
    assert all(first[1] < second[0] for first, second in pairwise(spans))
    assert spans[-1][1] < float(drawing.attrib["height"]) < 20_000


def test_lines_fit_into_their_box(tmp_path: Path) -> None:
    lines = [line for lines in boxes(svg(tmp_path, hostile(["長" * 90, "w" * 95, "a b " * 20]))) for line in lines]

    assert max(len(line) for line in lines if set(line) <= {"長", "…"}) <= 29
    assert max(len(line) for line in lines if set(line) <= {"w", "…"}) <= 29
    assert any(line.endswith("…") for line in lines)


def test_bots_are_drawn_one_below_the_other_or_one_alone(tmp_path: Path) -> None:
    text = GROUPED + GROUPED[GROUPED.index("  shop:") :].replace("shop", "cafe")

    both = drawn(tmp_path, text, "--graph", "-").output
    one = drawn(tmp_path, text, "cafe", "--graph", "-").output

    assert [line.strip() for line in both.splitlines() if "subgraph bot" in line and "pack" not in line] == [
        'subgraph bot1["shop"]',
        'subgraph bot2["cafe"]',
    ]
    assert one.splitlines()[2] == '  subgraph bot1["cafe"]'


def test_mermaid_of_a_small_bot(tmp_path: Path) -> None:
    text = (
        f"{HEAD}    plugins: {{echo: {{}}}}\n"
        "    routes:\n      - {name: hi, keyword: hi, reply: hello}\n      - {name: say, prefix: say, run: echo.say}\n"
    )

    assert drawn(tmp_path, text, "--graph", "-").output == (
        "flowchart TB\n"
        '%%{init: {"flowchart": {"wrappingWidth": 320}}}%%\n'
        '  subgraph bot1["shop"]\n'
        "    direction TB\n"
        '    bot1start(["an event"])\n'
        '    bot1route1["1 hi<br/>keyword hi<br/>→ reply hello"]\n'
        '    bot1route2[["2 say<br/>prefix say<br/>→ run echo#46;say"]]\n'
        '    bot1end(["no route fits#58; no answer"])\n'
        "    bot1start --> bot1route1\n"
        "    bot1route1 -->|no| bot1route2\n"
        "    bot1route2 -->|no| bot1end\n"
        "  end\n"
    )


@pytest.mark.parametrize("name", ["routes.mmd", "routes.mermaid", "ROUTES.SVG"])
def test_ending_says_the_form(name: str, tmp_path: Path) -> None:
    result = drawn(tmp_path, GROUPED, "--graph", str(tmp_path / name))

    written = (tmp_path / name).read_text("utf-8")
    assert (result.exit_code, result.output) == (0, f"wrote {tmp_path / name}\n")
    assert written.startswith("<svg" if "SVG" in name else "flowchart TB\n")


def test_other_ending_is_refused(tmp_path: Path) -> None:
    result = drawn(tmp_path, GROUPED, "--graph", "routes.png")

    assert result.exit_code == 2
    assert result.output.splitlines()[-1] == (
        "Error: Invalid value for --graph: `routes.png`: expected a file that ends in .mmd or .svg, "
        "or - for Mermaid on standard output"
    )


def test_file_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    result = drawn(tmp_path, GROUPED, "--graph", str(tmp_path / "nowhere" / "routes.svg"))

    assert (result.exit_code, result.output) == (
        1,
        f"Error: can't write {tmp_path}/nowhere/routes.svg: No such file or directory\n",
    )


def test_bot_without_routes_has_an_end(tmp_path: Path) -> None:
    assert boxes(svg(tmp_path, f"{HEAD}    routes: []\n")) == [["no route fits: no answer"]]


FLOW = (
    HEAD
    + """    flows:
      order:
        steps:
          - {ask: how, choices: [外送, 自取]}
          - {ask: street, when: {flow: {how: 外送}}, optional: true}
          - ask: proof
            type: image
            when: {flow: {how: [自取, 外送]}, person: {orders: {at_least: 3}, note: {not: null}}}
          - list: cart
            steps: [{ask: drink}, {ask: amount, label: 杯數, type: number}]
            line: x
            at_most: 3
          - confirm: true
          - remember: {last: '{flow.how}'}
          - reply: 謝謝
    routes:
      - {name: order, keyword: 點餐, begin: order}
"""
)


def test_flow_is_drawn_behind_the_routes_with_what_each_step_waits_for_and_does(tmp_path: Path) -> None:
    drawing = boxes(svg(tmp_path, FLOW))

    assert drawing[:3] == [["1 order", "keyword 點餐"], ["begin order"], ["no route fits: no answer"]]
    assert drawing[3:] == [
        ["1 how"],
        ["ask for a choice: 外送, 自取"],
        ["2 street", "flow how='外送'"],
        ["ask for a text", "may be skipped"],
        ["3 proof", "person orders at least 3", "person note not null", "flow how='自取' or '外送'"],
        ["ask for a picture"],
        ["4 cart"],
        ["ask again and again: drink, 杯數", "at most 3 times"],
        ["5 confirm"],
        ["ask whether all is right"],
        ["6 remember"],
        ["remembers last"],
        ["7 reply"],
        ["reply 謝謝"],
        ["done"],
    ]


def test_vote_says_how_long_everyone_may_answer(tmp_path: Path) -> None:
    vote = "      vote:\n        for: chat\n        steps:\n          - {ask: come, choices: [x, y], everyone: 90m}\n"
    drawing = boxes(svg(tmp_path, f"{HEAD}    flows:\n{vote}    routes: [{{name: vote, exact: vote, begin: vote}}]\n"))

    assert drawing[-2] == ["ask for a choice: x, y", "everyone may answer, for 90m"]


def test_flow_is_a_flowchart_of_its_own(tmp_path: Path) -> None:
    text = drawn(tmp_path, FLOW, "--graph", "-").output

    assert 'subgraph bot2["shop#58; order"]' in text
    assert 'bot2start(["it begins"])' in text
    assert "bot2route1 -->|then| bot2route2" in text
    assert 'bot2route2["2 street<br/>flow how#61;#39;外送#39;<br/>→ ask for a text<br/>→ may be skipped"]' in text


def test_flow_hangs_below_what_begins_it(tmp_path: Path) -> None:
    other = "      other:\n        steps: [{ask: a, choices: [x, y]}, {begin: order}]\n    routes:\n"
    text = FLOW.replace("    routes:\n", f"{other}      - {{name: other, exact: other, begin: other}}\n")
    both = text + text[text.index("  shop:") :].replace("shop", "cafe")

    assert [line for line in drawn(tmp_path, both, "--graph", "-").output.splitlines() if "-.->" in line] == [
        "  bot1route1 -.->|yes| bot3start",
        "  bot1route2 -.->|yes| bot2start",
        "  bot3route2 -.-> bot2start",
        "  bot4route1 -.->|yes| bot6start",
        "  bot4route2 -.->|yes| bot5start",
        "  bot6route2 -.-> bot5start",
    ]
