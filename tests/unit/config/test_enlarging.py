"""Check that a new bot changes nothing else in an owner's file, and that what can't be done safely isn't."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from hookline.config.editing.enlarging import add_bot
from hookline.errors import EditError

ROOT = Path(__file__).parents[3]
BODY = "adapter: line\nroutes:\n  - {name: a, keyword: b, reply: c}  # one\n"
NEW = "  cafe:\n    adapter: line\n    routes:\n      - {name: a, keyword: b, reply: c}  # one\n"
SHOP = "  shop:\n    adapter: line\n"
HEAD = "version: 1\nbots:\n"


@dataclass(frozen=True, slots=True)
class Case:
    """Hold a file before and after the bot `cafe` was added."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return self.name


CASES = [
    Case("last", f"{HEAD}{SHOP}", f"{HEAD}{SHOP}\n{NEW}"),
    Case("no newline at the end", f"{HEAD}{SHOP}"[:-1], f"{HEAD}{SHOP}\n{NEW}"[:-1]),
    Case("blank lines at the end", f"{HEAD}{SHOP}\n\n", f"{HEAD}{SHOP}\n{NEW}\n\n"),
    Case("something after", f"{HEAD}{SHOP}\nstore: sqlite:///a.db\n", f"{HEAD}{SHOP}\n{NEW}\nstore: sqlite:///a.db\n"),
    Case(
        "comments of the bot before",
        f"{HEAD}{SHOP}    # off: x\n\n      # further\n  # of all bots\n# of the file\n",
        f"{HEAD}{SHOP}    # off: x\n\n      # further\n\n{NEW}  # of all bots\n# of the file\n",
    ),
    Case(
        "a comment behind the last value",
        f"{HEAD}  shop: {{adapter: line}}  # small\n",
        f"{HEAD}  shop: {{adapter: line}}  # small\n\n{NEW}",
    ),
    Case(
        "four blanks",
        f"{HEAD}    shop:\n        adapter: line\n",
        f"{HEAD}    shop:\n        adapter: line\n\n    cafe:\n        adapter: line\n"
        "        routes:\n          - {name: a, keyword: b, reply: c}  # one\n",
    ),
    Case(
        "a literal at the end",
        f"{HEAD}{SHOP}    on_error: |\n      sorry\n      # no comment\n\n",
        f"{HEAD}{SHOP}    on_error: |\n      sorry\n      # no comment\n\n{NEW}\n",
    ),
    Case("no bots yet", f"{HEAD}# soon\n", f"{HEAD}{NEW}# soon\n"),
    Case("no bots at all", "version: 1  # x\n# soon\n", f"version: 1  # x\n\nbots:\n{NEW}# soon\n"),
    Case("Windows", f"{HEAD}{SHOP}".replace("\n", "\r\n"), f"{HEAD}{SHOP}\n{NEW}".replace("\n", "\r\n")),
    Case("a byte order mark", f"\ufeff{HEAD}{SHOP}", f"\ufeff{HEAD}{SHOP}\n{NEW}"),
    Case(
        "a pasted pair",
        f'{HEAD}{SHOP}    on_error: "\\ud83d\\ude0a"\n',
        f'{HEAD}{SHOP}    on_error: "\\ud83d\\ude0a"\n\n{NEW}',
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bot_is_put_below_the_others(case: Case, tmp_path: Path) -> None:
    path = _written(tmp_path, case.before)

    add_bot(path, "cafe", BODY).write()

    assert path.read_bytes().decode() == case.after


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (f"{HEAD}  cafe: {{}}\n", "3:3: there is a bot `cafe` already\nhint: choose another name"),
        (
            "version: 1\nbots: {}\n",
            "2:7: `bots` is written in braces\nhint: write its bots on lines of their own, then try again",
        ),
        (
            "{version: 1}\n",
            "1:1: the file is written in braces\nhint: write its bots on lines of their own, then try again",
        ),
        ("bots: [shop]\n", "1:7: `bots` must be a mapping\nhint: nothing was written; add it by hand"),
        ("bots: shop\n", "1:7: `bots` must be a mapping\nhint: nothing was written; add it by hand"),
        ("bots: &x {}\n", "1:7: anchors (`&name`) are not supported\nhint: …"),
        ("bots:\n  a: {}\n  a: {}\n", "3:3: `a` stands here twice\nhint: the first is in line 2"),
        ("", "1:1: the file must be a mapping, beginning with `version: 1`\nhint: mend the file, then try again"),
    ],
)
def test_what_is_not_safe_is_refused(before: str, message: str, tmp_path: Path) -> None:
    path = _written(tmp_path, before)

    with pytest.raises(EditError) as caught:
        add_bot(path, "cafe", BODY)

    wanted = f"{path}:{message}"
    assert str(caught.value) == wanted or (wanted.endswith("…") and str(caught.value).startswith(wanted[:-1]))


@pytest.mark.parametrize("name", ["1", "no", "null", "true", "電話", "a-b_c"])
def test_name_is_read_back_as_it_is(name: str, tmp_path: Path) -> None:
    edit = add_bot(_written(tmp_path, HEAD + SHOP), name, BODY)

    assert edit.after == f"{HEAD}{SHOP}\n{NEW.replace('cafe', name)}"


def test_every_file_of_the_repository_takes_a_bot(tmp_path: Path) -> None:
    for file in [ROOT / "bot.yaml", *sorted((ROOT / "config" / "examples").glob("*.yaml"))]:
        before = file.read_bytes().decode()

        after = add_bot(_written(tmp_path, before), "annex", BODY).after

        new = "\n" + NEW.replace("cafe", "annex")
        assert after.count(new) == 1
        assert after.replace(new, "") == before


def _written(folder: Path, text: str) -> Path:
    path = folder / "bot.yaml"
    path.write_bytes(text.encode())
    return path
