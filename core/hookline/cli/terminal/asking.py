"""Ask a person before anything is changed."""

from __future__ import annotations

import sys

import click


def agree(question: str, *, is_agreed: bool, advice: str = "say --yes") -> None:
    """Ask *question*, unless that *is_agreed* already, and leave the command when the answer is no.

    Raises a usage error with *advice* when there is no terminal to answer at.
    """
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is no terminal to answer at: {advice}")
    if not click.confirm(question):
        click.echo("nothing was changed")
        raise click.exceptions.Exit(1)
