"""A process that is killed after it has saved a file, and before that is known, leaves one file in the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.hosts import simulated_line
from tests.e2e.test_crash_points import Place

SAVING = """
version: 1
store: {store}
bots:
  shop:
    adapter: line
    line: {{channel_secret: "${{SECRET}}", access_token: "${{TOKEN}}", api_base: "{line}"}}
    routes:
      - {{name: keep, save: kept/, reply: '{{match.file_name}}'}}
"""


@pytest.mark.parametrize("point", ["before-step-10", "after-step-10", "before-send"])
async def test_kill_after_a_file_was_saved_leaves_one_file_and_one_answer(
    point: str, tmp_path: Path, store_url: str
) -> None:
    answered = asyncio.Event()
    (tmp_path / "kept").mkdir()
    async with simulated_line() as line:
        (tmp_path / "bot.yaml").write_text(SAVING.format(store=store_url, line=line.url))
        place = Place(tmp_path, point)
        process = await place.start()
        line.on_sent = lambda sent: answered.set()
        raw = line.upload("shop", b"\xff\xd8\xffpicture")
        await line.deliver("shop", [raw], webhook=f"http://127.0.0.1:{place.port}/webhooks/shop")
        status = await asyncio.wait_for(process.wait(), 20)
        process = await place.start()
        await asyncio.wait_for(answered.wait(), 20)
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)

    files = {path.name: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    assert status == -9
    assert list(files.values()) == [b"\xff\xd8\xffpicture"]
    assert [sent.messages for sent in line.sent] == [[{"type": "text", "text": name} for name in files]]
