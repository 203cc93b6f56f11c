"""Let a group of commands do something by itself, too."""

from __future__ import annotations

import click


class ListingGroup(click.Group):
    """Run the command ``list`` where no other is named: `hookline routes shop` lists the routes of shop."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` before arguments that begin with no command of the group."""
        is_help = any(option in args[:1] for option in ctx.help_option_names)
        if not (args and args[0] in self.commands) and not is_help:
            args = ["list", *args]
        return super().parse_args(ctx, args)
