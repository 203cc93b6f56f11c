"""Who is let in: whoever brings the secret token, once, as it is. Nothing else is signed by Telegram."""

import json

import pytest
from pydantic import ValidationError

from hookline import OK, NotAWebhookError, Request, Services
from hookline.adapters.http import HttpClient
from hookline.adapters.requests import RawHeaders
from hookline_telegram.adapter import HEADER, TELEGRAM, TelegramSettings

NEW, OLD = "New-secret_1", "Old-secret_2"
TOKEN = "123456:ABC-DEF_ghi"
UPDATE = json.dumps({"update_id": 1, "message": {"message_id": 1, "chat": {"id": 5, "type": "private"}, "text": "hi"}})
BODY = UPDATE.encode()
NAME = HEADER.encode()


def settings(**changes: object) -> TelegramSettings:
    return TelegramSettings.model_validate({"token": TOKEN, "secret_token": [NEW, OLD], **changes})


DOOR = TELEGRAM.door(settings())
ADAPTER = TELEGRAM.build("bot", settings(), Services(HttpClient({})))


def headers(*values: str | bytes, name: bytes = NAME) -> RawHeaders:
    return [(name, value if isinstance(value, bytes) else value.encode("latin-1")) for value in values]


STRANGE_BODIES = {
    "empty body": b"",
    "no JSON": b"update_id=1&text=hi",
    "half a JSON": BODY[:-5],
    "JSON in UTF-16": UPDATE.encode("utf-16"),
    "not UTF-8": b'{"update_id": 1, "x": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "a list": b"[" + BODY + b"]",
    "a text": b'"update_id"',
    "a number": b"1",
    "null": b"null",
    "nested deep": b'{"update_id": 1, "message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested deep and never closed": b'{"update_id":' + b'{"a":' * 50_000,
    "NaN": b'{"update_id": NaN}',
    "Infinity": b'{"update_id": 1, "message": {"date": Infinity}}',
    "a number of 10,000 digits": b'{"update_id": ' + b"9" * 10_000 + b"}",
    "no update_id": b'{"message": {"text": "hi"}}',
    "update_id as a text": b'{"update_id": "1"}',
    "update_id as a bool": b'{"update_id": true}',
    "update_id as a fraction": b'{"update_id": 1.5}',
    "update_id null": b'{"update_id": null}',
    "update_id as an object": b'{"update_id": {"$ne": null}}',
}
UNSIGNED: dict[str, Request] = {
    "no header": Request(BODY),
    "no header and no body": Request(b""),
    "an empty header": Request(BODY, headers("")),
    "blanks": Request(BODY, headers("   ")),
    "a wrong secret": Request(BODY, headers("wrong")),
    "the secret cut short": Request(BODY, headers(NEW[:-1])),
    "the secret and more": Request(BODY, headers(NEW + "1")),
    "the first letter": Request(BODY, headers(NEW[0])),
    "the other case": Request(BODY, headers(NEW.swapcase())),
    "a blank before": Request(BODY, headers(f" {NEW}")),
    "a line break behind": Request(BODY, headers(f"{NEW}\n")),
    "a NUL behind": Request(BODY, headers(f"{NEW}\0")),
    "quotes around": Request(BODY, headers(f'"{NEW}"')),
    "Bearer before": Request(BODY, headers(f"Bearer {NEW}")),
    "both secrets in one": Request(BODY, headers(f"{NEW},{OLD}")),
    "both secrets run together": Request(BODY, headers(NEW + OLD)),
    "the secret twice": Request(BODY, headers(NEW, NEW)),
    "right and wrong": Request(BODY, headers(NEW, "wrong")),
    "wrong and right": Request(BODY, headers("wrong", NEW)),
    "both secrets, one each": Request(BODY, headers(NEW, OLD)),
    "a secret of the past": Request(BODY, headers("Older-secret_3")),
    "the bot's token": Request(BODY, headers(TOKEN)),
    "bytes that are no text": Request(BODY, headers(b"\xff\xfe\x00\x80")),
    "letters beyond ASCII": Request(BODY, headers(NEW.replace("e", "é"))),
    "full-width letters as UTF-8": Request(BODY, headers("Ｎew-secret_1".encode())),
    "a huge header": Request(BODY, headers("x" * 100_000)),
    "the secret a thousand times": Request(BODY, headers(NEW * 1000)),
    "another header": Request(BODY, headers(NEW, name=b"x-telegram-bot-api-secret")),
    "an underscored header": Request(BODY, headers(NEW, name=NAME.replace(b"-", b"_"))),
    "LINE's header": Request(BODY, headers(NEW, name=b"x-line-signature")),
    "authorization": Request(BODY, headers(NEW, name=b"authorization")),
    "a cookie": Request(BODY, headers(f"{HEADER}={NEW}", name=b"cookie")),
    "in the query": Request(BODY, query=f"{HEADER}={NEW}&secret_token={NEW}".encode()),
    "in the body": Request(json.dumps({"update_id": 1, "secret_token": NEW}).encode()),
    "in the path": Request(BODY, rest=NEW),
    "below the bot's path": Request(BODY, headers(NEW), rest="extra"),
    "as GET without it": Request(b"", method="GET"),
    "as a form": Request(b"a=b", [(b"content-type", b"application/x-www-form-urlencoded")]),
    "of a far future": Request(BODY, headers("wrong"), 10**18),
    "of before 1970": Request(BODY, headers("wrong"), -1),
    **{f"unsigned, {name}": Request(body) for name, body in STRANGE_BODIES.items()},
    **{f"badly signed, {name}": Request(body, headers("wrong")) for name, body in STRANGE_BODIES.items()},
}


@pytest.mark.parametrize("request_", UNSIGNED.values(), ids=UNSIGNED)
def test_without_the_secret_nobody_is_let_in(request_: Request) -> None:
    assert DOOR.verify(request_) is None


@pytest.mark.parametrize(("secret", "number"), [(NEW, 0), (OLD, 1)])
def test_each_live_secret_lets_in_and_is_told_apart(secret: str, number: int) -> None:
    assert DOOR.verify(Request(BODY, headers(secret))) == number


@pytest.mark.parametrize("kind", [b"", b"text/plain", b"application/json; charset=utf-8", b"\xff"])
def test_content_type_does_not_matter(kind: bytes) -> None:
    assert DOOR.verify(Request(BODY, [*headers(NEW), (b"content-type", kind)])) == 0


def test_same_request_is_let_in_again() -> None:  # there is no timestamp: the update's id tells a replay
    request = Request(BODY, headers(NEW))

    assert [DOOR.verify(request), DOOR.verify(request)] == [0, 0]
    assert ADAPTER.receive(request) == ADAPTER.receive(request)


def test_answer_is_ok_and_calls_no_method() -> None:
    assert DOOR.answer(Request(BODY, headers(NEW))) == OK


@pytest.mark.parametrize("body", STRANGE_BODIES.values(), ids=STRANGE_BODIES)
def test_what_is_no_update_is_no_webhook(body: bytes) -> None:
    with pytest.raises(NotAWebhookError):
        ADAPTER.receive(Request(body, headers(NEW)))


@pytest.mark.parametrize("secret", ["", " ", "a b", "ä", "a" * 257, "secret!", "a\nb", "token:1"])
def test_secret_has_the_form_that_telegram_takes(secret: str) -> None:
    with pytest.raises(ValidationError, match="1 to 256 of A-Z"):
        settings(secret_token=secret)


@pytest.mark.parametrize("token", ["", "123456", "abc:def", "123456:", ":ABC", "1:a/b", "1:../getMe", "１:abc"])
def test_token_has_the_form_that_botfather_gives(token: str) -> None:
    with pytest.raises(ValidationError, match="as BotFather gives it"):
        settings(token=token)


@pytest.mark.parametrize("secrets", [[], ["a", "b", "c", "d", "e"]])
def test_there_are_one_to_four_secrets(secrets: list[str]) -> None:
    with pytest.raises(ValidationError):
        settings(secret_token=secrets)


def test_one_secret_needs_no_list() -> None:
    assert TELEGRAM.signs(settings(secret_token=f" {NEW}\n")) == [NEW]


def test_settings_show_no_secret() -> None:
    shown = f"{settings()!r} {settings().model_dump_json()}"

    assert not any(secret in shown for secret in (TOKEN, NEW, OLD))
