"""Slack's adapter keeps what hookline relies on."""

from __future__ import annotations

from hookline.testing.adapter_contract import AdapterContract
from hookline_slack.adapter import SLACK


class TestSlack(AdapterContract):
    kind = SLACK
    happens = "app_mention"
