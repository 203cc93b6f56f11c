"""List what LINE wants beyond the SDK's models: by model and key, and in Flex Messages by key alone.

https://developers.line.biz/en/reference/messaging-api/#message-objects
"""

from __future__ import annotations

from collections.abc import Mapping

from .measures import graphemes
from .rules import (
    Rule,
    angle,
    between,
    characters,
    choices,
    colour,
    https,
    items,
    link,
    of_characters,
    one_of,
    ratio,
    sender_name,
    sized,
    written,
)

MAX_MESSAGES = 5
MAX_BUBBLE_BYTES = 30_000
MAX_CAROUSEL_BYTES = 50_000
MAX_ANIMATED = 10
MAX_EMOJIS = 20
MAX_MENTIONS = 20
MAX_SUBSTITUTIONS = 100
MAX_TEXT = 5000
MAX_PARTS = 25
"""So many messages a text may become that is too long for one."""

_GAPS = ("none", "xs", "sm", "md", "lg", "xl", "xxl")
_FONTS = ("xxs", "xs", "sm", "md", "lg", "xl", "xxl", "3xl", "4xl", "5xl")
_RGB = written("#[0-9A-Fa-f]{6}", "a colour as in `#0a7d33`")
_FONT = sized(*_FONTS)
_GAP = sized(*_GAPS)
_OFFSET = sized(*_GAPS, units="px|%", sign="-?")
_PADDING = sized(*_GAPS, units="px|%")
_EXTENT = sized(units="px|%")
_TAPPED = characters(300, graphemes)
_DATA = characters(300)
_COPIED = characters(1000)

RULES: Mapping[str, Rule] = {
    "TextMessage.emojis": items(MAX_EMOJIS, least=0),
    "TextMessageV2.substitution": items(MAX_SUBSTITUTIONS, least=0),
    "ImageMessage.originalContentUrl": https,
    "ImageMessage.previewImageUrl": https,
    "VideoMessage.originalContentUrl": https,
    "VideoMessage.previewImageUrl": https,
    "VideoMessage.trackingId": of_characters(
        r"[A-Za-z0-9\-.=,+*()%$&;:@{}!?<>\[\]]", 100, "a-z, A-Z, 0-9 and `-.=,+*()%$&;:@{}!?<>[]`"
    ),
    "AudioMessage.originalContentUrl": https,
    "AudioMessage.duration": between(1),
    "LocationMessage.title": characters(100, may_cut=True),
    "LocationMessage.address": characters(100, may_cut=True),
    "LocationMessage.latitude": between(-90, 90),
    "LocationMessage.longitude": between(-180, 180),
    "CouponMessage.deliveryTag": of_characters("[A-Za-z0-9_]", 30, "a-z, A-Z, 0-9 and `_`"),
    "TemplateMessage.altText": characters(1500, may_cut=True),
    "FlexMessage.altText": characters(1500, may_cut=True),
    "ImagemapMessage.altText": characters(1500, may_cut=True),
    "ImagemapMessage.baseUrl": https,
    "ImagemapMessage.actions": items(50, least=0),
    "ImagemapBaseSize.width": between(1040, 1040),
    "ImagemapBaseSize.height": between(1),
    "ImagemapArea.x": between(0),
    "ImagemapArea.y": between(0),
    "ImagemapArea.width": between(0),
    "ImagemapArea.height": between(0),
    "ImagemapVideo.originalContentUrl": https,
    "ImagemapVideo.previewImageUrl": https,
    "ImagemapExternalLink.linkUri": link,
    "ImagemapExternalLink.label": characters(30, may_cut=True),
    "MessageImagemapAction.text": characters(400),
    "MessageImagemapAction.label": characters(100, may_cut=True),
    "URIImagemapAction.linkUri": link,
    "URIImagemapAction.label": characters(100, may_cut=True),
    "ClipboardImagemapAction.clipboardText": _COPIED,
    "ClipboardImagemapAction.label": characters(100, may_cut=True),
    "QuickReply.items": choices(13),
    "QuickReplyItem.type": one_of("action"),
    "QuickReplyItem.imageUrl": https,
    "Sender.name": sender_name,
    "Sender.iconUrl": https,
    "PostbackAction.data": _DATA,
    "PostbackAction.displayText": characters(300, graphemes, may_cut=True),
    "PostbackAction.text": _TAPPED,
    "PostbackAction.fillInText": _TAPPED,
    "MessageAction.text": _TAPPED,
    "URIAction.uri": link,
    "AltUri.desktop": link,
    "DatetimePickerAction.data": _DATA,
    "ClipboardAction.clipboardText": _COPIED,
    "RichMenuSwitchAction.data": _DATA,
    "RichMenuSwitchAction.richMenuAliasId": characters(32),
    "ButtonsTemplate.thumbnailImageUrl": https,
    "ButtonsTemplate.imageAspectRatio": one_of("rectangle", "square"),
    "ButtonsTemplate.imageSize": one_of("cover", "contain"),
    "ButtonsTemplate.imageBackgroundColor": _RGB,
    "ButtonsTemplate.title": characters(40, graphemes, may_cut=True),
    "ButtonsTemplate.actions": items(4),
    "ConfirmTemplate.text": characters(240, graphemes),
    "ConfirmTemplate.actions": items(2, least=2),
    "CarouselTemplate.columns": items(10),
    "CarouselTemplate.imageAspectRatio": one_of("rectangle", "square"),
    "CarouselTemplate.imageSize": one_of("cover", "contain"),
    "CarouselColumn.thumbnailImageUrl": https,
    "CarouselColumn.imageBackgroundColor": _RGB,
    "CarouselColumn.title": characters(40, graphemes, may_cut=True),
    "CarouselColumn.actions": items(3),
    "ImageCarouselTemplate.columns": items(10),
    "ImageCarouselColumn.imageUrl": https,
    "FlexCarousel.contents": items(12),
    "FlexBox.borderWidth": sized("none", "light", "normal", "medium", "semi-bold", "bold"),
    "FlexBox.height": _EXTENT,
    "FlexImage.size": sized(*_FONTS, "full", units="px|%"),
    "FlexText.size": _FONT,
    "FlexText.lineSpacing": sized(),
    "FlexSpan.size": _FONT,
    "FlexIcon.size": _FONT,
    "FlexBoxLinearGradient.angle": angle,
    "FlexBoxLinearGradient.centerPosition": written(
        r"100(?:\.0+)?%|\d{1,2}(?:\.\d+)?%", "a percentage as in `50%`, from 0 to 100"
    ),
}

