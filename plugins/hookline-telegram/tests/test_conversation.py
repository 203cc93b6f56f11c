"""Whole bots on a simulated Telegram, over real HTTP."""

import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, cast

import pytest

from hookline import Context, Handler, hookimpl
from hookline.adapters.simulated import PICTURE, SentFile
from hookline.plugins.installed import Installed
from hookline.testing import Exchange, Fault, RunningBot, running_bot
from hookline_telegram.adapter import TELEGRAM
from hookline_telegram.parse import EVENTS, SERVICES
from hookline_telegram.simulated import SimulatedTelegram

SHOP = """
version: 1
bots:
  shop:
    adapter: telegram
    plugins: {trial: }
    on_error: Something went wrong.
    routes:
      - {name: start, keyword: /start, reply: 'Hello {sender.name}, {event.command} {event.arguments}'}
      - name: card
        keyword: card
        reply:
          card: {title: Beef, text: '180', image: https://noodles.example/beef.png}
          buttons: [{label: Buy, postback: action=buy}, {label: Menu, say: menu}]
      - {name: menu, keyword: menu, reply: [soup, {text: Well?, quick: [beef, tofu]}]}
      - {name: order, keyword: order, when: {mentioned: false}, reply: ordered}
      - name: poll
        keyword: poll
        reply: {text: Well?, telegram: {method: sendPoll, question: Well?, options: [{text: one}, {text: two}]}}
      - {name: long, keyword: long, reply: '{event.text}'}
      - {name: buy, postback: 'action=buy', reply: sold}
      - {name: two, postback: 'action=two', reply: [one, two]}
      - {name: fail, postback: 'action=fail', run: trial.fail}
      - {name: mute, postback: 'action=mute', run: trial.mute}
      - {name: push, postback: 'action=push', run: trial.push}
      - {name: join, on: chat_join_request, reply: 'Welcome {event.username}'}
      - {name: members, on: new_chat_members, reply: 'Hello {event.members}'}
      - {name: status, on: my_chat_member, when: {event: {status: member}}, reply: Here I am}
      - {name: edited, on: edited_message, reply: 'Now: {event.text}'}
      - {name: post, on: channel_post, when: {mentioned: false}, reply: Seen}
      - {name: liked, on: message_reaction, reply: 'Thanks for {event.emoji}'}
      - {name: place, on: message.location, reply: 'So at {event.picked}'}
      - {name: inline, on: inline_query, run: trial.mute}
      - {name: later, on: brand_new_update, reply: What is that?}
"""


async def fail(context: Context[Any]) -> str:
    """Fail, each time."""
    raise RuntimeError("broken")


async def mute(context: Context[Any]) -> None:
    """Say nothing."""


