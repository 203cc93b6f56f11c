"""Flows as an owner writes them, run by a whole bot: what is said, what is kept, and what time does."""

from __future__ import annotations

import pytest

from hookline.testing import ManualClock, running_bot

BOT = """
version: 1
bots:
  dental:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    timezone: Asia/Taipei
    flows:
      booking:
        remind: {after: 15m, reply: 還在嗎？}
        expire: 2h
        expired: 先這樣喔。
        steps:
          - ask: day
            type: date
            say: 想約哪一天？
            at_least: today
            at_most: 60d
            only: {days: [mon, tue, wed, thu, fri, sat]}
          - ask: time
            choices: {am: 早上, pm: [下午, afternoon]}
          - ask: phone
            type: phone
            remember: true
          - confirm: 預約 {flow.day.text} {flow.time.text}，電話 {flow.phone}
          - set: {last: '{flow.day}'}
          - count: visits
          - reply: 完成！{person.visits|0}
    routes:
      - {name: book, keyword: 預約, begin: booking}
      - {name: last, exact: 上次, reply: '{state.last|沒有}'}
      - {name: regulars, keyword: 優惠, when: {person: {visits: {at_least: 2}}}, reply: 老朋友價}
      - {name: other, otherwise: true, reply: 請說「預約」。}
"""
TUESDAY = 1_796_090_400_000  # 2026-12-01 10:00 in Taipei
CHAT = """
version: 1
bots:
  team:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    call_names: [球隊]
    flows:
      rollcall:
        for: chat
        words: {close: [結束點名]}
        steps:
          - ask: come
            everyone: 1h
            choices: [會到, 不會到]
            say: 誰會到？
          - reply: "會到 {flow.come.會到.count}：{flow.come.會到|無}"
    routes:
      - {name: rollcall, exact: 點名, begin: rollcall}
"""


def data_of(messages: object, label: str) -> str:
    """Return the data of the button *label* below the last of *messages*."""
    items = messages[-1]["quickReply"]["items"]  # type: ignore[index]
    (found,) = [item["action"]["data"] for item in items if item["action"]["label"] == label]
    return str(found)


async def test_booking_is_asked_step_by_step() -> None:
    async with running_bot(BOT, clock=ManualClock(TUESDAY)) as bot:
        assert (await bot.says("我要預約")).texts == ["想約哪一天？"]
        assert (await bot.says("星期天")).texts == ["這一天不行，請選別的日子。"]
        asked = await bot.says("下週三")
        assert asked.route == "flow:booking.day"
        await bot.taps(data_of(asked.messages, "下午"))
        confirmed = await bot.says("0912-345-678")
        assert confirmed.texts == ["預約 12月9日（三） 下午，電話 0912345678"]

        done = await bot.taps(data_of(confirmed.messages, "確定"))
        assert done.texts == ["完成！1"]
        assert (await bot.says("上次")).texts == ["2026-12-09"]


async def test_what_is_remembered_of_a_person_is_known_the_next_time() -> None:
    async with running_bot(BOT, clock=ManualClock(TUESDAY)) as bot:
        for text in ("預約", "明天", "早上", "0912-345-678", "好"):
            await bot.says(text)
        assert (await bot.says("優惠")).texts == ["請說「預約」。"]
        texts = [(await bot.says(text)).texts for text in ("我要預約明天早上", "好")]

        assert texts == [["預約 12月2日（三） 早上，電話 0912345678"], ["完成！2"]]
        assert (await bot.says("優惠")).texts == ["老朋友價"]


async def test_silence_is_reminded_of_once_and_ends_the_flow() -> None:
    async with running_bot(BOT, clock=ManualClock(TUESDAY)) as bot:
        await bot.says("預約")
        await bot.passes(14 * 60)
        assert bot.received("mei") == ["想約哪一天？"]
        await bot.passes(2 * 60)
        assert bot.received("mei") == ["想約哪一天？", "還在嗎？"]

        await bot.passes(3 * 3600)
        assert bot.received("mei")[2:] == ["先這樣喔。"]
        assert (await bot.says("明天")).route == "other"


async def test_answer_in_time_puts_the_end_off() -> None:
    async with running_bot(BOT, clock=ManualClock(TUESDAY)) as bot:
        await bot.says("預約")
        await bot.passes(110 * 60)
        await bot.says("明天")
        await bot.passes(110 * 60)

        assert (await bot.says("早上")).route == "flow:booking.time"


async def test_button_of_a_flow_that_is_over_says_so_and_begins_it_again() -> None:
    async with running_bot(BOT, clock=ManualClock(TUESDAY)) as bot:
        await bot.says("預約")
        asked = await bot.says("明天")
        await bot.says("取消")

        old = await bot.taps(data_of(asked.messages, "早上"))
        assert old.texts == ["這個按鈕已經過期了。"]
        again = await bot.taps(data_of(old.messages, "重新開始"))
        assert again.texts == ["想約哪一天？"]


async def test_own_sentences_of_a_bot_stand_below_a_summary_and_above_what_may_be_changed() -> None:
    text = BOT.replace("    routes:", "    texts: {flow.confirm: 對嗎？, flow.which: 改哪個？}\n    routes:", 1)
    text = text.replace("confirm: 預約 {flow.day.text} {flow.time.text}，電話 {flow.phone}", "confirm: true")
    async with running_bot(text, clock=ManualClock(TUESDAY)) as bot:
        confirmed = [await bot.says(text) for text in ("預約", "明天", "早上", "0912-345-678")][-1]
        which = await bot.says("修改")

    assert confirmed.texts == ["day: 12月2日（三）\ntime: 早上\nphone: 0912345678", "對嗎？"]
    assert which.texts == ["改哪個？"]


