"""Build events as rows of `builds` and `latest_builds`, and rows of `latest_builds` as the shared join takes them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.builds.latest import PARTS, Record, row_of
from sinks.builds.content import LIST_PARTS, Config, PackageList, config, list_rows, package_list
from sinks.builds.shape import FACTS, KNOWN, ORDER, PART_VALUES, TIE, Columns, pack
from sinks.times import instant, microseconds

BUILD_PARTS: Final = ("config_user", "config_final", "pip_all", "conda_all", "apt_all", "python", "os", "doctool")
"""The parts that a slim row of `builds` has; the others are in the latest rows only (S3)."""

_FACT_COLUMNS: Final = tuple(column for columns in FACTS.values() for column in columns)
BUILD_COLUMNS: Final[Columns] = (
    *_FACT_COLUMNS,
    *TIE,
    *(column for part in BUILD_PARTS for column in PART_VALUES[part]),
    ("step_names", "text[]"),
    ("step_seconds", "float8[]"),
    ("step_exit_codes", "int4[]"),
    ("collector_names", "text[]"),
    ("collector_statuses", "text[]"),
    ("collector_counts", "int4[]"),
    ("collector_duration_ms", "int8[]"),
    ("collector_errors", "text[]"),
    ("collector_truncated", "bool[]"),
    ("received_at", "timestamptz"),
)
BUILD_KEY: Final = ("project_id", "build_id", "attempt", "started_at")
LATEST_COLUMNS: Final[Columns] = (
    ("successful", "bool"),
    *_FACT_COLUMNS,
    *TIE,
    *(column for part in PARTS for column in PART_VALUES[part]),
    *(column for part in PARTS for column in KNOWN[part]),
)
LATEST_KEY: Final = ("project_id", "version_id", "successful")
_UNKNOWN_ORDER: Final = (None,) * len(ORDER)


def _slices(columns: Iterable[tuple[str, Columns]], start: int) -> list[tuple[str, slice]]:
    """Give where each name's columns lie in a row, when they follow each other from `start` on."""
    slices = []
    for name, own in columns:
        slices.append((name, slice(start, start + len(own))))
        start += len(own)
    return slices


# Reading a row back is in the way of every version that is built again, so where its parts lie is worked out once.
_FACT_SLICES: Final = _slices(FACTS.items(), 1)
_TIE_AT: Final = 1 + len(_FACT_COLUMNS)
_VALUE_SLICES: Final = dict(_slices(((part, PART_VALUES[part]) for part in PARTS), _TIE_AT + len(TIE)))
_KNOWN_SLICES: Final = _slices(KNOWN.items(), max(where.stop for where in _VALUE_SLICES.values()))


@dataclass(slots=True)
class Contents:
    """The lists and configs that a batch refers to, each once. Parsing one text again would cost more than the row."""

    lists: dict[bytes, PackageList] = field(default_factory=dict)
    configs: dict[bytes, Config] = field(default_factory=dict)
    _by_text: dict[str, bytes] = field(default_factory=dict)
    _by_rows: dict[tuple[Any, ...], bytes] = field(default_factory=dict)

    def take_list(self, part: str, packages: list[Record]) -> bytes:
        """Keep a list and give its hash."""
        rows = list_rows(part, packages)
        known = self._by_rows.get((part, rows))
        if known is None:
            found = package_list(part, rows)
            known = self._by_rows[part, rows] = self.lists.setdefault(found.hash, found).hash
        return known

    def take_config(self, text: str) -> bytes:
        """Keep a configuration and give its hash. ValueError where it is no JSON."""
        known = self._by_text.get(text)
        if known is None:
            found = config(text)
            known = self._by_text[text] = self.configs.setdefault(found.hash, found).hash
        return known


def packed_row(event: Record, contents: Contents) -> Record:
    """Pack one event as a row of its own. ValueError for a configuration that is no JSON."""
    row = row_of(event)
    hashes: dict[str, bytes | None] = {}
    for part, known in row["parts"].items():
        if known is not None and part in LIST_PARTS:
            hashes[part] = contents.take_list(part, known["value"])
        elif known is not None and part.startswith("config_"):
            hashes[part] = None if known["value"] is None else contents.take_config(known["value"])
    return pack(row, hashes)


def build_row(event: Record, packed: Record, received_at: int) -> tuple[Any, ...]:
    """Give an event's row of `builds`, in the order of BUILD_COLUMNS. OverflowError for a time that no calendar has."""
    order = packed["order"]
    steps = event["steps"]
    collectors = event["collectors"]
    results = collectors.values()
    return (
        *_facts(packed),
        order["knowledge"],
        order["event_id"],
        *_values(packed, BUILD_PARTS),
        [step["name"] for step in steps],
        [step["seconds"] for step in steps],
        [step["exit_code"] for step in steps],
        list(collectors),
        [result["status"] for result in results],
        [result["count"] for result in results],
        [result["duration_ms"] for result in results],
        [result["error"] for result in results],
        [result["truncated"] for result in results],
        instant(received_at),
    )


def latest_row(successful: bool, packed: Record) -> tuple[Any, ...]:
    """Give a packed row as a row of `latest_builds`, in the order of LATEST_COLUMNS."""
    order = packed["order"]
    parts = packed["parts"]
    known: list[Any] = []
    # Mostly one build knows all parts, and its order is one object.
    made: dict[int, tuple[Any, ...]] = {}
    for part in PARTS:
        value = parts[part]
        if value is None:
            known += _UNKNOWN_ORDER
            continue
        columns = made.get(id(value["known"]))
        if columns is None:
            columns = made[id(value["known"])] = _order_columns(value["known"])
        known += columns
    return (successful, *_facts(packed), order["knowledge"], order["event_id"], *_values(packed, PARTS), *known)


def packed_from_columns(row: tuple[Any, ...]) -> Record:
    """Turn a row of `latest_builds` (in the order of LATEST_COLUMNS) back into a packed row."""
    packed: Record = {fact: row[where] for fact, where in _FACT_SLICES}
    build_id, attempt, started_at, *_ = packed["build"]
    own = (started_at, attempt, build_id, row[_TIE_AT], row[_TIE_AT + 1])
    orders = {own: _order(own)}
    packed["order"] = orders[own]
    parts = packed["parts"] = dict.fromkeys(PARTS)
    for part, where in _KNOWN_SLICES:
        known = row[where]
        if known[0] is None:
            continue
        order = orders.get(known)
        if order is None:
            order = orders[known] = _order(known)
        parts[part] = {"known": order, "value": row[_VALUE_SLICES[part]]}
    return packed


def _order(columns: tuple[Any, ...]) -> Record:
    return dict(zip(ORDER, (microseconds(columns[0]), *columns[1:]), strict=True))


def _order_columns(order: Record) -> tuple[Any, ...]:
    return (instant(order["started_at"]), order["attempt"], order["build_id"], order["knowledge"], order["event_id"])


def _facts(packed: Record) -> tuple[Any, ...]:
    columns: tuple[Any, ...] = ()
    for fact in FACTS:
        columns += packed[fact]
    return columns


def _values(packed: Record, parts: tuple[str, ...]) -> list[Any]:
    columns: list[Any] = []
    for part in parts:
        known = packed["parts"][part]
        columns += (None,) * len(PART_VALUES[part]) if known is None else known["value"]
    return columns
