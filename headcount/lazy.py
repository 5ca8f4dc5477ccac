"""A group of commands that are listed without being imported, and name the extra that they lack."""

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from headcount.errors import HeadcountError

_OURS: Final = ("headcount", "producers", "schemas", "sinks", "streams")


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command: `module:attribute`, what `--help` of its group says of it, and the extra that it needs beyond the base."""

    where: str
    summary: str
    extra: str | None = None


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is asked for, so that `build` starts fast."""

    def __init__(self, *arguments: Any, lazy: Mapping[str, Lazy], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, in alphabetical order."""
        return sorted(self.lazy)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table: importing them all takes a second, and every extra."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.lazy[name].summary) for name in self.list_commands(ctx)])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None where there is none of that name."""
        if cmd_name not in self.lazy:
            return None
        module_name, attribute = self.lazy[cmd_name].where.split(":")
        try:
            command: click.Command = getattr(importlib.import_module(module_name), attribute)
        except ModuleNotFoundError as error:
            raise self._explained(f"{ctx.command_path} {cmd_name}", cmd_name, error) from error
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that is asked for; what it imports only now may be missing too."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            name = str(ctx.invoked_subcommand)
            raise self._explained(f"{ctx.command_path} {name}", name, error) from error

    def _explained(self, command: str, name: str, error: ModuleNotFoundError) -> Exception:
        # A module of ours that is not there is a mistake of ours: its traceback is wanted.
        if name not in self.lazy or (error.name or "").partition(".")[0] in _OURS:
            return error
        extra = self.lazy[name].extra
        return HeadcountError(
            f"`{command}` needs the Python package {error.name!r}, which is not installed",
            where=f"this Python environment, {sys.prefix}",
            do="pip install " + ("headcount" if extra is None else f"'headcount[{extra}]'"),
        )
