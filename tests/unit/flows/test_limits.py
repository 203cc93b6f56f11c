"""How often a route answers, whether somebody is in a flow, and in which language: as a whole bot does it."""

from __future__ import annotations

import pytest

from hookline.testing import ManualClock, running_bot

HEAD = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    timezone: Asia/Taipei
"""
DRAW = f"""{HEAD}
    flows:
      quiz:
        steps:
          - {{ask: q, choices: [玉山, 雪山], say: 最高的山？}}
          - reply: 謝謝
    routes:
      - {{name: price, keyword: 多少, when: {{in_flow: quiz}}, reply: 玩一次免費}}
      - {{name: prices, keyword: 多少, when: {{in_flow: false}}, reply: 請看菜單}}
      - {{name: play, exact: 抽獎, at_most: {{times: 2}}, begin: quiz}}
      - {{name: enough, exact: 抽獎, reply: 明天再來}}
      - {{name: group, exact: 簽到, at_most: {{times: 1, per: ever, of: chat}}, reply: 已簽到}}
      - {{name: other, otherwise: true, reply: 不懂}}
"""
NOON = 1_796_097_600_000  # 2026-12-01 12:00 in Taipei
HOUR = 3_600


async def test_route_answers_each_person_so_often_a_day_and_then_the_next_does() -> None:
    clock = ManualClock(NOON)
    async with running_bot(DRAW, clock=clock) as bot:
        for _ in range(2):
            assert (await bot.says("抽獎")).texts == ["最高的山？"]
            await bot.says("玉山")
        assert (await bot.says("抽獎")).route == "enough"
        assert (await bot.says("抽獎", user="bob")).texts == ["最高的山？"]

        await bot.passes(12 * HOUR)
        assert (await bot.says("抽獎")).texts == ["最高的山？"]


async def test_route_answers_a_chat_once_for_all() -> None:
    async with running_bot(DRAW) as bot:
        first = await bot.says("簽到", group="team", mention=True)
        second = await bot.says("簽到", user="bob", group="team", mention=True)
        elsewhere = await bot.says("簽到", user="bob")

    assert [first.route, second.route, elsewhere.route] == ["group", "other", "group"]


async def test_route_may_be_for_those_who_are_in_a_flow_or_in_none() -> None:
    async with running_bot(DRAW) as bot:
        assert (await bot.says("多少錢")).texts == ["請看菜單"]
        await bot.says("抽獎")

        assert (await bot.says("多少錢")).texts == ["玩一次免費", "最高的山？"]


LANGUAGES = f"""{HEAD}
    languages: [zh-TW, en]
    routes:
      - {{name: english, exact: English, remember: {{language: en}}, reply: All right}}
      - name: hello
        keyword: [你好, hi]
        reply: {{zh-TW: 歡迎, en: [Welcome, Have a look]}}
      - name: any
        exact: ♥
        reply: {{any: [{{zh-TW: 謝, en: Thanks}}, {{zh-TW: 謝, en: Thanks}}]}}
"""


@pytest.mark.parametrize(
    ("said", "heard"),
    [(["hi"], ["歡迎"]), (["English", "你好"], ["Welcome", "Have a look"])],
    ids=["of their profile", "that is kept of them"],
)
async def test_reply_is_in_the_language_of_whoever_reads_it(said: list[str], heard: list[str]) -> None:
    async with running_bot(LANGUAGES) as bot:
        answers = [await bot.says(text) for text in said]

    assert answers[-1].texts == heard


async def test_one_of_several_replies_is_in_the_language_kept_of_the_person() -> None:
    async with running_bot(LANGUAGES) as bot:
        await bot.says("English")

        assert (await bot.says("♥")).texts == ["Thanks"]


DRAWN = f"""{HEAD}
    flows:
      order:
        steps:
          - ask: drink
            choices: [紅茶, 綠茶]
            as: none
            say:
              type: template
              altText: 飲料
              template:
                type: buttons
                text: 想喝什麼？
                actions:
                  - {{type: postback, label: 紅, data: '{{tap.紅茶}}'}}
                  - {{type: postback, label: 綠, data: '{{tap.綠茶}}'}}
          - reply: '{{flow.drink}}！'
    routes:
      - {{name: order, exact: 點餐, begin: order}}
"""


async def test_authors_own_buttons_answer_a_question() -> None:
    async with running_bot(DRAWN) as bot:
        asked = await bot.says("點餐")
        (message,) = asked.messages
        _, green = message["template"]["actions"]

        assert "quickReply" not in message
        assert (await bot.taps(green["data"])).texts == ["綠茶！"]
