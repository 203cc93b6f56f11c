"""Tell Prometheus how a process is: one registry for each scrape, nothing kept at module level."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..dispatch.importing import Mail
from ..store.store import Backlog
from ..tallies import Timed

if TYPE_CHECKING:
    from prometheus_client import Metric


@dataclass(frozen=True, slots=True)
class Measurements:
    """Hold what an operator watches: of this process, and of the store that it may share with others.

    Counts are since the start of the process, by bot and, second, by what their name says: ``verified`` webhooks by the
    number of the secret that matched (1 is the newest), ended ``events`` and ``deliveries`` by outcome, runs of
    ``handlers`` by plugin and handler with the seconds that they took, and ``mends`` in messages. ``held`` events are
    taken up by this process. ``backlog`` is what waits in the store; None while it is away. ``refused`` webhooks had no
    good signature. ``mail`` says how mailboxes are, where fronts answer for this process.
    """

    is_ready: bool
    is_degraded: bool
    now: int
    lanes: int
    sending: int
    bots: Collection[str]
    paused: Collection[str]
    orphaned: Collection[str]
    elsewhere: Collection[str]
    held: Mapping[str, int]
    verified: Mapping[tuple[str, int], int]
    events: Mapping[tuple[str, str], int]
    handlers: Mapping[tuple[str, str, str], Timed]
    deliveries: Mapping[tuple[str, str], int]
    mends: Mapping[str, int] = field(default_factory=dict)
    backlog: Mapping[str, Backlog] | None = None
    mail: Mail | None = None
    refused: int = 0


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
        measured = self._measured
        yield from _gauges(
            {
                "ready": ("1 when the process takes events.", measured.is_ready),
                "config_degraded": (
                    "1 when the configuration that serves isn't the one in the files.",
                    measured.is_degraded,
                ),
                "lanes": ("Lanes that this process holds.", measured.lanes),
                "deliveries_held": ("Deliveries that this process has still to make.", measured.sending),
            }
        )
        if measured.backlog is not None:  # better no figure than a wrong one
            yield from self._waiting(measured.backlog)
        if measured.mail is not None:
            yield from self._mailboxes(measured.mail)
        yield _by_label("events_held", "Events that this process has taken up.", ["bot"], measured.held)
        yield _by_label(
            "paused_bots", "1 for a bot that takes events and runs none.", ["bot"], dict.fromkeys(measured.paused, 1)
        )
        foreign = {(bot, "nowhere"): 1 for bot in measured.orphaned} | {
            (bot, "elsewhere"): 1 for bot in measured.elsewhere
        }
        yield _by_label("foreign_bots", "1 for a bot whose events this process can't run.", ["bot", "known"], foreign)
        yield from self._counters()

    def _waiting(self, backlog: Mapping[str, Backlog]) -> Iterator[Metric]:
        bots = dict.fromkeys([*self._measured.bots, *backlog], Backlog()) | dict(backlog)
        waiting = {bot: each.waiting for bot, each in bots.items()}
        yield _by_label("events_waiting", "Events in the store that nobody has taken up.", ["bot"], waiting)
        oldest = {bot: age_of(each, self._measured.now) for bot, each in bots.items()}
        yield _by_label("oldest_waiting_seconds", "Age of the oldest of them.", ["bot"], oldest)
        dead = {bot: each.dead for bot, each in bots.items()}
        yield _by_label("dead_letters", "Dead letters in the store.", ["bot"], dead)
        withheld = {bot: each.withheld for bot, each in bots.items()}
        said = "Pushes in the store that wait for the end of quiet hours."
        yield _by_label("pushes_withheld", said, ["bot"], withheld)
        open_flows = {bot: each.flows for bot, each in bots.items()}
        yield _by_label("open_flows", "Flows that people are in.", ["bot"], open_flows)
        yield _by_label(
            "pushes_of_month",
            "Pushes of bots with a budget in the last month that is counted.",
            ["bot"],
            {bot: each.pushed for bot, each in bots.items()},
        )
        timers = {bot: each.timers for bot, each in bots.items()}
        yield _by_label("timers_waiting", "Timers in the store.", ["bot"], timers)
        late = {bot: overdue(each, self._measured.now) for bot, each in bots.items()}
        yield _by_label("timers_overdue_seconds", "By how much the oldest of them is late.", ["bot"], late)

    def _mailboxes(self, mail: Mail) -> Iterator[Metric]:
        age = 0.0 if mail.oldest_at is None else max(0, self._measured.now - mail.oldest_at) / 1000
        yield from _gauges(
            {
                "mailbox_files": ("Mailboxes that there are.", mail.files),
                "mailbox_bytes": ("Their bytes.", mail.bytes),
                "mailbox_oldest_seconds": ("Age of the oldest request that the worker has still to take in.", age),
                "mailbox_unreadable": ("Mailboxes that can't be read.", len(mail.unreadable)),
            }
        )
        yield _by_label("mailbox_imported", "Requests taken in.", [], {(): mail.imported}, is_counter=True)
        yield _by_label("mailbox_set_aside", "Requests set aside.", [], {(): mail.set_aside}, is_counter=True)

    def _counters(self) -> Iterator[Metric]:
        measured, runs = self._measured, self._measured.handlers
        refused = measured.refused if measured.mail is None else measured.mail.refused
        yield _by_label("webhooks_refused", "Webhooks without a good signature.", [], {(): refused}, is_counter=True)
        handler = ["bot", "plugin", "handler"]
        for name, said, labels, values in (
            (
                "webhooks",
                "Webhooks with a good signature, by the secret: 1 is the newest.",
                ["bot", "secret"],
                measured.verified,
            ),
            ("events", "Events that have ended since the start.", ["bot", "outcome"], measured.events),
            ("deliveries", "Deliveries that have ended since the start.", ["bot", "outcome"], measured.deliveries),
            ("mends", "What was mended in messages before they were sent.", ["bot"], measured.mends),
            ("handler_runs", "Runs of handlers.", handler, {key: timed.runs for key, timed in runs.items()}),
            ("handler_failures", "Runs that failed.", handler, {key: timed.failed for key, timed in runs.items()}),
            (
                "handler_seconds",
                "Seconds that runs took.",
                handler,
                {key: timed.seconds for key, timed in runs.items()},
            ),
        ):
            yield _by_label(name, said, labels, values, is_counter=True)


def overdue(backlog: Backlog, now: int) -> float:
    """Return by how many seconds the first timer of *backlog* is late at *now*."""
    return 0.0 if backlog.timer_at is None else max(0, now - backlog.timer_at) / 1000


def age_of(backlog: Backlog, now: int) -> float:
    """Return how many seconds the oldest event of *backlog* has waited at *now*."""
    return 0.0 if backlog.oldest_at is None else max(0, now - backlog.oldest_at) / 1000


def _gauges(values: Mapping[str, tuple[str, float]]) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    for name, (said, value) in values.items():
        yield GaugeMetricFamily(f"hookline_{name}", said, float(value))


def _by_label(
    name: str, said: str, labels: Sequence[str], values: Mapping[Any, float], *, is_counter: bool = False
) -> Metric:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    family = (CounterMetricFamily if is_counter else GaugeMetricFamily)(f"hookline_{name}", said, labels=labels)
    for key, value in values.items():
        family.add_metric([str(part) for part in key] if isinstance(key, tuple) else [key], value)
    return family
