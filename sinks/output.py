"""Rows for people and programs: an aligned table, one JSON object a line, or CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

Row = Sequence[Any]
_WIDEST: Final = 60
"""Characters of a cell in the table; `--json` and `--csv` cut nothing."""


class Form(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def lines(form: Form, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Write rows, a line at a time, without line ends."""
    match form:
        case Form.JSON:
            for row in rows:
                yield json.dumps(
                    {name: plain(value) for name, value in zip(columns, row, strict=True)}, ensure_ascii=False
                )
        case Form.CSV:
            yield _csv_line(columns)
            for row in rows:
                yield _csv_line([_cell(value) for value in row])
        case Form.TABLE:
            yield from _table(columns, [[_shown(value) for value in row] for row in rows])


def plain(value: Any) -> Any:
    """Turn a value of Postgres into one of JSON: times in ISO 8601 UTC, bytes in hexadecimal."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes() | memoryview():
            return bytes(value).hex()
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {name: plain(item) for name, item in value.items()}
    return value


def _cell(value: Any) -> str:
    known = plain(value)
    if known is None:
        return ""
    if isinstance(known, bool):
        return "true" if known else "false"
    return known if isinstance(known, str) else json.dumps(known, ensure_ascii=False)


def _shown(value: Any) -> str:
    text = "–" if value is None else _cell(value)
    # Names come from outside: nothing of them may move a terminal's cursor.
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _csv_line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _table(columns: Sequence[str], rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[index]) for row in [columns, *rows]) for index in range(len(columns))]
    yield "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True)).rstrip()
    yield "  ".join("─" * width for width in widths)
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
