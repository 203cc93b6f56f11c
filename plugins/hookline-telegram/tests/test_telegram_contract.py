"""Telegram's adapter keeps what hookline relies on."""

from __future__ import annotations

from hookline.testing.adapter_contract import AdapterContract
from hookline_telegram.adapter import TELEGRAM


class TestTelegram(AdapterContract):
    kind = TELEGRAM
    signs_bodies = False
    happens = "message.photo"