FLEX_RULES: Mapping[str, Rule] = {
    "url": https,
    "previewUrl": https,
    "aspectRatio": ratio,
    "flex": between(0),
    "maxLines": between(0),
    "margin": _GAP,
    "spacing": _GAP,
    "cornerRadius": _GAP,
    "width": _EXTENT,
    "maxWidth": _EXTENT,
    "maxHeight": _EXTENT,
    **{f"offset{side}": _OFFSET for side in ("Top", "Bottom", "Start", "End")},
    **{f"padding{side}": _PADDING for side in ("All", "Top", "Bottom", "Start", "End")},
    **dict.fromkeys(
        ("color", "backgroundColor", "borderColor", "separatorColor", "startColor", "endColor", "centerColor"), colour
    ),
}

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "QuickReply": ("items",),
    "QuickReplyItem": ("type", "action"),
    "Emoji": ("index", "productId", "emojiId"),
    "PostbackAction": ("data",),
    "MessageAction": ("text",),
    "URIAction": ("uri",),
    "DatetimePickerAction": ("data", "mode"),
    "ImagemapVideo": ("originalContentUrl", "previewImageUrl", "area"),
    "ImagemapExternalLink": ("linkUri", "label"),
    "FlexBoxLinearGradient": ("angle", "startColor", "endColor"),
}
"""What LINE needs, though the SDK's models don't."""

MAY_BE_EMPTY = frozenset(
    {"PostbackAction.data", "DatetimePickerAction.data", "RichMenuSwitchAction.data", "FlexText.text", "FlexSpan.text"}
)
"""Texts that may have no characters, as far as can be said of them alone."""