async def test_everybody_in_a_group_has_a_vote() -> None:
    async with running_bot(CHAT, clock=ManualClock(TUESDAY)) as bot:
        asked = await bot.says("球隊 點名", user="coach", group="team")
        for user, label in (("mei", "會到"), ("tom", "會到"), ("mei", "不會到"), ("mei", "不會到")):
            tapped = await bot.taps(data_of(asked.messages, label), user=user, group="team")
            assert tapped.texts == []
        closed = await bot.says("球隊 結束點名", user="coach", group="team")
        assert closed.texts[0].startswith("會到 1：")

        await bot.says("球隊 點名", user="coach", group="team")
        await bot.passes(3700)
        sent = [message["text"] for one in bot.line.sent for message in one.messages]
        assert sent[-1] == "會到 0：無"


UNLABELLED = """
version: 1
bots:
  shop:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    languages: [LANGUAGE]
    flows:
      order:
        steps:
          - {ask: size, choices: [S, M]}
          - {ask: amount, type: number}
          - {ask: wrapped, type: yes_no}
          - list: cart
            steps: [{ask: greeting}]
            line: '{entry.greeting}'
          - confirm: true
          - reply: '{flow.size}'
    routes:
      - {name: order, exact: order, begin: order}
"""
OWN_QUESTIONS = {
    "zh-TW": (
        ["請選擇：", "請輸入數字。", "是或不是？", "請輸入您的回答。", "還有嗎？"],
        ["請選擇款式：", "款式是多少？", "款式？", "請輸入款式。", "還有嗎？"],
    ),
    "en": (
        ["Please choose:", "A number, please.", "Yes or no?", "Please write your answer.", "Anything else?"],
        ["Please choose: 款式", "款式: how many?", "款式?", "款式, please.", "Anything else?"],
    ),
    "ja": (
        [
            "選んでください。",
            "数字を入力してください。",
            "はいかいいえで答えてください。",
            "入力してください。",
            "ほかにありますか？",
        ],
        ["款式を選んでください。", "款式はいくつですか？", "款式？", "款式を入力してください。", "ほかにありますか？"],
    ),
    "th": (
        ["กรุณาเลือก", "กรุณาพิมพ์ตัวเลข", "ใช่หรือไม่", "กรุณาพิมพ์คำตอบ", "มีอีกไหม"],
        ["กรุณาเลือก款式", "款式 เท่าไร", "款式?", "กรุณาพิมพ์款式", "มีอีกไหม"],
    ),
}


async def own_questions(text: str) -> list[str]:
    """Return hookline's own questions in the order of :data:`UNLABELLED`, and its summary."""
    async with running_bot(text, clock=ManualClock(TUESDAY)) as bot:
        said = [(await bot.says(text)).texts for text in ("order", "S", "2", "yes", "hi", "no")]
    return [text for texts in said for text in texts]


@pytest.mark.parametrize("language", OWN_QUESTIONS)
async def test_own_question_shows_no_name_that_is_only_the_files(language: str) -> None:
    *asked, summary = await own_questions(UNLABELLED.replace("LANGUAGE", language))

    assert asked == OWN_QUESTIONS[language][0]
    assert [line.partition(":")[0] for line in summary.splitlines()[:3]] == ["size", "amount", "wrapped"]


@pytest.mark.parametrize("language", OWN_QUESTIONS)
async def test_own_question_says_the_label(language: str) -> None:
    text = UNLABELLED.replace("LANGUAGE", language)
    for name in ("size", "amount", "wrapped", "greeting"):
        text = text.replace(f"ask: {name}", f"ask: {name}, label: 款式")
    *asked, summary = await own_questions(text)

    assert asked == OWN_QUESTIONS[language][1]
    assert [line.partition(":")[0] for line in summary.splitlines()[:3]] == ["款式"] * 3


async def test_own_question_says_a_name_that_people_read() -> None:
    text = UNLABELLED.replace("LANGUAGE", "zh-TW").replace("ask: size", "ask: 尺寸").replace("flow.size", "flow.尺寸")

    assert (await own_questions(text))[0] == "請選擇尺寸："


async def test_own_question_of_a_bot_takes_the_place_of_that_with_a_label_too() -> None:
    texts = "    texts: {flow.ask.choice: 哪個？, flow.ask.more: 還要？}\n    routes:"
    text = UNLABELLED.replace("LANGUAGE", "zh-TW").replace("ask: size", "ask: size, label: 尺寸")
    asked = await own_questions(text.replace("    routes:", texts, 1))

    assert (asked[0], asked[4]) == ("哪個？", "還要？")


@pytest.mark.parametrize("platform", ["telegram", "slack", "discord"])
async def test_flow_is_the_same_on_other_platforms(platform: str) -> None:
    text = BOT.replace('    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}\n', "")
    text = text.replace("adapter: line", f"adapter: {platform}\n    {platform}: {SETTINGS[platform]}")
    async with running_bot(text, clock=ManualClock(TUESDAY)) as bot:
        said = [(await bot.says(text)).texts for text in ("預約", "明天", "早上", "0912-345-678", "好")]

    assert [len(texts) for texts in said] == [1, 1, 1, 1, 1], said
    assert "完成！1" in said[-1][0]


SETTINGS = {
    "telegram": '{token: "${TOKEN}", secret_token: "${SECRET}"}',
    "slack": '{signing_secret: "${SECRET}", bot_token: "${TOKEN}"}',
    "discord": f'{{public_key: {"ab" * 32}, application_id: "42", bot_token: "${{TOKEN}}"}}',
}
