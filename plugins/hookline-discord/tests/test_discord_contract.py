"""Discord's adapter keeps what hookline relies on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from hookline.testing.adapter_contract import AdapterContract
from hookline_discord.adapter import DISCORD


class TestDiscord(AdapterContract):
    kind = DISCORD
    settings: ClassVar[Mapping[str, Any]] = {"public_key": "ab" * 32, "application_id": "42"}
    happens = "modal"
