"""Speak with a fax machine: an adapter of the kind that anybody may have written. What it sends goes into a file."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from hookline import (
    OK,
    AdapterKind,
    Chat,
    Delivery,
    Event,
    Flaw,
    NotAWebhookError,
    Request,
    Response,
    Sender,
    Services,
    Verdict,
    Way,
)


class FaxSettings(BaseModel):
    secret: list[SecretStr]
    tray: str


class FaxApi:
    async def sender(self, event: Event) -> Sender:
        return Sender(event.user)


class FaxDoor:
    def __init__(self, settings: FaxSettings) -> None:
        self._settings = settings

    def verify(self, request: Request) -> int | None:
        given = request.header("x-fax-signature") or ""
        for number, secret in enumerate(self._settings.secret):
            wanted = hmac.new(secret.get_secret_value().encode(), request.body, hashlib.sha256).hexdigest()
            if hmac.compare_digest(given, wanted):
                return number
        return None

    def answer(self, request: Request) -> Response:
        return OK


class Fax:
    def __init__(self, bot: str, settings: FaxSettings, services: Services) -> None:
        self.api = FaxApi()
        self._bot = bot
        self._settings = settings

    def receive(self, request: Request) -> list[Event]:
        try:
            pages = json.loads(request.body)["pages"]
        except (ValueError, KeyError, TypeError) as error:
            raise NotAWebhookError("no pages") from error
        return [self.read(page, request.received_at) for page in pages]

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
            ways=(Way("callback", str(raw["id"])), Way("line", str(raw["from"]), is_push=True)),
        )

    def push_way(self, to: str) -> Way | None:
        return Way("line", to, is_push=True)

    def redact(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**raw, "text": ""}

    async def send(self, delivery: Delivery) -> Verdict:
        with Path(self._settings.tray).open("a", encoding="utf-8") as tray:
            tray.write(json.dumps([delivery.way.name, delivery.way.to, list(delivery.messages)]) + "\n")
        return Verdict("sent")


def _check(messages: Sequence[Mapping[str, Any]]) -> Sequence[Flaw]:
    return [
        Flaw((index, "type"), "a fax has text only") for index, one in enumerate(messages) if one.get("type") != "text"
    ]


def _signs(settings: FaxSettings) -> list[str]:
    return [secret.get_secret_value() for secret in settings.secret]


FAX = AdapterKind("fax", FaxSettings, FaxDoor, Fax, {"message.text": True}, _check, signs=_signs)