async def push(context: Context[Any]) -> None:
    """Say something elsewhere only."""
    context.push("-1001:17", "elsewhere")


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handlers."""
    return {"fail": fail, "mute": mute, "push": push}


def shop(text: str = SHOP) -> AbstractAsyncContextManager[RunningBot]:
    return running_bot(text, plugins=[Installed("trial", __name__)])


def telegram(bot: RunningBot) -> SimulatedTelegram:
    return cast("SimulatedTelegram", bot.platform)


async def test_person_and_bot_talk() -> None:
    async with shop() as bot:
        hello, menu = await bot.says("/start ref=7"), await bot.says("menu")

    assert (hello.texts, hello.via, hello.status) == (["Hello mei, start ref=7"], "send", 200)
    assert menu.texts == ["soup", "Well?"]
    assert menu.messages[1]["reply_markup"]["keyboard"] == [[{"text": "beef"}], [{"text": "tofu"}]]


async def test_raw_message_goes_out_as_it_is_written() -> None:
    async with shop() as bot:
        exchange = await bot.says("poll")

    assert exchange.messages == [
        {"method": "sendPoll", "question": "Well?", "options": [{"text": "one"}, {"text": "two"}]}
    ]


async def test_long_answer_goes_out_in_several_and_in_order() -> None:
    text = "long " + "word " * 950
    async with shop() as bot:
        exchange = await bot.says(text)

    assert len(exchange.texts) == 2
    assert " ".join(exchange.texts).strip() == text.strip()


async def test_card_is_a_picture_whose_buttons_come_back() -> None:
    async with shop() as bot:
        card = await bot.says("card")
        [[buy], [say]] = card.messages[0]["reply_markup"]["inline_keyboard"]
        sold, menu = await bot.taps(buy["callback_data"]), await bot.taps(say["callback_data"])

    assert (card.messages[0]["method"], card.texts) == ("sendPhoto", ["Beef\n180"])
    assert (sold.texts, sold.via) == (["sold"], "callback")
    assert menu.texts == ["soup", "Well?"]


@pytest.mark.parametrize(
    ("data", "texts", "outcome"),
    [
        ("action=buy", ["sold"], "answered"),
        ("action=two", ["one", "two"], "answered"),
        ("say=menu", ["soup", "Well?"], "answered"),
        ("action=mute", [], "handled"),
        ("action=push", [], "handled"),
        ("action=nothing", [], "unrouted"),
        ("say=nothing", [], "unrouted"),
        ("", [], "unrouted"),
        ("action=fail", ["Something went wrong."], "buried"),
    ],
)
async def test_tap_is_acknowledged_exactly_once_whatever_comes_of_it(data: str, texts: list[str], outcome: str) -> None:
    async with shop() as bot:
        exchange = await bot.taps(data)
        acknowledged = telegram(bot).acknowledged

    assert (exchange.texts, exchange.outcome) == (texts, outcome)
    assert acknowledged == [exchange.event["callback_query"]["id"]]


async def test_tap_that_comes_again_is_acknowledged_once() -> None:
    async with shop() as bot:
        raw = bot.platform.tap(bot.name, "action=buy")
        exchanges = [await bot.playground.send(bot.name, raw) for _ in range(3)]
        acknowledged = telegram(bot).acknowledged

    assert [exchange.status for exchange in exchanges] == [200] * 3
    assert (len(acknowledged), bot.received("mei")) == (1, ["sold"])


async def test_redelivered_message_is_stored_and_answered_once() -> None:
    async with shop() as bot:
        raw = bot.platform.text(bot.name, "order")
        for _ in range(3):
            await bot.playground.send(bot.name, raw)

    assert bot.received("mei") == ["ordered"]


@pytest.mark.parametrize(
    ("text", "mention", "texts"),
    [
        ("/start", False, ["Hello mei, start "]),
        ("/start", True, ["Hello mei, start "]),
        ("/start@other_bot", False, []),
        ("menu", False, []),
        ("menu", True, ["soup", "Well?"]),
        ("order", False, ["ordered"]),
    ],
)
async def test_bot_in_a_group_hears_what_it_is_called_for(text: str, texts: list[str], *, mention: bool) -> None:
    async with shop() as bot:
        exchange = await bot.says(text, group="noodles", mention=mention)

    assert exchange.texts == texts


async def test_bot_is_called_by_the_name_that_it_has() -> None:
    text = SHOP.replace("adapter: telegram", "adapter: telegram\n    telegram: {username: '@Noodle_Bot'}")
    async with shop(text) as bot:
        exchanges = [await bot.says(words, group="noodles", mention=True) for words in ("/start now", "menu")]

    assert [exchange.texts for exchange in exchanges] == [["Hello mei, start now"], ["soup", "Well?"]]


@pytest.mark.parametrize("command", ["/order@other_bot", "/order@other_bot now"])
async def test_another_bots_command_finds_no_keyword(command: str) -> None:
    text = SHOP.replace("keyword: order", "keyword: /order")
    async with shop(text) as bot:
        other, own = await bot.says(command, group="noodles"), await bot.says("/order", group="noodles")

    assert (other.outcome, own.texts) == ("unrouted", ["ordered"])


async def test_reply_to_the_bot_needs_no_call() -> None:
    async with shop() as bot:
        told = await bot.says("order", group="noodles")
        raw = dict(bot.platform.text(bot.name, "menu", group="noodles"))
        number = int(bot.platform.sent[-1].message_ids[0])
        raw["message"] |= {"reply_to_message": {"message_id": number, "chat": raw["message"]["chat"]}}
        exchange = await bot.playground.send(bot.name, raw)

    assert (told.texts, exchange.texts) == (["ordered"], ["soup", "Well?"])


async def in_topic(bot: RunningBot, text: str, thread: int) -> Exchange:
    raw = dict(bot.platform.text(bot.name, text, group="1001"))
    raw["message"] |= {"message_thread_id": thread, "is_topic_message": True}
    return await bot.playground.send(bot.name, raw)


async def test_topic_is_answered_in_itself() -> None:
    async with shop() as bot:
        exchanges = [await in_topic(bot, "order", thread) for thread in (17, 18)]

    assert [exchange.texts for exchange in exchanges] == [["ordered"], ["ordered"]]
    assert [sent.to for sent in bot.platform.sent] == ["-1001:17", "-1001:18"]


async def test_topic_can_be_pushed_to() -> None:
    async with shop() as bot:
        exchange = await bot.taps("action=push")

    assert [(to, [one["text"] for one in messages]) for to, messages in exchange.pushed] == [
        ("-1001:17", ["elsewhere"])
    ]


async def test_whoever_asks_to_join_is_welcomed_alone() -> None:
    async with shop() as bot:
        mei = {"id": 42, "is_bot": False, "first_name": "Mei", "username": "mei"}
        fields: dict[str, Any] = {"user_chat_id": 42, "from": mei}
        exchange = await bot.sends("chat_join_request", group="noodles", **fields)

    assert (exchange.texts, bot.platform.sent[0].to) == (["Welcome mei"], "42")


@pytest.mark.parametrize(
    ("status", "texts", "outcome"), [("member", ["Here I am"], "answered"), ("kicked", [], "unrouted")]
)
async def test_bot_says_hello_where_it_is_taken_in(status: str, texts: list[str], outcome: str) -> None:
    async with shop() as bot:
        exchange = await bot.sends("my_chat_member", group="noodles", new_chat_member={"status": status})

    assert (exchange.texts, exchange.outcome) == (texts, outcome)


@pytest.mark.parametrize(
    ("kind", "fields", "texts"),
    [
        ("new_chat_members", {}, ["Hello Ann"]),
        ("edited_message", {"text": "two please"}, ["Now: two please"]),
        ("message_reaction", {"new_reaction": [{"type": "emoji", "emoji": "👍"}]}, ["Thanks for 👍"]),
        ("message.location", {}, ["So at 25.03,121.56"]),
        ("channel_post", {"text": "news"}, ["Seen"]),
        ("inline_query", {"id": "1", "query": "beef"}, []),
        ("brand_new_update", {}, []),
    ],
)
async def test_what_else_happens(kind: str, fields: Mapping[str, Any], texts: list[str]) -> None:
    async with shop() as bot:
        exchange = await bot.sends(kind, **fields)

    assert (exchange.route is not None, exchange.texts, exchange.error) == (True, texts, None)


async def test_own_message_is_answered_with_ok_and_is_no_event() -> None:
    async with shop() as bot:
        raw = dict(bot.platform.text(bot.name, "order"))
        raw["message"]["from"] = bot.platform.tap(bot.name, "")["callback_query"]["message"]["from"]
        exchange = await bot.playground.send(bot.name, raw)

    assert (exchange.status, exchange.happened, bot.platform.sent) == (200, None, [])


async def test_limit_is_waited_for_and_the_tap_is_acknowledged_all_the_same() -> None:
    async with shop() as bot:
        bot.platform.faults.append(Fault("rate_limit"))
        exchange = await bot.taps("action=buy")

    assert (exchange.texts, len(bot.platform.sent)) == (["sold"], 1)


async def test_what_may_have_arrived_is_not_sent_again() -> None:
    async with shop() as bot:
        bot.platform.faults.append(Fault("error_after_accepting"))
        exchange = await bot.says("order")

    assert (len(bot.platform.sent), exchange.failures) == (1, ["uncertain: 500 Internal Server Error"])


SAVING = """
version: 1
bots:
  shop:
    adapter: telegram
    routes:
      - {name: files, save: {to: kept/, name: '{event.message_id}'}, reply: 'kept {match.file_name} {match.file_type}'}
