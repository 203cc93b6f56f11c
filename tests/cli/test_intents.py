"""`hookline intents` as a bot owner uses it, with the classifier that needs no encoder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.commands import hookline
from tests.store.test_history import answer
from tests.store.worlds import open_store

BOT = """\
version: 1
store: sqlite:///shop.db
bots:
  shop:   # the only one
    adapter: line
    line: {channel_secret: '${SECRET}', access_token: '${TOKEN}'}
    understanding: {classifier: ngrams}
    intents:
      hours:
        examples: [你們幾點開門, 今天有營業嗎, 幾點打烊, 明天有開嗎, 營業到幾點]   # asked daily
        sentences: 營業時間[是什麼]
      book:
        examples:
          - 我想訂位
          - 可以訂位嗎   # politely
          - 幫我留個位子
          - 還有位子嗎
          - 預約明天晚上
        entities: {day: date}
    routes:
      - {name: hours, intent: hours, reply: 十點}
      - {name: book, intent: book, reply: '{match.day|?}'}
      - {name: other, otherwise: true, reply: 聽不懂}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "bot.yaml").write_text(BOT, "utf-8")
    return tmp_path


def heard(folder: Path, texts: Sequence[tuple[str, str]]) -> None:
    """Leave events in the store: each with its text and the route that answered it."""

    async def fill() -> None:
        async with open_store(f"sqlite:///{folder / 'shop.db'}") as store:
            for text, route in texts:
                await answer(store, text, route)

    asyncio.run(fill())


def test_list_shows_what_intents_are_recognised_by(shop: Path) -> None:
    result = hookline(shop, "intents", "list")

    assert [line.split() for line in result.stdout.splitlines()] == [
        ["intent", "examples", "sentences", "entities", "routes", "where"],
        ["hours", "5", "1", "-", "hours", "bot.yaml:9:7"],
        ["book", "5", "0", "day", "book", "bot.yaml:12:7"],
    ]


def test_test_tells_how_many_examples_are_recognised_unseen(shop: Path) -> None:
    result = hookline(shop, "intents", "test", "--json")
    report = json.loads(result.stdout)

    assert [(intent["intent"], intent["tried"]) for intent in report["intents"]] == [("hours", 5), ("book", 5)]
    assert report["accuracy"] >= 0.5


def test_what_was_learned_is_kept_beside_the_store(shop: Path) -> None:
    hookline(shop, "intents", "test")

    assert [path.suffix for path in (shop / "shop.db.intents").iterdir()] == [".npz"]


def test_confusion_shows_both_examples_and_their_lines(shop: Path) -> None:
    text = BOT.replace("          - 還有位子嗎\n", "          - 明天有開放訂位嗎\n")
    (shop / "bot.yaml").write_text(text, "utf-8")
    found = json.loads(hookline(shop, "intents", "confusion", "--json").stdout)

    assert ("明天有開放訂位嗎", "bot.yaml:17:13", "明天有開嗎", "bot.yaml:10:42") in [
        (item["example"], item["place"], item["near"], item["near_place"]) for item in found
    ]


def test_explain_shows_the_three_best(shop: Path) -> None:
    result = hookline(shop, "explain", "shop", "請問今天有營業嗎", "--json")
    understood = json.loads(result.stdout)["understood"]

    assert (understood["intent"], [score["intent"] for score in understood["scores"]]) == ("hours", ["hours", "book"])
    assert result.stderr == ""


def test_review_groups_what_fell_through(shop: Path) -> None:
    asked = [("有停車場嗎", "other"), ("請問有停車場嗎", "other"), ("有停車場嗎？", "other")]
    heard(shop, [*asked, ("十點", "menu"), ("我想訂位", "book")])
    result = hookline(shop, "intents", "review", "--json")
    (group,) = json.loads(result.stdout)

    assert group["messages"] == 3
    assert [(text["text"], text["count"]) for text in group["texts"]] == [("有停車場嗎", 2), ("請問有停車場嗎", 1)]


def test_review_without_a_store_says_so(shop: Path) -> None:
    result = hookline(shop, "intents", "review")

    assert (result.returncode, result.stderr) == (
        1,
        f"hookline: there is no store {shop}/shop.db yet: `hookline run` makes it\n",
    )


def test_review_asks_and_writes_into_the_file(shop: Path) -> None:
    heard(shop, [("禮拜天休息嗎", "other"), ("有素食嗎", "other")])
    result = hookline(shop, "intents", "review", "--ask", stdin="nonsense\nhours\n\n")

    assert "has no intent `nonsense`; it has hours, book" in result.stdout
    changed = (shop / "bot.yaml").read_text("utf-8")
    (added,) = {"禮拜天休息嗎", "有素食嗎"} & set(changed.replace("]", ",").split(", "))
    assert changed == BOT.replace("營業到幾點]", f"營業到幾點, {added}]")


