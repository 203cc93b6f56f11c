"""Let one bot of a host flood, sleep or fail, and see whether the others notice.

The host is a process of its own: ``python -m tests.bench.fairness BOT ACTION LIMIT --platform PORT --noisy-platform
PORT``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from hookline.cli.terminal.logs import set_up
from hookline.config.configuration import DEFAULT_RUNNING_OF_BOT
from tests.bench import load, steady
from tests.bench.processes import SETTLE_SECONDS, arrivals, sent, served
from tests.bench.servers import serve_bots
from tests.bench.table import Figure, note

QUIET = [f"quiet{number}" for number in range(5)]
QUIET_RATE = 60
"""Events a second, of all quiet bots together."""
WARM_UP_SECONDS = 3.0
LEAD_SECONDS = 3.0
"""How long the noise lasts before anything counts: its first burst is accepted, and its backlog stands."""
WINDOW = 3
"""How many times longer than a server is loaded in other benches each of the two windows is."""
WAIT_SECONDS = 10.0

_HEAD = """
version: 1
store: "${STORE}"
bots:
"""
_TELEGRAM = """
  %s:
    adapter: telegram
    telegram: {token: "${TELEGRAM}", secret_token: "${SECRET}", api_base: "http://127.0.0.1:%d"}
    plugins: {bench: {}}
    limits: {running: %d}
    routes:
      - {name: all, otherwise: true, %s}
"""
_BOT = """
  %s:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}", api_base: "http://127.0.0.1:%d"}
    plugins: {bench: {}}
    limits: {running: %d}
    routes:
      - {name: all, otherwise: true, %s}
"""


@dataclass(frozen=True, slots=True)
class Noise:
    """Say what is sent to the noisy bot, what it does with each event, and with how many at once."""

    action: str
    rate: int
    burst: int = 0
    running: int = DEFAULT_RUNNING_OF_BOT
    goal: str = "<= 1.2"
    bot: str = "noisy"


NOISES = {
    "floods": Noise("run: bench.serve", rate=200, burst=2000, running=16),
    "sleeps": Noise("run: bench.doze", rate=60, burst=400),
    "sleeps in threads": Noise("run: bench.nap", rate=60, burst=400),
    "fails": Noise("run: bench.fail, retries: [0.5, 0.5]", rate=20),
    "floods on Telegram": Noise("run: bench.serve", rate=200, burst=2000, running=16, bot="telegram-noisy"),
    "sleeps on Telegram": Noise("run: bench.doze", rate=60, burst=400, bot="telegram-noisy"),
    "talks as much": Noise("reply: 您好", rate=QUIET_RATE, goal=""),
    "stays idle": Noise("run: bench.nothing", rate=0, goal=""),
}
"""What is made in turn. A bot that floods or sleeps is sent more than it can end, so that its backlog grows.

The last two say what the others' figures are worth: what twice the load costs by itself, and what chance does.
"""


@dataclass(frozen=True, slots=True)
class Window:
    """Hold, in milliseconds, the quiet bots' times from when each event was due."""

    acks: Sequence[float]
    answers: Sequence[float]


@dataclass(frozen=True, slots=True)
class Round:
    """Hold what a host did *before* and *amid* the noise; *refused* are those answered without a 200."""

    before: Window
    amid: Window
    refused: int

    def ack(self, percent: int = 99) -> float:
        """Return how many times as long an ack took amid the noise."""
        return _at(self.amid.acks, percent) / _at(self.before.acks, percent)

    def answer(self, percent: int = 99) -> float:
        """Return how many times as long an answer took amid the noise."""
        return _at(self.amid.answers, percent) / _at(self.before.answers, percent)


def measure(rounds: int, seconds: int) -> list[Figure]:
    """Make each noise in turn, *rounds* times, each beside a fresh host whose bots were all quiet just before."""
    results: dict[str, list[Round]] = {name: [] for name in NOISES}
    for _ in range(rounds):
        for name, done in results.items():
            done.append(_measured(NOISES[name], WINDOW * seconds))
    events = min(len(one.amid.acks) for done in results.values() for one in done)
    note(f"\n{len(QUIET)} quiet bots with {QUIET_RATE} events a second in all, beside one that makes a noise;")
    note(f"{rounds} rounds of {WINDOW * seconds} s before and amid each, {events} events of quiet bots in each of them")
    for name, done in results.items():
        note(_lines(name, done))
    return [figure for name, done in results.items() for figure in _compared(name, done)]


