"""Time the check of a bot with 2,000 routes of all kinds, with and without the search for overlaps."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.table import Figure, note

ROUTES = 2000
INTENTS = 100
HAN = "菜單訂位價格退款運費門市營業時間優惠會員點數寄送地址客服電話發票換貨尺寸顏色材質麵飯湯茶咖啡蛋糕餅乾早餐午餐預約"
LATIN = (
    "menu",
    "order",
    "price",
    "refund",
    "shipping",
    "store",
    "hours",
    "offer",
    "member",
    "points",
    "address",
    "phone",
)
BARE = "import sys, yaml; yaml.load(open('bot.yaml', 'rb'), yaml.CSafeLoader)"
LOADED = """
from pathlib import Path
from hookline.config.loading import load
from hookline.plugins.registry import PluginRegistry
load([Path("bot.yaml")], PluginRegistry.discover())
"""


def measure(runs: int) -> list[Figure]:
    """Take the best of *runs*, in seconds of CPU, each in a fresh interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bot.yaml").write_text(text(), "utf-8")
        python = sys.executable
        commands = ([python, "-c", BARE], [python, "-c", LOADED], [python, "-m", "hookline", "check"])
        rounds = [[_seconds(command, folder) for command in commands] for _ in range(runs)]
    parsed, loaded, checked = (min(times) for times in zip(*rounds, strict=True))
    note(f"\nCheck of {ROUTES} routes, best of {runs} (PyYAML's CSafeLoader alone, imported: {parsed:.2f} s)")
    return [
        Figure("check", "2,000 routes without overlaps, seconds of CPU", loaded, "<= 1.0"),
        Figure("check", "2,000 routes with overlaps, seconds of CPU", checked, "<= 3.0"),
        Figure("check", "2,000 routes without overlaps / CSafeLoader alone", loaded / parsed),
        Figure("check", "2,000 routes with overlaps / CSafeLoader alone", checked / parsed),
    ]


def text() -> str:
    """Return a bot.yaml with :data:`ROUTES` routes: words in two scripts, patterns, intents, postbacks, conditions."""
    return "\n".join(_lines(random.Random(7))) + "\n"


def _seconds(command: Sequence[str], folder: str) -> float:
    environment = {**os.environ, "SECRET": "x", "TOKEN": "y"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed hookline is compiled
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _lines(dice: random.Random) -> Iterator[str]:
    yield "version: 1\nbots:\n  shop:\n    adapter: line"
    yield "    line: {channel_secret: '${SECRET}', access_token: '${TOKEN}'}\n    intents:"
    for number in range(INTENTS):
        examples = ", ".join(f"'{_word(dice)} {end}'" for end in ("嗎", "呢", "please", "today", "啊"))
        yield f"      intent{number}: {{examples: [{examples}], sentences: ['{_word(dice)} [請]']}}"
    yield "    routes:"
    for number in range(ROUTES - 1):
        yield f"      - name: r{number}\n        reply: 回覆 {number} {{sender.name|朋友}}"
        yield f"        {_matcher(dice, number)}"
    yield "      - {name: other, otherwise: true, reply: 不懂}"


def _matcher(dice: random.Random, number: int) -> str:
    words = ", ".join(f"'{_word(dice)}'" for _ in range(dice.choice((1, 2, 3))))
    blank = _word(dice).replace(" ", r"\s+")
    pattern = dice.choice(
        (blank + r"\s*(?P<n>\d+)", f"(?:請問|想問)?{blank}", f"{blank}.*{_word(dice)}", f"(?:{_word(dice)}|{blank})號")
    )
    when = dice.choice(("chat: user", "time: 09:00-18:00", "days: [mon, tue]", "mentioned: false", "users: [U1]"))
    kinds = {
        f"keyword: [{words}]": 45,
        f"exact: [{words}]": 15,
        f"prefix: [{words}]": 10,
        f"pattern: '{pattern}'": 12,
        f"intent: intent{number % INTENTS}\n        when: {{users: [U{number}]}}": 5,
        f"postback: {{action: a{number}}}": 5,
        f"keyword: '{_word(dice)}'\n        when: {{{when}}}": 8,
    }
    return dice.choices(list(kinds), list(kinds.values()))[0]


def _word(dice: random.Random) -> str:
    if dice.random() < 0.6:
        return "".join(dice.choices(HAN, k=dice.choice((3, 4, 4, 5))))
    return f"{' '.join(dice.choices(LATIN, k=2))} {dice.randrange(10_000)}"
