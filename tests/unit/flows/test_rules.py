"""What one event changes in a dialog, rule by rule: the rules are named as in docs/flows.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookline.flows.answers import Said
from hookline.flows.effects import Done, Ended, Judged, Remembered, Spoken
from hookline.flows.flow import Ask, Confirm, Do, Flow, Rounds, Step
from hookline.flows.instance import Instance
from hookline.messages import Message
from tests.unit.flows.talks import BOOK, BOOKING, FLOWS, Talk, booked, choices, says


def ended(talk: Talk) -> list[tuple[str, str]]:
    return [(one.instance.flow, one.outcome) for one in talk.effects if isinstance(one, Ended)]


async def test_flow_is_asked_from_its_begin_to_its_end() -> None:
    talk = await booked("自取")
    assert talk.asked == "confirm"

    assert await talk.says("好") == "A4"
    assert ended(talk) == [("book", "done")]
    assert not talk.dialog.stacks


async def test_first_message_answers_what_it_says_already() -> None:
    talk = Talk()

    assert await talk.says("book 2026-12-02 自取") == "B1"
    assert (talk.asked, talk.answers) == ("time", {"day": "2026-12-02", "how": "自取"})


@pytest.mark.parametrize(("how", "asked"), [("外送", "street"), ("自取", "confirm")])
async def test_step_counts_only_while_its_condition_holds(how: str, asked: str) -> None:
    assert (await booked(how)).asked == asked


async def test_changed_answer_forgets_what_a_handler_had_a_say_in_and_what_no_longer_counts() -> None:
    talk = await booked("外送", "Long Road 1")
    assert await talk.says("修改", "day") == "W3m"
    assert talk.asked == "day"

    await talk.says("2026-12-05")
    assert (talk.asked, talk.answers["name"]) == ("time", "Ann")
    await talk.says("11:00", "修改", "how", "自取")
    assert (talk.asked, "street" in talk.answers) == ("confirm", False)


async def test_back_forgets_one_answer_after_the_other() -> None:
    talk = await booked()
    for asked in ("note", "name", "time", "day"):
        assert await talk.says("上一步") == "W2"
        assert talk.asked == asked

    assert await talk.says("上一步") == "W2x"
    assert talk.said() == ["first_question", "ask day"]


async def test_route_within_a_flow_costs_no_try_and_the_question_comes_again() -> None:
    talk = Talk()
    await talk.says("book")
    for _ in range(9):
        assert await talk.says("help") == "A5+N1"
        assert talk.said() == ["route", "ask day"]

    assert [await talk.says("xx") for _ in range(3)] == ["A6", "A6", "A7"]
    assert talk.said() == ["ended", "stuck"]


async def test_where_any_text_is_an_answer_only_exact_words_and_what_always_interrupts_do() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00")

    assert await talk.says("menu") == "A5+N1"
    assert await talk.says("human") == "A5+N1"
    assert await talk.says("help") == "A4"
    assert talk.answers["name"] == "help"


async def test_flow_that_lets_nobody_digress_says_so() -> None:
    talk = Talk()
    await talk.says("strict")

    assert await talk.says("help") == "A5x"
    assert talk.said() == ["finish_first", "ask n"]
    assert await talk.says("human") == "A5+N1"


async def test_flow_on_top_of_another_uncovers_it_at_its_end() -> None:
    talk = Talk()
    assert await talk.says("book", "other") == "A5+B4"
    assert talk.asked == "color"

    await talk.says("red")
    assert talk.asked == "day"
    assert talk.said() == ["spoken", "ended", "ask day"]


@pytest.mark.parametrize("how", ["word", "button"])
async def test_flow_that_is_cancelled_uncovers_the_one_below(how: str) -> None:
    talk = Talk()
    await talk.says("book", "other")
    await (talk.says("取消") if how == "word" else talk.taps("@cancel", "color"))

    assert talk.said() == ["ended", "cancelled", "ask day"]
    assert talk.asked == "day"


async def test_fourth_flow_drops_the_oldest() -> None:
    talk = Talk()

    assert await talk.says("book", "other", "third", "fourth") == "A5+B5"
    assert [one.flow for one in talk.dialog.stacks["ann"]] == ["other", "third", "fourth"]


async def test_flow_that_is_begun_again_goes_on_or_starts_over() -> None:
    talk = Talk()
    assert await talk.says("book", "2026-12-02", "book") == "A5+B2"
    assert talk.asked == "time"

    talk = Talk()
    await talk.says("fourth")
    first = talk.top.id
    assert await talk.says("fourth") == "A5+B3"
    assert talk.top.id != first


async def test_second_tap_changes_nothing_and_another_value_changes_the_answer() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02")
    assert await talk.taps("time", "10:00") == "T1"

    assert await talk.taps("time", "10:00") == "T3"
    assert (talk.asked, talk.said()) == ("name", [])


@pytest.mark.parametrize(("value", "rule"), [("自取", "T3"), ("外送", "T4")])
async def test_tap_of_an_earlier_question(value: str, rule: str) -> None:
    talk = await booked("自取")

    assert await talk.taps("how", value) == rule
    assert talk.answers["how"] == value


async def test_buttons_of_what_has_ended_are_told_to_be_old_once_they_say_something_new() -> None:
    talk = await booked("自取")
    instance = talk.top
    await talk.taps("confirm", "yes")

    assert await talk.taps("confirm", "yes", instance) == "T7"
    assert talk.said() == []
    assert await talk.taps("time", "10:00", instance) == "T8"
    assert talk.said() == ["expired"]
    assert await talk.taps("time", "10:00", replace(instance, id="nobody's")) == "T9"


async def test_old_button_does_not_touch_a_new_run_of_its_flow() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02")
    old = talk.top
    await talk.says("取消", "book")

    assert await talk.taps("time", "10:00", old) == "T8"
    assert talk.answers == {}


async def test_tap_of_somebody_else_counts_nothing() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02")

    assert await talk.taps("time", "10:00", user="bob") == "T10"
    assert (talk.asked, talk.said()) == ("time", [])


async def test_tap_of_a_flow_that_waits_brings_it_back() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02")
    book = talk.top
    await talk.says("other")

    assert await talk.taps("time", "10:00", book) == "T6+T1"
    assert (talk.top.flow, talk.asked) == ("book", "name")


async def test_nothing_goes_back_behind_a_confirmation() -> None:
    steps = (Ask("a", "choice", choices=choices("1x", "2x")), Confirm(), Ask("z", "choice", choices=choices("u", "v")))
    talk = Talk({"b": Flow("b", steps)})
    await talk.do(begins="b")
    await talk.taps("a", "1x")
    await talk.taps("confirm", "yes")

    assert await talk.says("上一步") == "W2x"
    assert await talk.taps("a", "2x") == "T5"
    assert talk.answers["a"] == "1x"


async def test_what_was_written_before_the_question_is_more_of_the_answer_before() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00")
    sent = talk.now + 1
    await talk.says("Ann")

    assert await talk.says("Smith", at=sent) == "A2"
    assert (talk.answers["name"], talk.asked) == ("Ann Smith", "note")


@pytest.mark.parametrize(("before", "rule"), [(1, "A4"), (249, "A4"), (251, "A2")])
async def test_where_clocks_differ_what_came_just_before_the_question_is_its_answer(before: int, rule: str) -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00", "Ann")

    assert await talk.says("window seat", at=talk.top.asked_at - before, apart=250) == rule


async def test_where_clocks_differ_what_came_together_with_the_answer_before_is_more_of_it() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00")
    sent = talk.now
    await talk.says("Ann", at=sent, batch=7)

    assert await talk.says("Smith", at=sent, apart=250, batch=7) == "A2"
    assert talk.answers["name"] == "Ann Smith"


async def test_where_clocks_differ_the_same_millisecond_by_two_of_them_is_not_together() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00")
    sent = talk.now
    await talk.says("Ann", at=sent, batch=7)

    assert await talk.says("window seat", at=sent, apart=250, batch=8) == "A4"


async def test_answer_grows_by_what_was_written_before_the_question_only_while_it_is_one() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00")
    sent = talk.now + 1
    await talk.says("A" * 1500)

    assert await talk.says("b" * 499, at=sent) == "A2"
    assert await talk.says("c", at=sent) == "A3"
    assert len(talk.answers["name"]) == 2000


async def test_what_was_written_before_a_question_and_fits_it_is_its_answer() -> None:
    talk = Talk()
    await talk.says("book")
    sent = talk.now + 1
    await talk.says("2026-12-02")

    assert await talk.says("10:00", at=sent) == "A1"
    assert talk.asked == "name"


async def test_what_was_written_behind_a_skipped_question_is_dropped() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00", "Ann")
    sent = talk.now + 1
    await talk.says("略過")

    assert await talk.says("@@", at=sent) == "A3"
    assert talk.said() == []


async def test_timers_of_an_earlier_question_do_nothing() -> None:
    talk = Talk()
    await talk.says("book")
    turn, instance = talk.top.turn, talk.top
    await talk.says("2026-12-02")

    assert await talk.is_due("expire", instance, turn) == "M4"
    assert talk.said() == []
    assert await talk.is_due("remind") == "M1"
    assert await talk.is_due("expire") == "M2"
    assert ended(talk) == [("book", "expired")]


async def test_flow_that_expires_uncovers_another_in_silence() -> None:
    talk = Talk()
    await talk.says("book", "other")
    assert await talk.is_due("expire") == "M2"
    assert (talk.top.flow, talk.said()) == ("book", ["ended"])

    assert await talk.says("2026-12-02") == "A4"
    assert talk.asked == "time"


async def test_nobody_is_reminded_of_a_flow_below_another() -> None:
    talk = Talk()
    await talk.says("book")
    book = talk.top
    await talk.says("other")

    assert await talk.is_due("remind", book) == "M3"


async def test_handler_may_ask_again_refuse_or_fail() -> None:
    calls: list[Any] = []

    def book(instance: Instance) -> Done:
        calls.append(instance.known["time"])
        if len(calls) == 1:
            return Done(again="time", says=[Message.from_text("taken")])
        if len(calls) == 2:
            raise RuntimeError
        return Done({"number": 1})

    talk = await booked("自取", book=book)
    await talk.says("好")
    assert (talk.asked, talk.answers["name"], talk.said()) == ("time", "Ann", ["handed", "ask time"])
    await talk.says("11:00")
    assert talk.asked == "confirm"
    with pytest.raises(RuntimeError):
        await talk.says("好")
    assert talk.asked == "confirm"
    await talk.says("好")
    assert not talk.dialog.stacks

    talk = await booked("自取", "好", book=lambda instance: Done(is_refused=True))
    assert ended(talk) == [("book", "refused")]


async def test_reload_in_the_middle_asks_what_the_new_flow_asks() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00")
    talk.changed("book", steps=(Ask("people", "number"), *BOOKING.steps))
    assert await talk.says("Ann") == "V2"
    assert (talk.asked, talk.answers["time"]) == ("people", "10:00")
    await talk.says("3")
    assert talk.asked == "name"

    talk.changed("book", steps=tuple(step for step in BOOKING.steps if step.name != "name"))
    assert await talk.says("Ann") == "V2"
    assert talk.asked == "note"

    instance = talk.top
    talk.gone("book")
    assert await talk.says("hello") == "V1"
    assert talk.said() == ["ended", "gone"]
    assert await talk.taps("note", "x", instance) == "T8"


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("how", Rounds("how", (Ask("how/x", "choice", choices=choices("p", "q")),), says("{entry.x}"))),
        ("how", Do("how", BOOK)),
        ("how", Confirm("how")),
        ("how", Ask("how", "choice", choices=choices("外送", "自取"), everyone=60.0)),
        ("cart", Ask("cart")),
        ("cart", Do("cart", BOOK)),
    ],
)
async def test_step_of_another_kind_with_the_name_of_a_former_one_is_not_known_yet(name: str, step: Step) -> None:
    talk = await booked("自取") if name == "how" else Talk()
    if name == "cart":
        await talk.says("order", "tea", "2", "不")
    flow, former = talk.top.flow, talk.answers[name]
    talk.changed(flow, steps=tuple(step if one.name == name else one for one in FLOWS[flow].steps))

    await talk.says("@@")
    assert talk.answers.get(name) != former
    assert talk.top.asked in (name, f"{name}/x", "confirm")


@pytest.mark.parametrize("kind", ["remind", "expire"])
async def test_what_time_says_shows_what_the_changed_flow_knows(kind: str) -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02")
    rounds = Rounds("day", (Ask("day/x", "choice", choices=choices("p", "q")),), says("{entry.x}"))
    talk.changed("book", steps=(rounds, *BOOKING.steps[1:]), expired=says("{flow.day}"))

    await talk.is_due(kind)
    (spoken,) = [effect for effect in talk.effects if isinstance(effect, Spoken)]
    assert spoken.instance.known == {}


async def test_choice_that_is_no_longer_offered_is_asked_again() -> None:
    talk = await booked("自取")
    steps = [
        replace(step, choices=choices("外送", "內用")) if isinstance(step, Ask) and step.name == "how" else step
        for step in BOOKING.steps
    ]
    talk.changed("book", steps=tuple(steps))

    assert await talk.says("好") == "V2"
    assert talk.asked == "how"


async def test_list_is_asked_in_rounds() -> None:
    talk = Talk()
    await talk.says("order", "tea", "2")
    assert talk.asked == "cart/more"

    assert await talk.says("latte") == "A4m"
    assert talk.asked == "cart/count"
    await talk.says("1", "不")
    assert talk.asked == "confirm"
    assert talk.answers["cart"]["rounds"] == [{"drink": "tea", "count": 2}, {"drink": "latte", "count": 1}]
    await talk.says("上一步")
    assert talk.asked == "cart/more"


async def test_list_with_so_many_rounds_at_most_asks_for_no_more() -> None:
    talk = Talk()
    cart, *others = FLOWS["order"].steps
    assert isinstance(cart, Rounds)
    talk.changed("order", steps=(replace(cart, at_most=1), *others))

    await talk.says("order", "tea", "2")
    assert talk.asked == "confirm"


async def test_everybody_of_a_chat_has_one_vote_until_time_or_a_word_ends_it() -> None:
    talk = Talk()
    await talk.says("vote")
    instance = talk.top
    taps = ("a 會到 T12", "b 不會到 T12", "a 會到 T12r", "a 不會到 T12", "c 會到 T12")
    for user, value, rule in map(str.split, taps):
        assert await talk.taps("come", value, talk.top, user=user) == rule
    assert await talk.says("會到", user="d", is_called=False) == "T12"
    assert await talk.says("hello", user="e", is_called=False) == "N0"
    assert await talk.says("取消", user="bob") == "N0"
    assert await talk.taps("@cancel", "come", talk.top, user="bob") == "T10"

    assert await talk.is_due("close") == "M5"
    assert talk.world.ended[instance.id].known["come"] == {"a": "不會到", "b": "不會到", "c": "會到", "d": "會到"}

    await talk.says("vote")
    assert await talk.says("結束", user="bob") == "N0"
    assert await talk.says("結束") == "W5"


async def test_vote_after_the_end_of_a_vote_changes_nothing() -> None:
    talk = Talk()
    talk.changed("vote", steps=(*FLOWS["vote"].steps, Ask("where", "choice", choices=choices("here", "there"))))
    await talk.says("vote")
    await talk.taps("come", "會到", user="a")
    assert await talk.says("結束") == "W5"

    assert await talk.taps("come", "不會到", user="b") == "T5"
    assert (talk.answers["come"], talk.asked) == ({"a": "會到"}, "where")


async def test_word_for_something_else_is_no_answer_unless_it_is_offered() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02", "10:00")
    assert await talk.says("略過") == "W4x"
    assert ("name" in talk.answers, talk.top.tries) == (False, 0)

    talk = Talk({"b": Flow("b", (Ask("a", "choice", choices=choices("取消", "保留")), Ask("z")))})
    await talk.do(begins="b")
    assert await talk.says("取消") == "A4"
    assert talk.answers["a"] == "取消"


async def test_word_for_something_else_is_no_answer_of_others_either() -> None:
    talk = Talk({"b": Flow("b", (Ask("a"), Ask("z", "number")), is_shared=True)})
    await talk.do(begins="b")

    assert await talk.says("取消", user="bob") == "N0"
    assert talk.asked == "a"
    await talk.says("something", user="bob")
    assert await talk.says("上一步", user="bob") == "N0"
    assert (talk.asked, talk.top.tries) == ("z", 0)


async def test_pictures_sent_together_answer_one_question_each() -> None:
    talk = Talk({"b": Flow("b", (Ask("front", "image"), Ask("back", "image"), Ask("name")))})
    await talk.do(begins="b")
    sent = talk.now + 1
    picture = Said(media={"type": "image", "id": "1"})

    assert await talk.do(said=picture) == "A4"
    assert await talk.do(said=picture, at=sent) == "A1"
    assert await talk.do(said=picture, at=sent) == "A3"
    assert (talk.asked, talk.top.tries) == ("name", 0)


async def test_text_among_others_answers_only_what_it_fits() -> None:
    talk = Talk()
    await talk.says("book")
    assert await talk.says("lunch?", is_called=False) == "N0"
    assert talk.top.tries == 0

    assert await talk.says("2026-12-02", is_called=False) == "A4"
    await talk.says("10:00")
    assert await talk.says("Ann", is_called=False) == "N0"


async def test_refused_answers_are_tries() -> None:
    why = [Message.from_text("too dark")]
    talk = Talk(check=lambda instance, value: Judged(why=why))
    await talk.says("photo")
    picture = Said(media={"type": "image", "id": "1"})

    assert await talk.do(said=picture) == "A4c"
    assert await talk.do(said=picture) == "A4c7"
    assert (talk.top.flow, talk.asked) == ("other", "color")


async def test_message_that_is_taken_back_takes_its_answer_back() -> None:
    talk = Talk()
    await talk.says("book", "2026-12-02")
    message = f"m{len(talk.rules)}"

    assert await talk.do(is_unsent=True, message=message) == "U1"
    assert await talk.do(is_unsent=True, message="none") == "U2"
    assert await talk.says("10:00") == "V2"
    assert talk.asked == "day"


async def test_whoever_leaves_is_in_no_flow() -> None:
    talk = Talk()
    await talk.says("book", "other")

    assert await talk.do(has_left=True) == "L1"
    assert (talk.dialog.stacks, ended(talk)) == ({}, [("book", "left"), ("other", "left")])


async def test_nobody_begins_a_flow_of_a_person() -> None:
    talk = Talk()

    assert await talk.says("book", user=None) == "B0"
    assert talk.said() == ["route", "no_person"]


async def test_event_that_is_run_again_gives_the_same() -> None:
    talk = Talk()
    facts = {"id": "same", "text": "book", "at": 5, "now": 6, "batch": 1}

    assert await talk.tried(**facts) == await talk.tried(**facts)


async def test_answer_is_remembered_and_known_the_next_time() -> None:
    talk = Talk({"b": Flow("b", (Ask("phone", "phone", is_remembered=True), Ask("z")))})
    await talk.do(begins="b")
    await talk.says("0912-345-678")
    (kept,) = [effect for effect in talk.effects if isinstance(effect, Remembered)]
    assert (kept.name, kept.value) == ("phone", "0912345678")

    talk.world.person["phone"] = kept.value
    await talk.says("取消")
    await talk.do(begins="b")
    assert (talk.asked, talk.answers) == ("z", {"phone": "0912345678"})
