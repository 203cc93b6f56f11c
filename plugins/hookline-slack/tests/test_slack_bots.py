"""Whole bots talk to a simulated Slack."""

import re
from pathlib import Path
from typing import cast

import pytest

from hookline import Services
from hookline.adapters.http import HttpClient
from hookline.adapters.simulated import PICTURE, Fault, SentFile
from hookline.testing import RunningBot, running_bot
from hookline_slack.adapter import SLACK, SlackSettings
from hookline_slack.parse import EVENTS
from hookline_slack.simulated import SimulatedSlack

GIVEN = SlackSettings.model_validate({"signing_secret": "s", "bot_token": "xoxb-1"})
README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BOT = """
version: 1
bots:
  desk:
    adapter: slack
    routes:
      - name: hello
        keyword: hello
        reply: 'Hello {sender.name}'
      - name: order
        keyword: /order
        reply:
          - text: '{event.arguments}?'
            buttons: [{label: Yes, postback: action=order}, {label: Menu, say: menu}]
      - name: ordered
        postback: {action: order}
        reply: Ordered.
      - name: menu
        keyword: menu
        reply: [One., Two., Three., Four., Five., Six., Seven.]
      - name: day
        postback: pick=date
        reply: '{event.picked}'
      - name: secret
        keyword: secret
        reply:
          - text: Not here.
            slack: {text: Psst., response_type: ephemeral}
      - name: called
        on: app_mention
        reply: Yes?
      - name: new
        on: team_join
        reply: Welcome.
      - name: file
        on: message.image
        reply: '{event.file_id}'
      - name: other
        otherwise: true
        reply: What?
"""


def slack_of(bot: RunningBot) -> SimulatedSlack:
    return cast("SimulatedSlack", bot.platform)


async def test_conversation() -> None:
    async with running_bot(BOT) as bot:
        hello = await bot.says("hello there", user="mei")
        ordered = await bot.says("/order two & more", user="mei")
        tapped = await bot.taps("action=order", user="mei")

        assert (hello.texts, hello.via) == (["Hello mei"], "post")
        assert (ordered.texts, ordered.via, ordered.response) == (["two &amp; more?"], "respond", b"")
        assert (tapped.texts, tapped.via) == (["Ordered."], "respond")
        assert bot.received("mei") == ["Hello mei", "two &amp; more?", "Ordered."]


async def test_redelivered_event_is_answered_once() -> None:
    async with running_bot(BOT) as bot:
        for raw in (slack_of(bot).text("desk", "hello"), slack_of(bot).text("desk", "/order x")):
            first, again = await bot.playground.send("desk", raw), await bot.playground.send("desk", raw)

            assert (first.status, again.status) == (200, 200)
        assert len(bot.platform.sent) == 2


async def test_in_channels_the_bot_answers_where_it_is_called() -> None:
    async with running_bot(BOT) as bot:
        silent = await bot.says("hello", group="lobby")
        called = await bot.says("hello", group="lobby", mention=True)
        commanded = await bot.says("/order x", group="lobby")
        mentioned = await bot.sends("app_mention", group="lobby")

    assert silent.texts == []
    assert called.texts == ["Hello mei"]
    assert commanded.texts == ["x?"]
    assert mentioned.texts == ["Yes?"]


async def test_what_was_deleted_is_kept_without_its_text() -> None:
    async with running_bot(BOT) as bot:
        said = slack_of(bot).text("desk", "hello, my number is 4711")
        gone = {**said, "event_id": "Ev2", "event": {**said["event"], "subtype": "message_deleted"}}
        gone["event"] |= {"deleted_ts": said["event"]["ts"], "previous_message": said["event"], "ts": "1800000000.1"}
        await bot.playground.send("desk", said)
        await bot.playground.send("desk", gone)

        stories = [await bot.playground.host.store.history.show("desk", one["event_id"]) for one in (said, gone)]

    assert [story.event.kind for story in stories if story is not None] == ["message.text", "unsend"]
    assert "4711" not in str([story.raw for story in stories if story is not None])


async def test_answer_to_a_thread_goes_into_it() -> None:
    async with running_bot(BOT) as bot:
        raw = slack_of(bot).text("desk", "hello", group="lobby", mention=True)
        raw["event"]["thread_ts"] = "1700000000.000100"

        answered = await bot.playground.send("desk", raw)

        assert answered.texts == ["Hello mei"]
        assert bot.platform.sent[0].to == f"{slack_of(bot).channel_of('lobby')}:1700000000.000100"


async def test_longer_answer_goes_on_by_post() -> None:
    async with running_bot(BOT) as bot:
        answered = await bot.taps("say=menu")

        assert len(answered.texts) == 7
        assert [sent.form for sent in bot.platform.sent] == ["respond"] * 5 + ["post"] * 2