"""


@pytest.mark.parametrize(
    ("file", "ending", "kind"),
    [
        (SentFile(PICTURE, "image", "dot.png"), "jpg", "image/jpeg"),  # Telegram turns every photo into a JPEG
        (SentFile(b"%PDF-1.7", "file", "menu.pdf"), "pdf", "application/pdf"),
        (SentFile(b"x" * 300_000, "video", "cook.mp4"), "mp4", "video/mp4"),
    ],
)
async def test_file_is_fetched_and_saved(file: SentFile, ending: str, kind: str) -> None:
    async with running_bot(SAVING, files={"kept/.keep": ""}) as bot:
        exchange = await bot.playground.gives(bot.name, file)
        [saved] = [path for path in (bot.folder / "kept").iterdir() if path.name != ".keep"]
        content = saved.read_bytes()

    assert exchange.texts == [f"kept {saved.name} {kind}"]
    assert (saved.suffix, content) == (f".{ending}", file.content)


async def test_file_that_telegram_no_longer_has_is_given_up_at_once() -> None:
    async with running_bot(SAVING, files={"kept/.keep": ""}) as bot:
        raw = bot.platform.file(bot.name, SentFile(PICTURE, "image", "dot.png"))
        telegram(bot).files.clear()
        exchange = await bot.playground.send(bot.name, raw)
        kept = [path for path in (bot.folder / "kept").iterdir() if path.name != ".keep"]

    assert (exchange.outcome, kept) == ("buried", [])
    assert exchange.error is not None
    assert exchange.error.type == "ContentError"


async def test_bot_of_the_readme_runs() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    _, text, *_ = re.split("```(?:yaml)?\n", readme)
    async with running_bot(text) as bot:
        exchanges = [await bot.says("/start"), await bot.says("menu"), await bot.taps("action=order")]

    assert [one for exchange in exchanges for one in exchange.texts] == [
        "Hello mei!",
        "Beef noodles",
        "It is on its way.",
    ]


def test_readme_names_every_type_and_field() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    types = [kind for kind in EVENTS if kind not in SERVICES and "business" not in kind]

    assert [name for name in (*types, *TELEGRAM.fields) if f"`{name}`" not in readme] == []