def _compared(name: str, rounds: Sequence[Round]) -> list[Figure]:
    goal = NOISES[name].goal
    ack, answer = (statistics.median(each) for each in zip(*[(one.ack(), one.answer()) for one in rounds], strict=True))
    return [
        Figure("fairness", f"others' ack p99 while a bot {name} / before", ack, goal),
        Figure("fairness", f"others' answer p99 while a bot {name} / before", answer, goal),
    ]


def _lines(name: str, rounds: Sequence[Round]) -> str:
    refused = sum(one.refused for one in rounds)
    lines = [f"  {name}" + (f"   REFUSED {refused}" if refused else "")]
    for when, windows in (("before", [one.before for one in rounds]), ("amid", [one.amid for one in rounds])):
        acks, answers = [one.acks for one in windows], [one.answers for one in windows]
        lines.append(f"    {when:7} ack {_times(acks)}   answer {_times(answers)}")
    lines.append("    rounds  " + ", ".join(f"{one.ack():.2f} and {one.answer():.2f}" for one in rounds))
    return "\n".join(lines)


def _times(values: Sequence[Sequence[float]]) -> str:
    middle, late = (statistics.median(_at(each, percent) for each in values) for percent in (50, 99))
    return f"p50 {middle:6.1f}  p99 {late:6.1f} ms"


def _at(values: Sequence[float], percent: int) -> float:
    return sorted(values)[len(values) * percent // 100]


def _measured(noise: Noise, seconds: float) -> Round:
    """Load the quiet bots of a fresh host for *seconds*, then make *noise* and do it again."""
    with served("platform") as platform, served("platform") as other:
        command = [noise.bot, noise.action, str(noise.running), "--platform", str(platform)]
        command += ["--noisy-platform", str(other)]
        with served(*command, module="fairness") as port:
            time.sleep(SETTLE_SECONDS)
            until_noise, amid = WARM_UP_SECONDS + seconds, LEAD_SECONDS + seconds
            quiet = steady.Sender(port, steady.Load(QUIET, QUIET_RATE), until_noise + amid)
            noisy = steady.Sender(port, steady.Load([noise.bot], noise.rate, noise.burst), amid)
            begin = time.monotonic_ns() + round(steady.CONNECT_SECONDS * 1e9)
            quiet.begin(begin)
            noisy.begin(begin + round(until_noise * 1e9))
            result = quiet.end()
            noisy.end()
            answers = _answered(platform, len(result.due))

    def window(since: float) -> Window:
        return _window(result, answers, begin + round(since * 1e9), begin + round((since + seconds) * 1e9))

    return Round(window(WARM_UP_SECONDS), window(until_noise + LEAD_SECONDS), result.refused)


def _answered(platform: int, count: int) -> Mapping[str, int]:
    """Return when each reply came, once all *count* have."""
    end = time.monotonic() + WAIT_SECONDS
    while (found := sent(platform)) < count:
        if time.monotonic() > end:
            raise TimeoutError(f"only {found} of {count} replies have come")
        time.sleep(0.1)
    return arrivals(platform)


def _window(sent: steady.Sent, answers: Mapping[str, int], since: int, until: int) -> Window:
    """Return the times of the events that were due from *since* on and before *until*."""
    numbers = [number for number, due in enumerate(sent.due) if since <= due < until]
    return Window(
        [(sent.acked[number] - sent.due[number]) / 1e6 for number in numbers],
        [(answers[load.token(number)] - sent.due[number]) / 1e6 for number in numbers],
    )


def main() -> None:
    """Serve the bots until SIGTERM, and log as ``hookline run`` does, though nobody reads it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fairness")
    parser.add_argument("bot", help="the name of the noisy bot, which says on which platform it is")
    parser.add_argument("action", help="what the noisy bot does with each event, as in its route")
    parser.add_argument("running", type=int, help="how many of its events may run at once")
    parser.add_argument("--platform", type=int, required=True, help="the port where the others send messages")
    parser.add_argument("--noisy-platform", type=int, required=True, help="the port where it does")
    given = parser.parse_args()
    quiet = [_BOT % (name, given.platform, DEFAULT_RUNNING_OF_BOT, "reply: 您好") for name in QUIET]
    template = _TELEGRAM if given.bot.startswith(load.TELEGRAM) else _BOT
    noisy = template % (given.bot, given.noisy_platform, given.running, given.action)
    with Path(os.devnull).open("w") as nowhere, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stderr = nowhere
        set_up("info")
        runner.run(serve_bots("".join([_HEAD, *quiet, noisy])))


if __name__ == "__main__":
    main()
