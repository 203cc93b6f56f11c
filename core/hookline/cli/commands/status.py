"""``hookline status``: say how the hosts are that run here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import click

from ...findings.findings import told_finding
from ...telling.phrases import counted, json_text, moment, plain
from ...telling.settings import Settings
from ..terminal.hosts import ask, end
from ..terminal.printing import Column, print_table
from ..terminal.report import report
from ..terminal.switching import say_switched_off

LATE_SECONDS = 2.0
BOTS = (
    Column("bot"),
    Column("state"),
    Column("plugins", shows="begin", rank=3),
    Column("routes", rank=5),
    Column("held", rank=4),
    Column("waiting"),
    Column("oldest"),
    Column("dead"),
    Column("flows", rank=6),
    Column("timers", rank=7),
    Column("pushes", rank=8),
    Column("secret", rank=2),
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list, with one entry for each process.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Say how the hosts are that run here: bots, plugins, what waits, what died, what the last reload brought."""
    asked = ask(settings, "status")
    if as_json:
        click.echo(json_text(asked.answers))
    else:
        _print(asked.answers)
    end(asked)


def _print(answers: Sequence[Mapping[str, Any]]) -> None:
    for number, answer in enumerate(answers):
        click.echo(("\n" if number else "") + "\n".join(map(plain, _head(answer))))
        print_table(BOTS, (_row(bot, answer["configuration"]["amiss"]) for bot in answer["bots"]))
        say_switched_off((bot["name"], bot["off"]) for bot in answer["bots"])
        problems = [told_finding(problem) for problem in answer["configuration"]["problems"]]
        if problems:
            click.echo(f"\nthe files can't be served as they are:\n\n{report(problems)}")
        if answer["configuration"]["left_out"]:
            click.echo(plain(f"\nleft out: {', '.join(answer['configuration']['left_out'])}"))


def _head(answer: Mapping[str, Any]) -> Iterator[str]:
    host, configuration = answer["host"], answer["configuration"]
    state = "ready" if host["ready"] else "not ready"
    degraded = ", DEGRADED: not all is served as the files say" if configuration["degraded"] else ""
    yield f"host {host['process']} ({host['role']}) is {state}{degraded}"
    yield f"  hookline {host['version']}, Python {host['python']}, {counted(host['lanes'], 'lane')}"
    version = configuration["version"]
    kept = f"version {version}" if version is not None else "not kept"
    yield f"  configuration: {', '.join(configuration['files'])}; {kept}, since {moment(configuration['loaded_at'])}"
    if host["mailboxes"] is not None:
        yield f"  mailboxes: {_mail(host['mailboxes'])}"
    last = configuration["last_reload"]
    if last is not None:
        yield f"  last reload: {moment(last['at'])}, {last['why']}: {_outcome(last)}"
    for key, said in (("orphaned_bots", "work of bots that nobody knows"), ("bots_elsewhere", "work for other hosts")):
        if host[key]:
            yield f"  {said}: {', '.join(host[key])}"


def _mail(mail: Mapping[str, Any]) -> str:
    oldest = mail["oldest_at"]
    waits = "nothing waits" if oldest is None else f"something waits since {moment(oldest)}"
    aside = f", {counted(mail['set_aside'], 'request')} set aside" if mail["set_aside"] else ""
    unreadable = "".join(f", {name} can't be read ({reason})" for name, reason in mail["unreadable"].items())
    return f"{counted(mail['imported'], 'request')} taken in, {waits}{aside}{unreadable}"


def _outcome(last: Mapping[str, Any]) -> str:
    if last["restarts"]:
        return "new processes take over"
    changes = [f"{verb} {', '.join(last[verb])}" for verb in ("changed", "added", "removed") if last[verb]]
    if last["problems"]:
        return "; ".join([f"refused, {counted(len(last['problems']), 'error')}", *changes])
    return f"{'; '.join(changes) or 'nothing has changed'}, in {last['took']:.2f} s"


def _row(bot: Mapping[str, Any], amiss: Collection[str]) -> Sequence[object]:
    plugins = [
        f"{each['name']} {each['version']}".strip() + ("" if each["enabled"] else " (off)") for each in bot["plugins"]
    ]
    number = bot["secret"]["number"]
    return (
        bot["name"],
        ("paused" if bot["paused"] else "on") + (", as it was" if bot["name"] in amiss else ""),
        ", ".join(plugins) or "-",
        bot["routes"],
        bot["held"],
        _known(bot["waiting"]),
        "-" if not bot["waiting"] else f"{bot['oldest_seconds']:.0f} s",
        _known(bot["dead_letters"]),
        _known(bot["flows"]),
        _timers(bot),
        "-" if bot["budget"] is None else f"{_known(bot['pushed'])} of {bot['budget']}",
        "-" if number is None else "newest" if number == 1 else f"number {number}",
    )


def _timers(bot: Mapping[str, Any]) -> str:
    late = bot["overdue_seconds"] or 0.0
    return f"{_known(bot['timers'])}" + (f", {late:.0f} s late" if late >= LATE_SECONDS else "")


def _known(value: object) -> object:
    return "?" if value is None else value
