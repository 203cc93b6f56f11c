"""Write messages that LINE takes, and such as it refuses or ignores, with where and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

URL = "https://example.com/a.png"
AREA = {"x": 0, "y": 0, "width": 520, "height": 1040}
ACTION = {"type": "message", "label": "ok", "text": "ok"}
BUY = {"type": "postback", "label": "Buy", "data": "action=buy"}
BUBBLE = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}


def text(value: object, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **fields}


def quick_reply(*actions: Mapping[str, Any]) -> dict[str, Any]:
    return text("hi", quickReply={"items": [{"type": "action", "action": action} for action in actions]})


def template(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "template", "altText": "a", "template": {"type": kind, **fields}}


def buttons(*actions: object, **fields: Any) -> dict[str, Any]:
    return template("buttons", **{"text": "t", "actions": list(actions or [ACTION]), **fields})


def imagemap(**fields: Any) -> dict[str, Any]:
    size = {"width": 1040, "height": 1040}
    return {"type": "imagemap", "altText": "a", "baseUrl": URL, "baseSize": size, "actions": [], **fields}


def flex(contents: object, alt: str = "a") -> dict[str, Any]:
    return {"type": "flex", "altText": alt, "contents": contents}


def box(*contents: object, **fields: Any) -> dict[str, Any]:
    return {"type": "box", "layout": "vertical", "contents": list(contents), **fields}


def body(*contents: object, **fields: Any) -> dict[str, Any]:
    return flex({"type": "bubble", "body": box(*contents, **fields)})


def padded(size: int) -> dict[str, Any]:
    return {"type": "bubble", "body": box({"type": "text", "text": "x" * size})}


def columns(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"text": "t", "actions": [ACTION], **fields} for _ in range(count)]


def v2(words: str, **substitution: Any) -> dict[str, Any]:
    return {"type": "textV2", "text": words, "substitution": substitution}


EVERYONE = {"type": "mention", "mentionee": {"type": "all"}}
LAUGH = {"type": "emoji", "productId": "5a8555cfe6256cc92ea23c2a", "emojiId": "002"}
VIDEO = {"type": "video", "url": URL, "previewUrl": URL, "altContent": {"type": "image", "url": URL}}
GRADIENT = {"type": "linearGradient", "angle": "23.5deg", "startColor": "#FFFF00", "endColor": "#0080ffcc"}
RICH = {
    "type": "bubble",
    "size": "giga",
    "direction": "ltr",
    "action": {"type": "uri", "uri": "https://example.com/noodles"},
    "styles": {"hero": {"separator": True, "separatorColor": "#000000"}, "footer": {"backgroundColor": "#f5f5f5"}},
    "header": box({"type": "text", "text": "永康小店", "size": "xxs", "scaling": True}, paddingBottom="8%"),
    "hero": {
        "type": "image",
        "url": URL,
        "size": "full",
        "aspectRatio": "1.91:1",
        "aspectMode": "cover",
        "backgroundColor": "#ffffff",
        "animated": True,
        "action": BUY,
    },
    "body": box(
        {
            "type": "text",
            "contents": [
                {"type": "span", "text": "牛肉麵 ", "weight": "bold", "size": "3xl", "color": "#0a7d33"},
                {"type": "span", "text": "NT$180", "style": "italic", "decoration": "line-through"},
            ],
            "wrap": True,
            "maxLines": 2,
            "lineSpacing": "7.5px",
        },
        {
            "type": "box",
            "layout": "baseline",
            "margin": "md",
            "contents": [
                {"type": "icon", "url": URL, "size": "18px", "aspectRatio": "1:1", "offsetTop": "-2px"},
                {"type": "text", "text": "4.8", "flex": 0, "gravity": "center", "align": "end", "offsetStart": "5%"},
                {"type": "filler", "flex": 1},
            ],
        },
        {"type": "separator", "margin": "xxl", "color": "#cccccc"},
        box(
            {"type": "image", "url": URL, "size": "40%", "gravity": "bottom", "margin": "none"},
            layout="horizontal",
            position="absolute",
            offsetEnd="10px",
            width="50%",
            height="30px",
            maxWidth="200px",
            maxHeight="50%",
            borderWidth="semi-bold",
            borderColor="#000000",
            cornerRadius="xl",
            justifyContent="space-evenly",
            alignItems="flex-end",
            background={**GRADIENT, "centerColor": "#ffffff", "centerPosition": "12.5%"},
            action={"type": "clipboard", "clipboardText": "0912345678"},
        ),
        spacing="10px",
        paddingAll="lg",
        flex=2,
    ),
    "footer": box(
        {"type": "button", "style": "primary", "height": "sm", "color": "#0a7d33", "action": BUY},
        {
            "type": "button",
            "adjustMode": "shrink-to-fit",
            "action": {"type": "datetimepicker", "label": "l" * 40, "data": "", "mode": "time", "min": "11:00"},
        },
    ),
}

GOOD = {
    "text": text("hi"),
    "text of 5000": text("菜" * 5_000),
    "text of 5000 units": text("🍎" * 2_500),
    "text with emojis": text("$ 🍎 $", emojis=[{"index": i, "productId": "p", "emojiId": "e"} for i in (0, 5)]),
    "text that quotes": text("hi", quoteToken="q", emojis=[]),
    "textV2": v2("hi {{all}} {all} {laugh}{laugh}", all=EVERYONE, laugh=LAUGH),
    "textV2 to one": v2("{u}", u={"type": "mention", "mentionee": {"type": "user", "userId": "U1"}}),
    "textV2 without": {"type": "textV2", "text": "hi"},
    "sticker": {"type": "sticker", "packageId": "446", "stickerId": "1988", "quoteToken": "q"},
    "image": {"type": "image", "originalContentUrl": URL, "previewImageUrl": "HTTPS://example.com/%E5%9C%96.png"},
    "video": {"type": "video", "originalContentUrl": URL, "previewImageUrl": URL, "trackingId": "a-1{}[]"},
    "audio": {"type": "audio", "originalContentUrl": URL, "duration": 60_000},
    "location": {"type": "location", "title": "t" * 100, "address": "a" * 100, "latitude": 25, "longitude": 121.5},
    "coupon": {"type": "coupon", "couponId": "c", "deliveryTag": "winter_2026"},
    "imagemap": imagemap(
        actions=[
            {"type": "uri", "linkUri": "http://example.com", "area": AREA, "label": "l" * 100},
            {"type": "message", "text": "t" * 400, "area": AREA},
            {"type": "clipboard", "clipboardText": "c" * 1_000, "area": AREA},
        ],
        video={
            "originalContentUrl": URL,
            "previewImageUrl": URL,
            "area": AREA,
            "externalLink": {"linkUri": "tel:0912345678", "label": "l" * 30},
        },
    ),
    "buttons": buttons(*[ACTION] * 4, text="t" * 160),
    "buttons, all of it": buttons(
        title="t" * 40,
        text="t" * 60,
        thumbnailImageUrl=URL,
        imageAspectRatio="square",
        imageSize="contain",
        imageBackgroundColor="#FFFFFF",
        defaultAction={"type": "uri", "uri": "line://ti/p/@shop"},
    ),
    "buttons that open LINE's own": buttons(
        *[{"type": "uri", "label": "l", "uri": uri} for uri in ("line:nv/camera", "LINE://nv/location", "tel:110")]
    ),
    "imagemap whose areas fill it": imagemap(
        baseSize={"width": 1040, "height": 585},
        actions=[
            {"type": "message", "text": "t", "area": {"x": x, "y": 0, "width": 520, "height": 585}} for x in (0, 520)
        ],
    ),
    "confirm": template("confirm", text="t" * 240, actions=[ACTION, ACTION]),
    "carousel": template("carousel", columns=columns(10), imageSize="cover"),
    "carousel with titles": template("carousel", columns=columns(2, title="t", thumbnailImageUrl=URL, text="t" * 60)),
    "image carousel": template(
        "image_carousel", columns=[{"imageUrl": URL, "action": {**BUY, "label": "l" * 12}}] * 10
    ),
    "image carousel without label": template(
        "image_carousel", columns=[{"imageUrl": URL, "action": {"type": "message", "text": "t"}}]
    ),
    "flex": flex(BUBBLE, "a" * 1_500),
    "flex, bubble with a header alone": flex({"type": "bubble", "header": BUBBLE["body"]}),
    "flex, all of it": flex(RICH),
    "flex, carousel": flex({"type": "carousel", "contents": [BUBBLE] * 12}),
    "flex, carousel of equal size": flex({"type": "carousel", "contents": [BUBBLE, {**BUBBLE, "size": "mega"}]}),
    "flex, video": flex(
        {"type": "bubble", "hero": {**VIDEO, "aspectRatio": "20:13", "action": {"type": "uri", "uri": URL}}}
    ),
    "13 quick replies": quick_reply(*[ACTION] * 13),
    "quick replies of every kind": quick_reply(
        {"type": "postback", "label": "l" * 20, "data": "d" * 300, "displayText": "t" * 300},
        {**BUY, "inputOption": "openKeyboard", "fillInText": "Name:\n"},
        {"type": "uri", "label": "l", "uri": "https://" + "x" * 992, "altUri": {"desktop": URL}},
        {"type": "datetimepicker", "label": "l", "data": "d", "mode": "date", "initial": "2026-02-28"},
        {**BUY, "type": "datetimepicker", "mode": "datetime", "min": "2026-12-24t00:00", "max": "2026-12-24T00:01"},
        {"type": "camera", "label": "l"},
        {"type": "cameraRoll", "label": "l"},
        {"type": "location", "label": "l"},
        {"type": "clipboard", "label": "l", "clipboardText": "c"},
    ),
    "quick reply with a picture": text("a", quickReply={"items": [{"type": "action", "imageUrl": URL, "action": BUY}]}),
    "sender": text("hi", sender={"name": "n" * 20, "iconUrl": URL}),
    "null for nothing": text("hi", quickReply=None, sender=None),
    # https://developers.line.biz/en/docs/messaging-api/text-character-count/: these count grapheme clusters
    "emoji in a label": quick_reply({**ACTION, "label": "🍎" * 20, "text": "🍎" * 300}),
    "emoji in buttons": buttons(title="🍎" * 40, text="👨‍👩‍👧" * 60),
    "emoji in a confirm": template("confirm", text="🍎" * 240, actions=[ACTION, ACTION]),
}

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "type", "is missing"),
    ({"type": ""}, "type", "unknown type ``"),
    ({"type": 7}, "type", "unknown type 7"),
    ({"type": ["text"]}, "type", "unknown type a list"),
    ({"type": "txet", "text": "hi"}, "type", "unknown type `txet`"),
    ({"type": "text"}, "text", "is missing in a `text` message"),
    (text(None), "text", "is missing in a `text` message"),
    (text(""), "text", "may not be empty in a `text` message"),
    (text(10.5), "text", "expected text, found 10.5"),
    (text({}), "text", "expected text, found an object"),
    (text("a" * 5_001), "text", "5001 characters, at most 5000"),
    (text("🍎" * 2_500 + "a"), "text", "5001 characters, at most 5000"),
    (
        text("a", emojis=[{"index": 0, "productId": "p", "emojiId": "e"}]),
        "emojis[0].index",
        "there is no `$` at 0 of the text",
    ),
    (
        text("🍎$", emojis=[{"index": 1, "productId": "p", "emojiId": "e"}]),
        "emojis[0].index",
        "there is no `$` at 1 of the text",
    ),
    (text("$", emojis=[{"index": 0, "productId": "p"}]), "emojis[0].emojiId", "is missing in an item of `emojis`"),
    (
        text("$" * 21, emojis=[{"index": i, "productId": "p", "emojiId": "e"} for i in range(21)]),
        "emojis",
        "21 items, expected 0 to 20",
    ),
    ({"type": "textV2", "text": "a" * 5_001}, "text", "5001 characters, at most 5000"),
    (v2("hi {al}", all=EVERYONE), "text", "`{al}` has no `substitution`"),
    ({"type": "textV2", "text": "hi {all}"}, "text", "`{all}` has no `substitution`"),
    (v2("hi {all} }", all=EVERYONE), "text", "a `}` without its other half"),
    (v2("a", **{"a b": LAUGH}), "substitution.a b", "a name is 1 to 20 characters of 0-9, a-z, A-Z and `_`"),
    (v2("{all}" * 21, all=EVERYONE), "text", "21 of kind `mention`, at most 20"),
    (
        v2("{a}", a={"type": "mention", "mentionee": {"type": "user"}}),
        "substitution.a.mentionee.userId",
        "is missing in a `user` mention",
    ),
    (v2("{a}", a={"type": "emojy"}), "substitution.a.type", "unknown type `emojy`"),
    ({"type": "sticker", "packageId": 446, "stickerId": "1988"}, "packageId", "expected text, found 446"),
    ({"type": "sticker", "packageId": "446"}, "stickerId", "is missing in a `sticker` message"),
    ({"type": "image", "originalContentUrl": URL}, "previewImageUrl", "is missing in an `image` message"),
    (
        {"type": "image", "originalContentUrl": "http://x/a.png", "previewImageUrl": URL},
        "originalContentUrl",
        "must begin with `https://`, found `http://x/a.png`",
    ),
    (
        {"type": "image", "originalContentUrl": "https://", "previewImageUrl": URL},
        "originalContentUrl",
        "nothing follows `https://`",
    ),
    (
        {"type": "image", "originalContentUrl": "https://x/a b", "previewImageUrl": URL},
        "originalContentUrl",
        "a URL has no blanks or line breaks",
    ),
    (
        {"type": "video", "originalContentUrl": URL, "previewImageUrl": URL + "a" * 2_000},
        "previewImageUrl",
        "2025 characters, at most 2000",
    ),
    (
        {"type": "video", "originalContentUrl": URL, "previewImageUrl": URL, "trackingId": "影"},
        "trackingId",
        "only a-z, A-Z, 0-9 and `-.=,+*()%$&;:@{}!?<>[]` may stand here, found `影`",
    ),
    ({"type": "audio", "originalContentUrl": URL}, "duration", "is missing in an `audio` message"),
    (
        {"type": "audio", "originalContentUrl": URL, "duration": "60000"},
        "duration",
        "expected a whole number, found `60000`",
    ),
    ({"type": "audio", "originalContentUrl": URL, "duration": 1.5}, "duration", "expected a whole number, found 1.5"),
    ({"type": "audio", "originalContentUrl": URL, "duration": True}, "duration", "expected a whole number, found true"),
    (
        {"type": "location", "title": "t", "address": "a", "latitude": 1},
        "longitude",
        "is missing in a `location` message",
    ),
    (
        {"type": "location", "title": "t" * 101, "address": "a", "latitude": 1, "longitude": 1},
        "title",
        "101 characters, at most 100",
    ),
    (
        {"type": "location", "title": "t", "address": "a", "latitude": 121.5, "longitude": 25},
        "latitude",
        "expected -90 to 90, found 121.5",
    ),
    (
        {"type": "location", "title": "t", "address": "a", "latitude": float("nan"), "longitude": 25},
        "latitude",
        "expected a number, found a number out of bounds",
    ),
    ({"type": "coupon"}, "couponId", "is missing in a `coupon` message"),
    ({"type": "coupon", "couponId": "c", "deliveryTag": "t" * 31}, "deliveryTag", "31 characters, at most 30"),
    (imagemap(baseSize={"width": 1024, "height": 1}), "baseSize.width", "expected 1040, found 1024"),
    (
        imagemap(actions=[{"type": "message", "text": "t" * 401, "area": AREA}]),
        "actions[0].text",
        "401 characters, at most 400",
    ),
    (imagemap(actions=[{"type": "uri", "linkUri": URL}]), "actions[0].area", "is missing in a `uri` action"),
    (
        imagemap(actions=[{"type": "uri", "linkUri": URL, "area": {**AREA, "x": -1}}]),
        "actions[0].area.x",
        "expected 0 or more, found -1",
    ),
    *[
        (
            imagemap(actions=[{"type": "message", "text": "t", "area": {**AREA, **area}}]),
            f"actions[0].area.{side}",
            f"the area reaches to {end}, but the picture's {side} is 1040",
        )
        for side, end, area in [
            ("width", 1041, {"x": 521}),
            ("width", 1560, {"x": 1040}),
            ("height", 1041, {"y": 1}),
            ("height", 2080, {"height": 2080}),
            ("width", 2500, {"x": 0, "width": 2500}),
        ]
    ],
    (
        imagemap(baseSize={"width": 1040, "height": 520}, actions=[{"type": "message", "text": "t", "area": AREA}]),
        "actions[0].area.height",
        "the area reaches to 1040, but the picture's height is 520",
    ),
    (
        imagemap(video={"originalContentUrl": URL, "previewImageUrl": URL, "area": {**AREA, "x": 600}}),
        "video.area.width",
        "the area reaches to 1120, but the picture's width is 1040",
    ),
    (
        flex({**BUBBLE, "styles": {"type": "bubbleStyle"}}),  # https://github.com/line/line-bot-sdk-python/issues/111
        "contents.styles.type",
        "unknown key in `styles`",
    ),
    (imagemap(actions=[{}] * 51), "actions", "51 items, expected 0 to 50"),
    (imagemap(video={"originalContentUrl": URL, "previewImageUrl": URL}), "video.area", "is missing in `video`"),
    (template("sparkle"), "template.type", "unknown type `sparkle`"),
    (buttons(text="t" * 161), "template.text", "161 characters, at most 160"),
    (buttons(title="t", text="t" * 61), "template.text", "61 characters, at most 60 beside a title or an image"),
    (
        buttons(thumbnailImageUrl=URL, text="t" * 61),
        "template.text",
        "61 characters, at most 60 beside a title or an image",
    ),
    (buttons(title="t" * 41), "template.title", "41 characters, at most 40"),
    (buttons(imageSize="fill"), "template.imageSize", "unknown value `fill`"),
    (
        buttons(imageBackgroundColor="white"),
        "template.imageBackgroundColor",
        "expected a colour as in `#0a7d33`, found `white`",
    ),
    (buttons(*[ACTION] * 5), "template.actions", "5 items, expected 1 to 4"),
    (buttons(actions=[]), "template.actions", "0 items, expected 1 to 4"),
    (template("buttons", text="t"), "template.actions", "is missing in a `buttons` template"),
    (buttons({"label": "l"}), "template.actions[0].type", "is missing"),
    (buttons("buy"), "template.actions[0]", "expected an object, found `buy`"),
    (
        buttons({"type": "postback", "data": "d"}),
        "template.actions[0].label",
        "is missing in a `postback` action of a template",
    ),
    (buttons(ACTION, {**ACTION, "label": "l" * 21}), "template.actions[1].label", "21 characters, at most 20"),
    (
        buttons({"type": "camera", "label": "l"}),
        "template.actions[0].type",
        "a `camera` action works in quick replies only, not in a template",
    ),
    (template("confirm", text="t" * 241, actions=[ACTION] * 2), "template.text", "241 characters, at most 240"),
    (template("confirm", text="t", actions=[ACTION]), "template.actions", "1 items, expected 2"),
    (template("carousel", columns=columns(11)), "template.columns", "11 items, expected 1 to 10"),
    (
        template("carousel", columns=[*columns(1), {"text": "t", "actions": [ACTION, BUY]}]),
        "template.columns[1].actions",
        "2 actions, but 1 in the first column: all columns have equally many",
    ),
    (
        template("carousel", columns=[*columns(1, title="t"), *columns(1)]),
        "template.columns[1].title",
        "either all columns have a `title` or none has",
    ),
    (template("image_carousel", columns=[]), "template.columns", "0 items, expected 1 to 10"),
    (
        template("image_carousel", columns=[{"imageUrl": URL, "action": {**BUY, "label": "l" * 13}}]),
        "template.columns[0].action.label",
        "13 characters, at most 12",
    ),
    ({"type": "template", "template": {"type": "sparkle"}}, "altText", "is missing in a `template` message"),
    (flex(BUBBLE, "a" * 1_501), "altText", "1501 characters, at most 1500"),
    (flex(None), "contents", "is missing in a `flex` message"),
    (flex([BUBBLE]), "contents", "expected an object, found a list"),
    (flex(box()), "contents.type", "unknown type `box`"),
    (flex({"type": "carousel", "contents": [BUBBLE] * 13}), "contents.contents", "13 items, expected 1 to 12"),
    (
        flex({"type": "carousel", "contents": [BUBBLE, {**BUBBLE, "size": "kilo"}]}),
        "contents.contents[1].size",
        "`kilo`, but the first bubble is `mega`: all bubbles of a carousel are equally wide",
    ),
    (
        flex({"type": "carousel", "contents": [{"type": "bubble", "hero": VIDEO}]}),
        "contents.contents[0].hero.type",
        "no video can stand in a carousel",
    ),
    (
        flex({"type": "bubble", "size": "mega", "body": None}),
        "contents",
        "a bubble needs one of `header`, `hero`, `body`, `footer`",
    ),
    (
        flex({"type": "carousel", "contents": [BUBBLE, {"type": "bubble"}]}),
        "contents.contents[1]",
        "a bubble needs one of `header`, `hero`, `body`, `footer`",
    ),
    (flex(padded(30_000)), "contents", "30098 bytes of JSON, at most 30000 in a bubble"),
    (
        flex({"type": "carousel", "contents": [padded(26_000)] * 2}),
        "contents",
        "52230 bytes of JSON, at most 50000 in a carousel",
    ),
    (flex({**BUBBLE, "header": {"type": "text", "text": "t"}}), "contents.header.type", "unknown type `text`"),
    (
        flex({**BUBBLE, "hero": {"type": "text", "text": "t"}}),
        "contents.hero.type",
        "no `text` can stand in the hero of a bubble",
    ),
    (
        flex({**BUBBLE, "hero": VIDEO, "size": "nano"}),
        "contents.hero.type",
        "a video needs a bubble of `size` `kilo` or `mega` or `giga`",
    ),
    (
        flex({**BUBBLE, "hero": {**VIDEO, "action": BUY}}),
        "contents.hero.action.type",
        "the action of a video is `uri`, not `postback`",
    ),
    (flex({**BUBBLE, "size": "huge"}), "contents.size", "unknown value `huge`"),
    (flex({**BUBBLE, "titel": 1}), "contents.titel", "unknown key in a `bubble` container"),
    (body({"type": "spacer"}), "contents.body.contents[0].type", "unknown type `spacer`"),
    (body({"type": "text", "text": ""}), "contents.body.contents[0].text", "may not be empty in a `text` component"),
    (body({"type": "text"}), "contents.body.contents[0].text", "is missing in a `text` component"),
    (
        body({"type": "text", "contents": [ACTION]}),
        "contents.body.contents[0].contents[0].type",
        "unknown type `message`",
    ),
    (
        body({"type": "text", "text": "t", "colour": "#000000"}),
        "contents.body.contents[0].colour",
        "unknown key in a `text` component",
    ),
    (
        body({"type": "text", "text": "t", "color": "#fff"}),
        "contents.body.contents[0].color",
        "expected a colour as in `#0a7d33` or, with its opacity, `#0a7d33cc`, found `#fff`",
    ),
    (
        body({"type": "text", "text": "t", "size": "xxxl"}),
        "contents.body.contents[0].size",
        "expected a word or a size as in `12px`, found `xxxl`",
    ),
    (
        body({"type": "text", "text": "t", "wrap": "true"}),
        "contents.body.contents[0].wrap",
        "expected true or false, found `true`",
    ),
    (body({"type": "text", "text": "t", "flex": -1}), "contents.body.contents[0].flex", "expected 0 or more, found -1"),
    (body({"type": "icon", "url": URL}), "contents.body.contents[0].type", "no `icon` can stand in a `vertical` box"),
    (
        body({"type": "button", "action": BUY}, layout="baseline"),
        "contents.body.contents[0].type",
        "no `button` can stand in a `baseline` box",
    ),
    (body({"type": "button"}), "contents.body.contents[0].action", "is missing in a `button` component"),
    (
        body({"type": "button", "action": {"type": "uri", "uri": URL}}),
        "contents.body.contents[0].action.label",
        "is missing in a `uri` action of a Flex Message",
    ),
    (
        body({"type": "button", "style": "primry", "action": BUY}),
        "contents.body.contents[0].style",
        "unknown value `primry`",
    ),
    (
        body({"type": "image", "url": URL, "aspectRatio": "1:4"}),
        "contents.body.contents[0].aspectRatio",
        "the height may be at most three times the width, found `1:4`",
    ),
    (
        body({"type": "image", "url": URL, "aspectRatio": "16/9"}),
        "contents.body.contents[0].aspectRatio",
        "expected WIDTH:HEIGHT as in `20:13`, each from 1 to 100000, found `16/9`",
    ),
    (
        body(*[{"type": "image", "url": URL, "animated": True}] * 11),
        "contents",
        "11 animated images, at most 10 in a message",
    ),
    (body(layout="diagonal"), "contents.body.layout", "unknown value `diagonal`"),
    (
        body(background={"type": "linearGradient", "startColor": "#000000", "endColor": "#000000"}),
        "contents.body.background.angle",
        "is missing in a `linearGradient` background",
    ),
    (
        body(background={**GRADIENT, "angle": "360deg"}),
        "contents.body.background.angle",
        "expected degrees as in `90deg`, below 360, found `360deg`",
    ),
    (
        body(paddingAll="-1px"),
        "contents.body.paddingAll",
        "expected a word or a size as in `12px` or `12%`, found `-1px`",
    ),
    (quick_reply(*[ACTION] * 14), "quickReply.items", "14 items, expected 1 to 13"),
    (text("hi", quickReply={"items": []}), "quickReply.items", "0 items, expected 1 to 13"),
    (text("hi", quickReply={}), "quickReply.items", "is missing in `quickReply`"),
    (text("hi", quickReply=7), "quickReply", "expected an object, found 7"),
    (
        text("hi", quickReply={"items": [{"action": BUY}]}),
        "quickReply.items[0].type",
        "is missing in an item of `items`",
    ),
    (
        text("hi", quickReply={"items": [{"type": "button", "action": BUY}]}),
        "quickReply.items[0].type",
        "unknown value `button`",
    ),
    (
        text("hi", quickReply={"items": [{"type": "action"}]}),
        "quickReply.items[0].action",
        "is missing in an item of `items`",
    ),
    (quick_reply({**ACTION, "label": "l" * 21}), "quickReply.items[0].action.label", "21 characters, at most 20"),
    (
        quick_reply({**ACTION, "label": ""}),
        "quickReply.items[0].action.label",
        "may not be empty in an action of a quick reply",
    ),
    (quick_reply({**BUY, "data": "d" * 301}), "quickReply.items[0].action.data", "301 characters, at most 300"),
    (
        quick_reply({**BUY, "displayText": "a", "text": "b"}),
        "quickReply.items[0].action.text",
        "a postback has either `displayText` or `text`",
    ),
    (
        quick_reply({"type": "message", "label": "l"}),
        "quickReply.items[0].action.text",
        "is missing in a `message` action",
    ),
    (
        quick_reply({"type": "uri", "label": "l", "uri": "https://" + "x" * 993}),
        "quickReply.items[0].action.uri",
        "1001 characters, at most 1000",
    ),
    (
        quick_reply({"type": "uri", "label": "l", "uri": "example.com"}),
        "quickReply.items[0].action.uri",
        "must begin with `http://` or `https://` or `line:` or `tel:`, found `example.com`",
    ),
    (
        quick_reply({"type": "richmenuswitch", "label": "l", "data": "d"}),
        "quickReply.items[0].action.type",
        "a `richmenuswitch` action works in rich menus only, not in a quick reply",
    ),
    (
        quick_reply({"type": "clipboard", "label": "l", "clipboardText": "c" * 1_001}),
        "quickReply.items[0].action.clipboardText",
        "1001 characters, at most 1000",
    ),
    (
        quick_reply({**BUY, "type": "datetimepicker", "mode": "day"}),
        "quickReply.items[0].action.mode",
        "unknown value `day`",
    ),
    (
        quick_reply({**BUY, "type": "datetimepicker", "mode": "date", "initial": "2026-02-30"}),
        "quickReply.items[0].action.initial",
        "expected a date as in `2026-12-24`, from 1900 to 2100, found `2026-02-30`",
    ),
    (
        quick_reply({**BUY, "type": "datetimepicker", "mode": "time", "min": "12:00", "max": "12:00"}),
        "quickReply.items[0].action.max",
        "must be later than `min`, which is `12:00`",
    ),
    (text("hi", sender={"name": "n" * 21}), "sender.name", "21 characters, at most 20"),
    (text("hi", sender={"name": "LINE Shop"}), "sender.name", "the name of a sender may not hold the word `LINE`"),
    (text("hi", sender={"iconUrl": "http://x"}), "sender.iconUrl", "must begin with `https://`, found `http://x`"),
]

IGNORED = [
    (flex({**BUBBLE, "styles": {"comment": "see the guide"}}), "contents.styles.comment", "unknown key in `styles`"),
    (flex({**BUBBLE, "styles": {"boddy": {}}}), "contents.styles.boddy", "unknown key in `styles`"),
    (flex({**BUBBLE, "styles": {"body": {"note": "red"}}}), "contents.styles.body.note", "unknown key in `body`"),
    (
        imagemap(actions=[{"type": "message", "text": "t", "area": {**AREA, "width": 0}}]),
        "actions[0].area.width",
        "nobody can tap an area of no size",
    ),
    (
        imagemap(actions=[{"type": "message", "text": "t", "area": {**AREA, "height": 0}}]),
        "actions[0].area.height",
        "nobody can tap an area of no size",
    ),
    (text("hi", qouteToken="q"), "qouteToken", "unknown key in a `text` message"),
    (
        quick_reply({**BUY, "displayTxt": "t"}),
        "quickReply.items[0].action.displayTxt",
        "unknown key in a `postback` action",
    ),
    (
        quick_reply({**BUY, "fillInText": "t"}),
        "quickReply.items[0].action.fillInText",
        "it needs `inputOption: openKeyboard` beside it",
    ),
]
