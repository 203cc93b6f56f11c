"""Check that adding to a list changes nothing else in an owner's file, and that what can't be done safely isn't."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookline.config.editing.adding import Edit, add_to_list
from hookline.config.yaml.document import read_document
from hookline.config.yaml.interpolation import Variables
from hookline.config.yaml.marks import YamlPath
from hookline.config.yaml.texts import Texts
from hookline.errors import EditError
from hookline.findings.findings import Findings

WHERE = ("bots", "shop", "intents", "hours", "examples")
HEAD = "version: 1\nbots:\n  shop:\n    intents:\n      hours:\n"


@dataclass(frozen=True, slots=True)
class Case:
    """Hold a file before and after adding `new`, from the intent `hours` on."""

    name: str
    before: str
    after: str
    items: Sequence[str] = ("new",)

    def __str__(self) -> str:
        return self.name


BLOCKS = [
    Case("deeper dashes", "        examples:\n          - a\n", "        examples:\n          - a\n          - new\n"),
    Case("dashes at the key", "        examples:\n        - a\n", "        examples:\n        - a\n        - new\n"),
    Case(
        "much deeper",
        "        examples:\n             - a\n",
        "        examples:\n             - a\n             - new\n",
    ),
    Case(
        "wide dashes", "        examples:\n          -   a\n", "        examples:\n          -   a\n          -   new\n"
    ),
    Case("no newline at the end", "        examples:\n        - a", "        examples:\n        - a\n        - new"),
    Case(
        "comments",
        "        examples:  # of hours\n          # the first\n          - a   # one\n"
        "          # off: - b\n\n        # last\n",
        "        examples:  # of hours\n          # the first\n          - a   # one\n          - new\n"
        "          # off: - b\n\n        # last\n",
    ),
    Case(
        "a comment and no newline",
        "        examples:\n          - 'a'  # x",
        "        examples:\n          - 'a'  # x\n          - new",
    ),
    Case(
        "something after",
        "        examples:\n          - a\n\n    # routes\n    routes: []\n",
        "        examples:\n          - a\n          - new\n\n    # routes\n    routes: []\n",
    ),
    Case(
        "quotes and several lines",
        '        examples:\n          - "a\n            b"\n          - c\n            d  # e\n',
        '        examples:\n          - "a\n            b"\n          - c\n            d  # e\n          - new\n',
    ),
    Case(
        "a literal at the end",
        "        examples:\n          - |\n            a  \n            b\n\n\n    x: y\n",
        "        examples:\n          - |\n            a  \n            b\n          - new\n\n\n    x: y\n",
    ),
    Case(
        "a literal that keeps its blank lines",
        "        examples:\n          - |+\n            a\n\n\n    x: y\n",
        "        examples:\n          - |+\n            a\n\n\n          - new\n    x: y\n",
    ),
    Case(
        "several items",
        "        examples:\n          - a\n",
        "        examples:\n          - a\n          - new\n          - 你好\n",
        ("new", "a", "你好", "new"),
    ),
    Case(
        "a pasted pair of surrogates before",
        '        examples:\n          - "\\ud83d\\ude0a"\n          - 😊😊\n',
        '        examples:\n          - "\\ud83d\\ude0a"\n          - 😊😊\n          - new\n',
    ),
    Case(
        "an empty item",
        "        examples:\n          -  # x\n",
        "        examples:\n          -  # x\n          - new\n",
    ),
    Case("nothing yet", "        examples:  # soon\n", "        examples:  # soon\n          - new\n"),
    Case(
        "nothing yet and a comment below",
        "        examples:\n        # soon\n        x: y\n",
        "        examples:\n          - new\n        # soon\n        x: y\n",
    ),
]
FLOWS = [
    Case("one line", "        examples: [a, 'b']  # c\n", "        examples: [a, 'b', new]  # c\n"),
    Case("spaces", "        examples: [ a ,b  ]\n", "        examples: [ a ,b, new  ]\n"),
    Case("trailing comma", "        examples: [a, b, ]\n", "        examples: [a, b, new, ]\n"),
    Case("empty list", "        examples: []  # c\n", "        examples: [new]  # c\n"),
    Case("empty list, two items", "        examples: [ ]\n", "        examples: [new, o, k ]\n", ("new", "o", "k")),
    Case("no newline after", "        examples: [a]", "        examples: [a, new]"),
    Case(
        "several lines",
        "        examples: [\n          a,  # one, two\n          b\n        ]\n",
        "        examples: [\n          a,  # one, two\n          b,\n          new\n        ]\n",
    ),
    Case(
        "several lines with a comment and no comma",
        "        examples: [\n          a,\n          b  # [x, y]\n          # z\n        ]\n",
        "        examples: [\n          a,\n          b,  # [x, y]\n"
        "          new,\n          n2\n          # z\n        ]\n",
        ("new", "n2"),
    ),
    Case(
        "several lines with a trailing comma",
        "        examples: [\n          a,\n          b,  # c\n        ]\n",
        "        examples: [\n          a,\n          b,  # c\n          new,\n          n2,\n        ]\n",
        ("new", "n2"),
    ),
    Case(
        "a comma of its own line",
        "        examples: [\n          a  # x\n          ,\n        ]\n",
        "        examples: [\n          a,  # x\n          new\n          ,\n        ]\n",
    ),
    Case("wrapped", "        examples: [a, b,\n          c, d]\n", "        examples: [a, b,\n          c, d, new]\n"),
    Case("bracket below", "        examples: [a, b\n          ]\n", "        examples: [a, b, new\n          ]\n"),
    Case("flow mapping", "        {examples: [a, b]}\n", "        {examples: [a, b, new]}\n"),
    Case("flow mapping, one text", "        {x: y, examples: a }\n", "        {x: y, examples: [a, new] }\n"),
    Case("flow mapping, nothing yet", "        {examples: , x: y}\n", "        {examples: [new], x: y}\n"),
    Case("flow mapping, other keys", "        {x: y,}\n", "        {x: y, examples: [new],}\n"),
    Case("empty flow mapping", "        {}  # later\n", "        {examples: [new]}  # later\n"),
]
SINGLES = [
    Case(
        "one text",
        "        examples:   你們幾點開門   # 1\n",
        "        examples:\n          - 你們幾點開門   # 1\n          - new\n",
    ),
    Case("quoted", "        examples: 'it''s: a'\n", "        examples:\n          - 'it''s: a'\n          - new\n"),
    Case("with a comma", "        examples: a, [b]", "        examples:\n          - a, [b]\n          - new"),
    Case("a tilde is text", "        examples: ~\n", "        examples:\n          - ~\n          - new\n"),
    Case(
        "below its key",
        "        examples:  # x\n          # y\n          a  # z\n",
        "        examples:  # x\n          # y\n          - a  # z\n          - new\n",
    ),
    Case("missing beside others", "        x: [y]  # z\n", "        x: [y]  # z\n        examples:\n          - new\n"),
    Case(
        "missing beside a deep one",
        "        x:\n          y:\n          - z\n  # end\n",
        "        x:\n          y:\n          - z\n        examples:\n          - new\n  # end\n",
    ),
    Case("intent has nothing", "        # soon\n", "        examples:\n          - new\n        # soon\n"),
]


@pytest.mark.parametrize("case", [*BLOCKS, *FLOWS, *SINGLES], ids=str)
def test_item_is_added_and_the_rest_is_kept(case: Case, tmp_path: Path) -> None:
    edit = _edit(tmp_path, HEAD + case.before, case.items)

    assert edit.after == HEAD + case.after


@pytest.mark.parametrize("case", [*BLOCKS, *FLOWS, *SINGLES], ids=str)
def test_crlf_and_bom_are_kept(case: Case, tmp_path: Path) -> None:
    edit = _edit(tmp_path, "\ufeff" + (HEAD + case.before).replace("\n", "\r\n"), case.items)

    assert edit.after == "\ufeff" + (HEAD + case.after).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    intents:\n", "    intents:\n      hours:\n        examples:\n          - new\n"),
        ("    intents: {}\n", "    intents: {hours: {examples: [new]}}\n"),
        ("    intents: {x: [y]}\n", "    intents: {x: [y], hours: {examples: [new]}}\n"),
        ("    x: y", "    x: y\n    intents:\n      hours:\n        examples:\n          - new"),
        (
            "    intents:\n      menu:\n        examples: [x]\n\n    x: y\n",
            "    intents:\n      menu:\n        examples: [x]\n"
            "      hours:\n        examples:\n          - new\n\n    x: y\n",
        ),
        (
            "    intents:\n        menu:\n            examples: [x]\n",
            "    intents:\n        menu:\n            examples: [x]\n"
            "        hours:\n          examples:\n            - new\n",
        ),
        ("    intents: {hours: }\n", "    intents: {hours: {examples: [new]}}\n"),
    ],
)
def test_what_is_missing_below_a_bot_is_made(before: str, after: str, tmp_path: Path) -> None:
    head = "version: 1\nbots:\n  shop:\n"

    assert _edit(tmp_path, head + before).after == head + after


def test_new_mappings_are_indented_as_the_file_is(tmp_path: Path) -> None:
    edit = _edit(tmp_path, "bots:\n    shop:\n        x: y\n")

    assert edit.after == (
        "bots:\n    shop:\n        x: y\n        intents:\n            hours:\n                examples:\n"
        "                    - new\n"
    )


def test_a_pack_in_a_flow_file_is_edited(tmp_path: Path) -> None:
    edit = _edit(tmp_path, "{packs: {p: {x: y}}}", where=("packs", "p", "intents", "hi", "examples"))

    assert edit.after == "{packs: {p: {x: y, intents: {hi: {examples: [new]}}}}}"


def test_a_key_that_yaml_would_misread_is_quoted(tmp_path: Path) -> None:
    edit = _edit(tmp_path, "bots:\n  shop:\n    intents: {}\n", where=("bots", "shop", "intents", "a: b", "examples"))

    assert edit.after == "bots:\n  shop:\n    intents: {'a: b': {examples: [new]}}\n"


@pytest.mark.parametrize(
    ("item", "in_block", "in_flow"),
    [
        ("幾點開門？", "幾點開門？", "幾點開門？"),
        ("a: b", "'a: b'", "'a: b'"),
        ("a #b", "'a #b'", "'a #b'"),
        ("a#b", "a#b", "a#b"),
        ("- a", "'- a'", "'- a'"),
        ("-a", "-a", "-a"),
        ("[a]", "'[a]'", "'[a]'"),
        ("a, b]", "a, b]", "'a, b]'"),
        ("{name}", "'{name}'", "'{name}'"),
        ("hi {name}", "hi {name}", "'hi {name}'"),
        ("*a", "'*a'", "'*a'"),
        ("&a", "'&a'", "'&a'"),
        ("!a", "'!a'", "'!a'"),
        ("%a", "'%a'", "'%a'"),
        ("@a", "'@a'", "'@a'"),
        ("`a`", "'`a`'", "'`a`'"),
        ("|", "'|'", "'|'"),
        ("'a'", "'''a'''", "'''a'''"),
        ('"a"', "'\"a\"'", "'\"a\"'"),
        ("it's", "it's", "it's"),
        (" a ", "' a '", "' a '"),
        ("", "''", "''"),
        ("~", "~", "~"),
        ("null", "null", "null"),
        ("no", "no", "no"),
        ("22:22", "22:22", "22:22"),
        ("a\nb", '"a\\nb"', '"a\\nb"'),
        ("a\x85b", '"a\\Nb"', '"a\\Nb"'),
        ("\x07", '"\\a"', '"\\a"'),
        ("\x7f", '"\\x7F"', '"\\x7F"'),
        ("😊", "😊", "😊"),
        ("\\ud83d\\ude0a", "\\ud83d\\ude0a", "\\ud83d\\ude0a"),
        ("$5", "$5", "$5"),
        ("${A}", "$${A}", "'$${A}'"),
        ("$$", "$$$", "$$$"),
    ],
)
def test_item_is_quoted_where_yaml_needs_it(item: str, in_block: str, in_flow: str, tmp_path: Path) -> None:
    block = _edit(tmp_path, f"{HEAD}        examples:\n          - old\n", [item])
    flow = _edit(tmp_path, f"{HEAD}        examples: [old]\n", [item])

    assert block.after == f"{HEAD}        examples:\n          - old\n          - {in_block}\n"
    assert flow.after == f"{HEAD}        examples: [old, {in_flow}]\n"


@pytest.mark.parametrize("written", ["[a, $$5, '${X}']", "\n          - a\n          - \"$$5\"\n          - '${X}'"])
def test_item_that_is_in_the_list_is_skipped(written: str, tmp_path: Path) -> None:
    edit = _edit(tmp_path, f"{HEAD}        examples: {written}\n", ["a", "$5"])

    assert (edit.added, edit.after) == ((), edit.before)
    assert _edit(tmp_path, edit.before, ["a", "${X}"]).added == ("${X}",)


SHAPES = [
    "        examples:\n          - old  # c\n    # end\n",
    "        examples:\n        - old",
    "        examples: [old]  # c\n",
    "        examples: [\n          old,  # c, d\n        ]\n",
    "        examples: [\n          old  # c, d\n        ]\n",
    "        examples: old  # c\n",
    "        examples: []\n",
    "        {examples: old, x: y}\n",
    "        {x: y}\n",
    "        x: y\n",
    "",
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(
    "${}[],:#-'\"\\ \n\tua\ufeff?|>&*!%@`~", max_size=8
)


@given(items=st.lists(TEXTS, max_size=4), shape=st.sampled_from(SHAPES), newline=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=200, deadline=None)
def test_any_text_reads_back_and_every_old_line_survives(items: list[str], shape: str, newline: str) -> None:
    before = (HEAD + shape).replace("\n", newline)
    with tempfile.TemporaryDirectory() as folder:
        edit = _edit(Path(folder), before, items)
        edit.write()
        examples = _examples(edit.path)

    old = ["old"] if "old" in shape else []
    assert examples == [*old, *(item for item in dict.fromkeys(items) if item not in old)]
    assert _is_subsequence(before, edit.after)
    untouched = [line for line in before.split(newline) if not re.search(r"old|[{\[]", line)]
    assert set(untouched) <= set(edit.after.split(newline))


# What is refused


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("        examples: {a: b}\n", "6:19: `bots.shop.intents.hours.examples` must be a list\nhint: BY_HAND"),
        ("        some text\n", "6:9: `bots.shop.intents.hours` must be a mapping\nhint: BY_HAND"),
        ("        - a\n", "6:9: `bots.shop.intents.hours` must be a mapping\nhint: BY_HAND"),
        (
            "        examples: |\n          a\n",
            "6:19: `bots.shop.intents.hours.examples` is one text of several lines\n"
            "hint: make it a list by hand: `- ` before it, and its lines further in",
        ),
        (
            "        examples: a\n          b\n",
            "6:19: `bots.shop.intents.hours.examples` is one text of several lines\n"
            "hint: make it a list by hand: `- ` before it, and its lines further in",
        ),
        ("        examples: &x [a]\n", "6:19: anchors (`&name`) are not supported\nhint: if it is text, put…"),
        ("        examples: [a\n", "7:1: not YAML: …"),
        (
            "        examples: [# c\n          ]\n",
            "1:1: can't add to `bots.shop.intents.hours.examples` without changing what else the file says\n"
            "hint: BY_HAND",
        ),
        (
            "        examples:\n          - |+\n            a",
            "1:1: can't add to `bots.shop.intents.hours.examples` without changing what else the file says\n"
            "hint: BY_HAND",
        ),
        ("        x: {a}\n        x: b\n", "7:9: `x` stands here twice\nhint: the first is in line 6"),
    ],
)
def test_what_is_not_safe_is_refused(body: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(EditError) as caught:
        _edit(tmp_path, HEAD + body)

    wanted = f"{tmp_path}/bot.yaml:{message}".replace("BY_HAND", "nothing was written; add it by hand")
    assert _fits(str(caught.value), wanted)


@pytest.mark.parametrize("name", ["bakery", "shop: x"])
def test_no_bot_is_made(name: str, tmp_path: Path) -> None:
    with pytest.raises(EditError) as caught:
        _edit(tmp_path, HEAD, where=("bots", name, *WHERE[2:]))

    assert str(caught.value) == f"{tmp_path}/bot.yaml:3:3: there is no `bots.{name}`\nhint: write it first"


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EditError) as caught:
        _edit(tmp_path, HEAD, ["a\ud83d"])

    assert str(caught.value) == (
        f"{tmp_path}/bot.yaml:1:1: can't add `a\\ud83d`: it holds half a character\nhint: copy the text again"
    )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (None, "can't read the file: No such file or directory\nhint: check its path and mode"),
        (b"- a", "the file must be a mapping, beginning with `version: 1`\nhint: mend the file, then try again"),
        (b"a: \xff", "the file is not UTF-8\nhint: save it as UTF-8"),
    ],
)
def test_a_file_that_can_not_be_read_is_refused(raw: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bot.yaml"
    if raw is not None:
        path.write_bytes(raw)

    with pytest.raises(EditError) as caught:
        add_to_list(path, WHERE, ["new"])

    assert str(caught.value) == f"{path}:1:1: {message}"


# Writing


def test_nothing_is_written_before_write(tmp_path: Path) -> None:
    edit = _edit(tmp_path, HEAD)

    assert edit.path.read_text() == HEAD
    edit.write()
    assert edit.path.read_text() == edit.after == HEAD + "        examples:\n          - new\n"


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    edit = _edit(tmp_path, HEAD)
    edit.path.write_text(f"{HEAD}# mine\n")

    with pytest.raises(EditError) as caught:
        edit.write()

    assert str(caught.value) == (
        f"{edit.path}:1:1: the file has changed since it was read\nhint: nothing was written; try again"
    )
    assert edit.path.read_text() == f"{HEAD}# mine\n"
    assert _names(tmp_path) == ["bot.yaml"]


def test_a_file_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    edit = _edit(tmp_path, HEAD)
    edit.path.unlink()

    with pytest.raises(EditError, match="can't write the file: No such file or directory"):
        edit.write()

    assert not _names(tmp_path)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.mkdir()
    (real / "bot.yaml").write_text(HEAD)
    (link / "bot.yaml").symlink_to("../real/bot.yaml")

    add_to_list(link / "bot.yaml", WHERE, ["new"]).write()

    assert (link / "bot.yaml").is_symlink()
    assert (real / "bot.yaml").read_text() == HEAD + "        examples:\n          - new\n"
    assert _names(real) == _names(link) == ["bot.yaml"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_the_mode_is_kept(mode: int, tmp_path: Path) -> None:
    edit = _edit(tmp_path, HEAD)
    edit.path.chmod(mode)

    edit.write()

    assert stat.S_IMODE(edit.path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_the_owner_is_kept_when_root_edits(tmp_path: Path) -> None:
    edit = _edit(tmp_path, HEAD)
    os.chown(edit.path, 65534, 65533)

    edit.write()

    status = edit.path.stat()
    assert (status.st_uid, status.st_gid) == (65534, 65533)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    edit = _edit(tmp_path, HEAD)
    edit.path.chmod(0o444)

    with pytest.raises(EditError, match="the file is read-only"):
        edit.write()


def test_nothing_new_leaves_the_file_untouched(tmp_path: Path) -> None:
    edit = _edit(tmp_path, f"{HEAD}        examples: [new]\n")
    status = edit.path.stat()

    edit.write()

    assert (edit.path.stat().st_ino, edit.path.stat().st_mtime_ns) == (status.st_ino, status.st_mtime_ns)


def test_every_example_file_takes_an_intent(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    for file in [root / "bot.yaml", *sorted((root / "config/examples").glob("*.yaml"))]:
        before = file.read_bytes().decode()
        bot = next(iter(_data(file)["bots"]))

        edit = _edit(tmp_path, before, where=("bots", bot, "intents", "hours", "examples"))

        assert len(edit.after.splitlines()) - len(before.splitlines()) in (3, 4)  # `intents:` may be there
        assert _is_subsequence(before, edit.after)


def _edit(folder: Path, text: str, items: Sequence[str] = ("new",), where: YamlPath = WHERE) -> Edit:
    path = folder / "bot.yaml"
    path.write_bytes(text.encode())
    return add_to_list(path, where, items)


def _data(path: Path) -> dict[str, Any]:
    problems = Findings()
    document = read_document(path, str(path), problems, Texts().read)
    assert document is not None
    assert not problems.errors()
    return document.data


def _examples(path: Path) -> list[str]:
    found = (_data(path)["bots"]["shop"]["intents"]["hours"] or {}).get("examples") or []
    return [str(Variables({}).fill(text)) for text in (found if isinstance(found, list) else [found])]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _is_subsequence(before: str, after: str) -> bool:
    rest = iter(after)
    return all(character in rest for character in before)


def _fits(found: str, wanted: str) -> bool:
    return found.startswith(wanted.removesuffix("…")) if wanted.endswith("…") else found == wanted
