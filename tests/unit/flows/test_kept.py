"""Steps that count by what is kept of the chat or the person, whatever else their flow looks at."""

from __future__ import annotations

import pytest

from hookline.testing import running_bot

BOT = """
version: 1
bots:
  desk:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    flows:
      ticket:
        steps:
          - {ask: topic, say: topic?}
          - {ask: number, type: number, say: number?, when: {%s: {kind: guest}}}
          - reply: done
    routes:
      - {name: guest, exact: guest, %s: {kind: guest}, reply: hello}
      - {name: ticket, exact: ticket, begin: ticket}
"""


@pytest.mark.parametrize("kept", ["state", "person"])
async def test_step_counts_by_what_is_kept(kept: str) -> None:
    async with running_bot(BOT % (kept, {"state": "set", "person": "remember"}[kept])) as bot:
        assert [(await bot.says(text)).texts for text in ("ticket", "tea")] == [["topic?"], ["done"]]
        await bot.says("guest")

        assert [(await bot.says(text)).texts for text in ("ticket", "tea", "7")] == [["topic?"], ["number?"], ["done"]]
