"""Let a group of commands do something by itself, too."""

from __future__ import annotations

import click


class ListingGroup(click.Group):
    """Run the command ``list`` where no other is named: `hookline routes shop` lists the routes of shop."""

    usual = "list"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the usual command before arguments that begin with no command of the group."""
        is_help = any(option in args[:1] for option in ctx.help_option_names)
        if not (args and args[0] in self.list_commands(ctx)) and not is_help:
            args = [self.usual, *args]
        return super().parse_args(ctx, args)


class PlayingGroup(ListingGroup):
    """Run the command ``play`` where no other is named, and say its options as those of the group."""

    usual = "play"

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how the usual command is called, which needs no name, and how the others are."""
        formatter.write_usage(ctx.command_path, " ".join(self.commands[self.usual].collect_usage_pieces(ctx)))
        formatter.write_usage(ctx.command_path, self.subcommand_metavar, prefix="   or: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the usual command, then the commands."""
        self.commands[self.usual].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)
