"""Tell Prometheus how a process is: one registry for each scrape, nothing kept at module level."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Metric


@dataclass(frozen=True, slots=True)
class Measurements:
    """Hold what an operator watches: of this process, and of the store that it may share with others.

    ``waiting`` and ``dead`` count events and dead letters in the store, ``oldest_seconds`` is the age of the oldest
    event that waits, ``withheld`` are pushes that wait for the end of quiet hours; all four are None while the store is
    away. ``running`` events are held by this process.
    """

    is_ready: bool
    lanes: int
    running: Mapping[str, int]
    sending: int
    orphaned: Collection[str]
    elsewhere: Collection[str]
    deliveries: Mapping[str, int]
    waiting: int | None = None
    oldest_seconds: float | None = None
    dead: int | None = None
    withheld: int | None = None


def exposed(measured: Measurements) -> bytes:
    """Return *measured* in Prometheus's text format."""
    from prometheus_client import CollectorRegistry, generate_latest  # lazy: only for those who scrape

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(measured))
    return generate_latest(registry)


CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Collector:
    def __init__(self, measured: Measurements) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        """Yield each metric once."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        measured = self._measured
        plain = {
            "ready": ("1 when the process takes events.", float(measured.is_ready)),
            "lanes": ("Lanes that this process holds.", measured.lanes),
            "deliveries_held": ("Deliveries that this process has still to make.", measured.sending),
            "events_waiting": ("Events in the store that nobody has taken up.", measured.waiting),
            "oldest_waiting_seconds": ("Age of the oldest of them.", measured.oldest_seconds),
            "dead_letters": ("Dead letters in the store.", measured.dead),
            "pushes_withheld": ("Pushes in the store that wait for the end of quiet hours.", measured.withheld),
        }
        for name, (said, value) in plain.items():
            if value is None:
                continue  # better no figure than a wrong one
            yield GaugeMetricFamily(f"hookline_{name}", said, value)
        running = GaugeMetricFamily("hookline_events_held", "Events that this process has taken up.", labels=["bot"])
        for bot, count in measured.running.items():
            running.add_metric([bot], count)
        yield running
        foreign = GaugeMetricFamily(
            "hookline_foreign_bots", "1 for a bot whose events this process can't run.", labels=["bot", "known"]
        )
        for bots, known in ((measured.orphaned, "nowhere"), (measured.elsewhere, "elsewhere")):
            for bot in bots:
                foreign.add_metric([bot, known], 1)
        yield foreign
        ended = CounterMetricFamily(
            "hookline_deliveries", "Deliveries that have ended since the start.", labels=["outcome"]
        )
        for outcome, count in measured.deliveries.items():
            ended.add_metric([outcome], count)
        yield ended
