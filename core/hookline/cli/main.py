"""Find the command and run it; each command's module is imported only when it is called."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, NoReturn

import click

from ..errors import HooklineError

COMMANDS_GROUP = "hookline.commands"
THREAD_SECONDS = 5.0

COMMANDS = {
    "check": "Check bot.yaml and say everything that is wrong with it.",
    "run": "Run the bots: serve webhooks until stopped.",
    "web": "Take webhooks only, for workers to run.",
    "worker": "Run what `hookline web` has taken, and send the answers.",
    "reload": "Let the running host read its configuration anew.",
    "status": "Say how the running host is.",
    "config": "Look at the configurations that were served, and go back to one.",
    "dev": "Try the bots against a simulated LINE platform; no account needed.",
    "test": "Play conversations that are written as tests.",
    "chat": "Talk to one bot, by hand or in a script.",
    "explain": "Say which routes were tried for a text, and why.",
    "intents": "See how well the bots' intents are told apart, and learn from what people wrote.",
    "bots": "List the bots; pause and resume them.",
    "routes": "List the routes in the order in which they are tried, draw them, switch them off and on.",
    "plugins": "List the installed plugins; switch them off and on for a bot.",
    "schema": "Print the JSON Schema of bot.yaml, for editors.",
    "new": "Write a new bot or a new plugin.",
    "dead": "Look at dead letters, and replay or drop them.",
    "flows": "Say which conversations are open and where people stop; let them end.",
    "schedule": "Say what happens by the clock, and when next; let it happen now.",
    "handoff": "Say which chats people have; hand one over, or take it back.",
    "events": "Say what happened to events, and how long every station took.",
    "db": "Look after the store.",
}


class Commands(click.Group):
    """Look commands up in our own modules first, then among those that plugins bring."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return our commands in the order of the table, then the plugins'."""
        return [*COMMANDS, *sorted(point.name for point in _plugin_commands() if point.name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command *cmd_name*, or None."""
        if cmd_name in COMMANDS:
            command: click.Command = import_module(f"hookline.cli.commands.{cmd_name}").command
            return command
        for point in _plugin_commands():
            if point.name == cmd_name:
                return _loaded(point)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from ..findings.findings import did_you_mean

            hint = did_you_mean(args[0], self.list_commands(ctx))
            ctx.fail(f"there is no command `{args[0]}`" + (f"; {hint}" if hint else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands into the help without importing any of them."""
        rows = [*COMMANDS.items()]
        rows += [(point.name, "(a plugin's)") for point in _plugin_commands() if point.name not in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="hookline")
@click.option(
    "-c",
    "--config",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    envvar="HOOKLINE_CONFIG",
    help="A configuration file, a folder of them, or a pattern; may be given several times. HOOKLINE_CONFIG says it, "
    "too.  [default: bot.yaml]",
)
@click.pass_context
def root(ctx: click.Context, files: Sequence[Path]) -> None:
    """Run chatbots that are declared in bot.yaml."""
    from ..telling.settings import Settings  # lazy: help needs no configuration

    ctx.obj = Settings(tuple(files) or (Path("bot.yaml"),))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 something is wrong, 2 the command was not understood."""
    _open_standard_streams()
    _leave(_status(None if arguments is None else list(arguments)))


def _status(arguments: list[str] | None) -> int:
    """Run the command that *arguments* name, and return the exit status."""
    try:
        status = root.main(args=arguments, prog_name="hookline", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as interruption:
        if interruption.__cause__ is None:  # else click has ended the line behind the terminal's ^C
            click.echo(err=True)
        return 130
    except HooklineError as error:
        click.echo(_described(error), err=True)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:  # a file, or the standard output, that can't be read or written
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"hookline: {where}{error.strerror or error}", err=True)
        with suppress(OSError):
            sys.stdout.close()  # what is left for it can't be written either
        return 1


def _leave(status: int) -> NoReturn:
    """Exit with *status*; a thread that a plugin has started is waited for a moment, where Python would for ever."""
    end = time.monotonic() + THREAD_SECONDS
    others = [thread for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()]
    for thread in others:
        thread.join(max(0.0, end - time.monotonic()))
    if any(thread.is_alive() for thread in others):
        from ..processes.child import flush  # lazy: hardly ever needed

        flush()
        os._exit(status)
    sys.exit(status)


def _open_standard_streams() -> None:
    """Open what was closed as nothing: else the next socket or file would take its place."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)  # the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _described(error: HooklineError) -> str:
    findings = getattr(error, "findings", None)
    if findings is None:
        return f"hookline: {error}"
    from .terminal.report import report

    return report(findings)


def _plugin_commands() -> Sequence[EntryPoint]:
    return tuple(entry_points(group=COMMANDS_GROUP))


def _loaded(point: EntryPoint) -> click.Command:
    try:
        command: Any = point.load()
    except Exception as error:  # a plugin's code: whatever it raises is said, not shown as our traceback
        raise click.ClickException(
            f"the command `{point.name}` can't be loaded: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(command, click.Command):
        raise click.ClickException(f"`{point.value}` is no click command")
    return command
