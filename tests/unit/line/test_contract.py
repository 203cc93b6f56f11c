"""LINE keeps the contract of all adapters."""

from __future__ import annotations

from hookline.adapters.line.adapter import LINE
from hookline.testing.adapter_contract import AdapterContract


class TestLine(AdapterContract):
    kind = LINE
    happens = "follow"
