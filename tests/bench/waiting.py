"""Write the bots whose flows are measured, and fill stores with flows that wait for an answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import Connection

from hookline.events import lane_of
from hookline.flows.instance import Instance
from hookline.store.database.bulk import insert_rows
from hookline.store.memory.timers import set_timers
from hookline.store.records import Timer
from hookline.testing.events import user_id
from tests.bench.servers import SECRET
from tests.store.worlds import open_store

BOTS: Mapping[str, str] = {"plain": "handler", "placed": "state", "booking": "flow"}
"""What each bot does with what is said, by its name: all answer every text."""

PART = 10_000
_HEAD = """\
version: 1
store: "${STORE}"
bots:
"""
_BOT = """\
  #NAME:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}", api_base: "${PLATFORM}"}
    timezone: Asia/Taipei
"""
_OF: Mapping[str, str] = {
    "plain": """\
    plugins: {bench: {}}
    routes:
      - {name: all, otherwise: true, run: bench.answer}
""",
    "placed": """\
    plugins: {bench: {}}
    routes:
      - {name: all, otherwise: true, run: bench.place}
""",
    "booking": """\
    flows:
      booking:
        expire: 1d
        expired: 先這樣喔。
        steps:
          - {ask: part, choices: [前面, 後面], say: 坐哪裡？}
          - {ask: count, type: number, at_most: 12, say: 幾位？}
          - {ask: day, type: date, at_least: today, say: 哪一天？}
          - {ask: name, say: 貴姓？}
          - confirm: '{flow.name}，{flow.day.text}，{flow.count} 位，{flow.part}，對嗎？'
          - reply: 完成！
    routes:
      - {name: book, exact: 訂位, begin: booking}
      - {name: hours, keyword: 幾點, reply: 每天 9:00–18:00}
""",
}


def write_bot(folder: Path, *names: str) -> Path:
    """Write a bot.yaml with the bots of these *names* into *folder*, and return its path."""
    path = folder / "bot.yaml"
    path.write_text(_HEAD + "".join(_BOT.replace("#NAME", name) + _OF[name] for name in names), "utf-8")
    return path


def environment(store: str, platform: int = 9) -> Mapping[str, str]:
    """Return what the bots' file takes from the environment."""
    return {"SECRET": SECRET, "TOKEN": "bench-token", "PLATFORM": f"http://127.0.0.1:{platform}", "STORE": store}


async def fill(url: str, count: int, due: Callable[[int], int]) -> None:
    """Let *count* people wait in the flow of the store at *url*, who were asked for the day; *due* says until when."""

    def put(connection: Connection, numbers: range) -> None:
        insert_rows(connection, "flows", [_flow(number, due(number)) for number in numbers])
        set_timers(connection, [_timer(number, due(number)) for number in numbers])

    async with open_store(url) as store:
        for first in range(0, count, PART):
            await store._database.run(put, range(first, min(count, first + PART)))


def later() -> Callable[[int], int]:
    """Return when timers are due, by their number, that aren't yet."""
    at = now() + 30 * 86_400_000
    return lambda _number: at


def now() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _flow(number: int, due: int) -> dict[str, object]:
    person = user_id(f"waiting {number}")
    asked_at = due - 86_400_000
    instance = Instance(
        _id(number), "booking", person, person, {"part": "後面", "count": 4}, ["part", "count"], asked="day", turn=3,
        asked_at=asked_at, since=asked_at, begun_at=asked_at,
    )  # fmt: skip
    return {
        "bot": "booking",
        "conversation": person,
        "id": instance.id,
        "person": person,
        "flow": instance.flow,
        "asked": instance.asked,
        "turn": instance.turn,
        "rank": 0,
        "begun_at": asked_at,
        "asked_at": asked_at,
        "data": json.dumps(instance.as_data(), sort_keys=True),
    }


def _timer(number: int, due: int) -> Timer:
    person = user_id(f"waiting {number}")
    body = {
        "flow": {"instance": _id(number), "kind": "expire"},
        "chat": {"kind": "user", "id": person},
        "user": person,
    }
    return Timer("booking", f"{_id(number)}/expire", person, lane_of("booking", person), 3, due, body)


def _id(number: int) -> str:
    return f"{number:012x}"
