"""GitHub's adapter keeps what hookline relies on."""

from __future__ import annotations

from hookline.testing.adapter_contract import AdapterContract
from hookline_github.adapter import GITHUB


class TestGitHub(AdapterContract):
    kind = GITHUB
    unsigned = ("x-github-event", "x-github-delivery")
    happens = "issues.opened"
