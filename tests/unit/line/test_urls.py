"""Check how URLs are written for LINE, and which can't be: what means one thing only is encoded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline.adapters.flaws import PartialText
from hookline.adapters.line.messages.check import check_messages
from hookline.adapters.line.messages.rules import link
from hookline.adapters.line.messages.urls import encoded, flaw
from tests.unit.line.samples import URL, quick_reply

ENCODED = {
    "https://example.com/菜單.png": "https://example.com/%E8%8F%9C%E5%96%AE.png",
    "https://example.com/a b": "https://example.com/a%20b",
    "https://example.com/a\u3000b": "https://example.com/a%E3%80%80b",
    "https://example.com/?q=牛肉麵&n=2#店": "https://example.com/?q=%E7%89%9B%E8%82%89%E9%BA%B5&n=2#%E5%BA%97",
    "https://example.com/café": "https://example.com/caf%C3%A9",
    "https://example.com/%E8%8F%9C單": "https://example.com/%E8%8F%9C%E5%96%AE",
    "https://example.com/100%": "https://example.com/100%25",
    "https://example.com/?sale=50%&x=%20": "https://example.com/?sale=50%25&x=%20",
    "https://example.com/🍜": "https://example.com/%F0%9F%8D%9C",
    "  https://example.com/a\n": "https://example.com/a",
    "https://台灣.tw/茶": "https://xn--kpry57d.tw/%E8%8C%B6",
    "https://日本語.jp:8443/a": "https://xn--wgv71a119e.jp:8443/a",
    "https://example.com?a=ä": "https://example.com?a=%C3%A4",
    "line://msg/text/?好吃": "line://msg/text/?%E5%A5%BD%E5%90%83",
    "line:ti/p/@小店": "line:ti/p/@%E5%B0%8F%E5%BA%97",
    "tel:02 2345 6789": "tel:02-2345-6789",
    "tel:０２２３４５６７８９": "tel:0223456789",
}
FORBIDDEN = {
    "https://example.com/{name}": ("a URL can't hold `{`", "there it is written %7B"),
    "https://example.com/a}": ("a URL can't hold `}`", "there it is written %7D"),
    "https://example.com/a|b": ("a URL can't hold `|`", "there it is written %7C"),
    "https://example.com/?ids[]=1": ("a URL can't hold `[`", "there it is written %5B"),
    "https://example.com/a]": ("a URL can't hold `]`", "there it is written %5D"),
    "https://example.com/<b>": ("a URL can't hold `<`", "there it is written %3C"),
    'https://example.com/"a"': ("a URL can't hold `\"`", "there it is written %22"),
    "https://example.com/a\\b": ("a URL can't hold `\\`", "there it is written %5C"),
    "https://example.com/a^b": ("a URL can't hold `^`", "there it is written %5E"),
    "https://example.com/菜|單": ("a URL can't hold `|`", "there it is written %7C"),
    "https://example.com/a\nb": ("a URL has no blanks or line breaks", "a blank in a URL is written %20"),
    "https://example.com/a\tb": ("a URL has no blanks or line breaks", "a blank in a URL is written %20"),
    "https://example.com/\0": ("a URL has no blanks or line breaks", "a blank in a URL is written %20"),
    "tel:二三四": ("it isn't percent-encoded", "write a host as xn--…, and a telephone number in digits"),
    "https://..小店/": ("it isn't percent-encoded", "write a host as xn--…, and a telephone number in digits"),
    "https://my shop.tw/": (
        "a URL has no blanks or line breaks",
        "write a host as xn--…, and a telephone number in digits",
    ),
}
RIGHT = [
    URL,
    "https://example.com/a-b._~!$&'()*+,;=:@/%20?q=1&r=/?#f",
    "https://[2001:db8::1]:8443/a",
    "https://user@example.com/",
    "http://example.com",
    "line:nv/camera/",
    "tel:+886-2-2345-6789",
]


@pytest.mark.parametrize(("written", "sent"), ENCODED.items(), ids=ENCODED)
def test_what_means_one_thing_only_is_encoded(written: str, sent: str) -> None:
    found = link(written)

    assert found is not None
    assert (found.is_tacit, found.is_refused, found.instead) == (True, True, sent)
    assert link(sent) is None


@pytest.mark.parametrize(("written", "told"), FORBIDDEN.items(), ids=repr)
def test_what_can_mean_several_things_is_refused(written: str, told: tuple[str, str]) -> None:
    found = link(written)

    assert found is not None
    assert (found.reason, found.hint, found.is_tacit, found.instead) == (*told, False, None)


@pytest.mark.parametrize("url", RIGHT)
def test_what_is_right_is_left_as_it_is(url: str) -> None:
    assert flaw(url) is None
    assert encoded(url) == url


def test_length_counts_once_it_is_encoded() -> None:
    too_long = {"type": "uri", "label": "l", "uri": "https://example.com/" + "菜" * 109}

    reasons = [one.reason for one in check_messages([quick_reply(too_long)])]

    assert reasons == ["it isn't percent-encoded"]
    assert [one.reason for one in check_messages([quick_reply({**too_long, "uri": encoded(too_long["uri"])})])] == [
        "1001 characters, at most 1000"
    ]


@pytest.mark.parametrize("text", ["https://{x}.台灣/…", "https://…/a|b", "https://…小店"])
def test_part_of_a_url_is_judged_by_what_is_certain(text: str) -> None:
    found = link(PartialText(text.replace("…", ""), text.partition("…")[0]))

    assert found is not None
    assert found.instead is None
    assert found.is_tacit is not any(one in text for one in "|{")


@given(st.text(max_size=30))
def test_what_is_put_in_place_of_any_url_is_right(tail: str) -> None:
    found = link(f"https://example.com/{tail}")

    assert found is None or found.instead is None or link(str(found.instead)) is None
