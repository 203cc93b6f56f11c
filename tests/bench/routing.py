"""Time the router against many keywords and patterns."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from hookline.routing.actions import Respond
from hookline.routing.matching.patterns import compile_pattern
from hookline.routing.router import Router
from hookline.routing.routes import Route
from tests.bench.table import Figure, note
from tests.support import make_event

KEYWORDS, PATTERNS, FEW = 10_000, 500, 100
ON = frozenset(["message.text"])
SYLLABLES = "牛肉麵飯茶酒魚菜湯餅乾糖水果奶油蛋糕花生豆腐雞鴨鵝豬羊蝦蟹貝海鮮素食甜鹹酸辣大中小熱冰"
TEXTS = [
    "請問你們今天晚上七點還有沒有四個人的位子可以坐在窗邊",
    "我想要查一下昨天下午訂的東西什麼時候會送到我家謝謝",
    "Hello, could you tell me whether you are open on Sunday?",
    "我要一份牛肉麵飯不要辣，還有一杯熱茶酒，總共多少錢",
    "訂單 20451 什麼時候到",
    "謝謝你們，服務很好，下次還會再來",
]


@dataclass(frozen=True, slots=True)
class Times:
    """Hold microseconds a text, with many and with few keywords."""

    many: float
    few: float


def figures() -> list[Figure]:
    """Measure, and say what was reached."""
    found = measure()
    note(f"\nRouting one text, {KEYWORDS} keywords + {PATTERNS} patterns, best of 5")
    return [
        Figure("routing", "microseconds a text, 10,000 keywords + 500 patterns", found.many, "<= 50"),
        Figure("routing", "with 10,000 keywords / with 100", found.many / found.few, "<= 1.5"),
    ]


def measure() -> Times:
    """Build both routers and time them."""
    return Times(_timed(_router(KEYWORDS)), _timed(_router(FEW)))


def _router(keywords: int) -> Router:
    words = itertools.islice(("".join(parts) for parts in itertools.product(SYLLABLES, repeat=4)), 0, keywords * 97, 97)
    routes = [Route(f"keyword {n}", Respond(()), ON, keywords=(word,)) for n, word in enumerate(words)]
    for number in range(PATTERNS):
        source = f"退{number}.*款" if number % 10 == 0 else rf"編號{number}\s*(?P<id>\d+)"
        routes.append(Route(f"pattern {number}", Respond(()), ON, patterns=(compile_pattern(source),)))
    routes.append(Route("otherwise", Respond(()), frozenset(["message"]), is_fallback=True))
    return Router(routes)


def _timed(router: Router) -> float:
    events = [make_event(text) for text in TEXTS]
    now = datetime.now(UTC)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(200):
            for event in events:
                router.route(event, now)
        best = min(best, (time.perf_counter() - start) / (200 * len(events)))
    return best * 1e6
