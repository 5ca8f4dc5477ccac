"""What a successful build leaves for the weekly series: its project's values of that week, as members of a set (S5).

Every event of an attempt leaves its own, also one that another replaces in `builds`: neither order nor repetition
matters.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from headcount.postgres import Cursor, copy_rows
from schemas.builds.latest import Record
from sinks.builds.shape import Columns
from sinks.statements import statement

WEEK_COLUMNS: Final[Columns] = (
    ("kind", "text"),
    ("week", "date"),
    ("project_id", "text"),
    ("list_hash", "bytea"),
    ("value", "text"),
    ("detail", "text"),
)
KINDS: Final = ("active", "python", "os", "build_os", "image", "theme", "doctool", "pip", "conda", "apt", "known")

_NUMBERS: Final = re.compile(r"(?:[0-9]+[:!])?([0-9]+(?:\.[0-9]+)*)")
Value = tuple[str, bytes | None, str | None, str | None]
"""Kind, hash of a list, value, detail."""


class Weeks:
    """The members that a batch brings, each once."""

    def __init__(self) -> None:
        self.rows: set[tuple[Any, ...]] = set()

    def add(self, packed: Record) -> None:
        """Add what a packed row of a finished build leaves; nothing if it failed or was a pull request's."""
        _, _, started_at, _, _, success, *_ = packed["build"]
        if success and packed["version"][2] != "external":
            week, project_id = monday(started_at), packed["project"][0]
            self.rows |= {(kind, week, project_id, *rest) for kind, *rest in _values(packed)}

    def write(self, cursor: Cursor[Any]) -> None:
        """Write them; the lists that they name must be there."""
        if self.rows:
            copy_rows(cursor, "new_weeks", WEEK_COLUMNS, self.rows)
            cursor.execute(statement("write_weeks"))


def monday(at: datetime) -> date:
    """Give the day on which the week of an aware time began, UTC."""
    return at.date() - timedelta(days=at.weekday())


def series(version: str | None, numbers: int) -> str | None:
    """Give the first numbers of a version as they are written (`24.04.1`, 2 → `24.04`); null where it has none."""
    found = _NUMBERS.match(version or "")
    return ".".join(found[1].split(".")[:numbers]) if found else None


def _values(packed: Record) -> Iterator[Value]:
    yield "active", None, None, None
    parts = packed["parts"]
    image_os, image_name, _ = packed["image"]
    version, implementation, _ = _of(parts["python"], 3)
    os_name, os_version, os_id = _of(parts["os"], 3)
    tool, tool_version, _, theme, _ = _of(parts["doctool"], 5)
    for kind, value, detail in (
        ("python", implementation, series(version, 2)),
        ("os", os_id or os_name, series(os_version, 2)),
        ("build_os", image_os, None),
        ("image", image_name, None),
        ("theme", theme, None),
        ("doctool", tool, series(tool_version, 1)),
    ):
        if value is not None or detail is not None:
            yield kind, None, value, detail
    for kind in ("pip", "conda", "apt"):
        known = parts[f"{kind}_all"]
        if known is not None:
            yield kind, known["value"][0], None, None
            yield "known", None, kind, None


def _of(part: Record | None, columns: int) -> tuple[Any, ...]:
    return (None,) * columns if part is None else part["value"]