async def test_response_that_is_refused_goes_by_post() -> None:
    async with running_bot(BOT) as bot:
        raw = slack_of(bot).tap("desk", "action=order")
        slack_of(bot).response_urls.clear()

        answered = await bot.playground.send("desk", raw)

    assert (answered.texts, answered.via) == (["Ordered."], "post")


async def test_what_may_have_arrived_is_not_sent_again() -> None:
    async with running_bot(BOT) as bot:
        bot.platform.faults.append(Fault("error_after_accepting"))
        answered = await bot.says("hello")

        assert len(bot.platform.sent) == 1
        assert len(answered.failures) == 1


async def test_what_is_for_one_alone_goes_by_response_only() -> None:
    async with running_bot(BOT) as bot:
        commanded = await bot.says("/secret")
        await bot.says("secret")

        assert [sent.messages[0].get("response_type") for sent in bot.platform.sent] == ["ephemeral"]
    assert commanded.texts == ["Psst."]


async def test_picked_date_comes_back() -> None:
    async with running_bot(BOT) as bot:
        action = {"type": "datepicker", "action_id": "pick=date", "selected_date": "2026-12-24"}
        picked = await bot.playground.send("desk", slack_of(bot).act("desk", action))

    assert picked.texts == ["2026-12-24"]


async def test_newcomer_is_welcomed_alone() -> None:
    async with running_bot(BOT) as bot:
        raw = slack_of(bot).event("desk", {"type": "team_join", "user": {"id": "U0NEW"}})
        welcomed = await bot.playground.send("desk", raw)

        assert (welcomed.texts, bot.platform.sent[0].to) == (["Welcome."], "U0NEW")


async def test_picture_is_an_event() -> None:
    async with running_bot(BOT) as bot:
        answered = await bot.playground.gives("desk", SentFile(PICTURE, "image", "dot.png"))

    assert answered.texts == list(slack_of(bot).files)


async def test_what_bots_write_is_not_answered() -> None:
    async with running_bot(BOT) as bot:
        raw = slack_of(bot).text("desk", "hello")
        raw["event"]["bot_id"] = "B7"

        answered = await bot.playground.send("desk", raw)

    assert (answered.status, answered.texts, answered.happened) == (200, [], None)


async def test_bad_signature_is_refused_over_http() -> None:
    async with running_bot(BOT) as bot:
        request = slack_of(bot).request("desk", slack_of(bot).text("desk", "hello"))
        request.body += b" "

        assert (await bot.platform.post(bot.platform.webhooks["desk"], request))[0] == 401


@pytest.mark.parametrize(
    "kind", [kind for kind in EVENTS if kind not in ("message.image", "message.video", "message.audio", "message.file")]
)
async def test_simulated_slack_lets_happen_what_there_is(kind: str) -> None:
    slack = SimulatedSlack()
    adapter = SLACK.build("desk", slack.settings("desk", GIVEN), Services(HttpClient()))
    fields = {"message.text": {"text": "hi"}}.get(kind, {})
    raw = slack.happen("desk", kind, **fields)

    assert [event.type for event in adapter.receive(slack.request("desk", raw))] == [kind]


def test_message_is_drawn_for_a_terminal() -> None:
    element = {"type": "button", "text": {"text": "Yes"}, "action_id": "a", "value": "yes"}
    picker = {"type": "datepicker", "action_id": "pick=date", "placeholder": {"text": "Day"}}
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "a &lt; b"}},
        {"type": "image", "image_url": "https://e.example/a.png"},
        {"type": "actions", "elements": [element, {**element, "value": "say=hi"}, {**element, "url": "u"}, picker]},
    ]

    drawing = SimulatedSlack().draw({"text": "x", "blocks": blocks})

    assert drawing.lines == ["a < b", "[image] https://e.example/a.png"]
    assert [(one.data, one.says, one.url) for one in drawing.buttons] == [
        ("yes", None, None),
        (None, "hi", None),
        (None, None, "u"),
        ("pick=date", None, None),
    ]
    assert SimulatedSlack().draw({"text": "plain"}).lines == ["plain"]


async def test_example_of_the_readme_works() -> None:
    example = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert example is not None
    async with running_bot(example[1]) as bot:
        asked = await bot.says("/order")
        ordered = await bot.taps("action=order&dish=noodles")
        called = await bot.sends("app_mention", group="lobby")

    assert asked.texts == ["What shall it be?"]
    assert ordered.texts == ["One noodles, coming up."]
    assert called.texts == ["You called, mei?"]


def test_every_field_and_setting_stands_in_the_readme() -> None:
    assert [name for name in SLACK.fields if f"{{event.{name}}}" not in README] == []
    assert [name for name in SLACK.settings.model_fields if f"`{name}`" not in README] == []