def test_add_keeps_comments_and_order(shop: Path) -> None:
    result = hookline(shop, "intents", "add", "shop", "book", "想預約: 週五", "可以訂位嗎")

    assert result.stdout == "added to book in bot.yaml: 想預約: 週五\n"
    assert (shop / "bot.yaml").read_text("utf-8") == BOT.replace(
        "          - 預約明天晚上\n", "          - 預約明天晚上\n          - '想預約: 週五'\n"
    )


def test_add_to_an_intent_that_is_not_there_has_a_hint(shop: Path) -> None:
    result = hookline(shop, "intents", "add", "shop", "boook", "x")

    assert (result.returncode, "did you mean `book`?" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("請問 {foo} 幾點", "`{foo}` would be an entity, and `book` has none of that name"),
        ("x" * 501, "501 characters, at most 500"),
        ("今天有營業嗎？", "it is an example of `hours` already, at bot.yaml:10:28"),
    ],
)
def test_add_leaves_out_what_check_would_refuse(shop: Path, text: str, reason: str) -> None:
    result = hookline(shop, "intents", "add", "shop", "book", text)

    assert (result.stdout, result.stderr) == ("", f"left out: {text}: {reason}\n")
    assert (shop / "bot.yaml").read_text("utf-8") == BOT


def test_review_ends_with_its_input(shop: Path) -> None:
    heard(shop, [("禮拜天休息嗎", "other")])
    result = hookline(shop, "intents", "review", "--ask", stdin="")

    assert (result.returncode, "Aborted" in result.stdout + result.stderr) == (0, False)


def test_bot_without_intents_is_told_so(tmp_path: Path) -> None:
    text = (
        BOT[: BOT.index("    understanding")] + "    routes:\n      - {name: other, otherwise: true, reply: 聽不懂}\n"
    )
    (tmp_path / "bot.yaml").write_text(text, "utf-8")
    result = hookline(tmp_path, "intents", "test")

    assert (result.returncode, "bot shop has no intents" in result.stderr) == (2, True)


TRAIN = [
    *((text, "hours") for text in ("when do you open", "are you open today", "opening hours", "when do you close")),
    *((text, "book") for text in ("book a table", "a table for two", "reserve a seat", "can i reserve a table")),
]
TEST = [("when are you open", "hours"), ("reserve a table for two", "book"), ("do you open today", "hours")]


def table(rows: Sequence[tuple[str, str]]) -> str:
    return "text\tintent\n" + "".join(f"{text}\t{intent}\n" for text, intent in rows)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    for name, rows in (("train", TRAIN), ("test", TEST), ("oos", [("how tall is the moon", "oos")])):
        (tmp_path / f"{name}.tsv").write_text(table(rows), "utf-8")
    return tmp_path


def evaluated(folder: Path, *more: str) -> tuple[int, str, str]:
    files = ("--train", "train.tsv", "--test", "test.tsv")
    result = hookline(folder, "intents", "eval", *files, "--classifier", "ngrams", *more)
    return result.returncode, result.stdout, result.stderr


def test_eval_ends_with_one_line_of_json(tables: Path) -> None:
    status, output, _ = evaluated(tables, "--oos", "oos.tsv", "--json")
    found = json.loads(output.splitlines()[-1])

    assert (status, found["accuracy"], found["texts"], found["oos_texts"]) == (0, 1.0, 3, 1)
    assert 0 <= found["in_scope"] <= 1
    assert found["oos_recall"] == 1.0


def test_eval_without_other_texts_has_no_recall(tables: Path) -> None:
    _, output, _ = evaluated(tables, "--json", "--without-names")

    assert json.loads(output.splitlines()[-1])["oos_recall"] is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "train.tsv:1: the first line must be the words `text` and `intent` with a tab between them"),
        ("a\tb\n", "train.tsv:1: the first line must be the words `text` and `intent` with a tab between them"),
        ("text\tintent\n", "train.tsv: there is no text in it"),
        ("text\tintent\nhi there\n", "train.tsv:2: expected a text, a tab and an intent"),
        ("text\tintent\nhi\t\n", "train.tsv:2: expected a text, a tab and an intent"),
        ("text\tintent\n\ud800\tx\n", "can't read train.tsv"),
    ],
)
def test_eval_says_what_is_wrong_with_a_file(tables: Path, content: str, message: str) -> None:
    (tables / "train.tsv").write_bytes(content.encode("utf-8", "surrogatepass"))
    status, _, errors = evaluated(tables)

    assert (status, message in errors) == (1, True), errors


def test_eval_with_an_unknown_classifier_names_the_known(tables: Path) -> None:
    status, _, errors = evaluated(tables, "--classifier", "encode")

    assert (status, "did you mean `encoder`?" in errors) == (2, True)


def test_eval_draws_a_picture(tables: Path) -> None:
    pytest.importorskip("matplotlib", reason="drawing needs the extra `plot`")
    status, _, errors = evaluated(tables, "--oos", "oos.tsv", "--plot", "picture.png")

    assert (status, (tables / "picture.png").read_bytes()[:4]) == (0, b"\x89PNG"), errors
