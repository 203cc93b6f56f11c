"""Speak with a fax machine: an adapter of the kind that anybody may have written. What it sends goes into a file."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from hookline import Chat, Event, Sender, hookimpl
from hookline.adapters.adapter import AdapterKind, Delivery, Headers, Verdict
from hookline.adapters.flaws import Flaw
from hookline.adapters.http import HttpClient
from hookline.errors import NotAWebhookError


class FaxSettings(BaseModel):
    secret: list[SecretStr]
    tray: str


class FaxApi:
    async def sender(self, event: Event) -> Sender:
        return Sender(event.user)


class Fax:
    def __init__(self, bot: str, settings: FaxSettings, http: HttpClient) -> None:
        self.api = FaxApi()
        self._bot = bot
        self._settings = settings

    def verify(self, headers: Headers, body: bytes) -> int | None:
        given = dict(headers).get(b"x-fax-signature", b"")
        for number, secret in enumerate(self._settings.secret):
            wanted = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest().encode()
            if hmac.compare_digest(given, wanted):
                return number
        return None

    def parse(self, body: bytes, received_at: int) -> list[Event]:
        try:
            pages = json.loads(body)["pages"]
        except (ValueError, KeyError, TypeError) as error:
            raise NotAWebhookError("no pages") from error
        return [self.read(page, received_at) for page in pages]

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        return Event(
            bot=self._bot,
            id=str(raw["id"]),
            type="message.text",
            conversation=str(raw["from"]),
            timestamp=received_at,
            received_at=received_at,
            raw=raw,
            chat=Chat("user", str(raw["from"])),
            user=str(raw["from"]),
            text=str(raw["text"]),
            message_id=str(raw["id"]),
            reply_token=str(raw["id"]),
        )

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**raw, "text": ""}

    async def send(self, delivery: Delivery) -> Verdict:
        with Path(self._settings.tray).open("a", encoding="utf-8") as tray:
            tray.write(json.dumps([delivery.form, delivery.to, list(delivery.messages)]) + "\n")
        return Verdict("sent")


def _check(messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    return [
        Flaw((index, "type"), "a fax has text only") for index, one in enumerate(messages) if one.get("type") != "text"
    ]


@hookimpl
def hookline_adapters() -> Sequence[AdapterKind]:
    return [AdapterKind("fax", FaxSettings, Fax, {"message.text": True}, _check, signed_with="secret")]
