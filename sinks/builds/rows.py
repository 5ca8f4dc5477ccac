"""Build events as rows of `builds` and `latest_builds`, and rows of `latest_builds` as the shared join takes them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.builds.latest import PARTS, Record, row_of
from sinks.builds.content import LIST_PARTS, Config, PackageList, config, package_list
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
LATEST_KEY: Final = ("successful", "project_id", "version_id")
_STARTED_AT: Final = [name for name, _ in FACTS["build"]].index("started_at")
_UNKNOWN_ORDER: Final = (None,) * len(ORDER)


@dataclass(slots=True)
class Contents:
    """The lists and configs that a batch refers to, each once. Parsing one text again would cost more than the row."""

    lists: dict[bytes, PackageList] = field(default_factory=dict)
    configs: dict[bytes, Config] = field(default_factory=dict)
    _by_text: dict[str, bytes] = field(default_factory=dict)

    def take_list(self, part: str, packages: list[Record]) -> bytes:
        """Keep a list and give its hash."""
        found = package_list(part, packages)
        return self.lists.setdefault(found.hash, found).hash

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
    known = (
        value
        for part in PARTS
        for value in (_UNKNOWN_ORDER if parts[part] is None else _order_columns(parts[part]["known"]))
    )
    return (successful, *_facts(packed), order["knowledge"], order["event_id"], *_values(packed, PARTS), *known)


def packed_from_columns(row: tuple[Any, ...]) -> Record:
    """Turn a row of `latest_builds` (in the order of LATEST_COLUMNS) back into a packed row."""
    take = _taker(row[1:])
    packed: Record = {fact: take(len(columns)) for fact, columns in FACTS.items()}
    build = list(packed["build"])
    build[_STARTED_AT] = microseconds(build[_STARTED_AT])
    packed["build"] = tuple(build)
    packed["order"] = dict(zip(ORDER, (build[_STARTED_AT], build[1], build[0], *take(len(TIE))), strict=True))
    values = {part: take(len(PART_VALUES[part])) for part in PARTS}
    packed["parts"] = {part: _known_part(values[part], take(len(ORDER))) for part in PARTS}
    return packed


def _known_part(value: tuple[Any, ...], known: tuple[Any, ...]) -> Record | None:
    if known[0] is None:
        return None
    return {"known": dict(zip(ORDER, (microseconds(known[0]), *known[1:]), strict=True)), "value": value}


def _taker(row: tuple[Any, ...]) -> Callable[[int], tuple[Any, ...]]:
    rest = iter(row)
    return lambda count: tuple(next(rest) for _ in range(count))


def _facts(packed: Record) -> Iterable[Any]:
    for fact in FACTS:
        if fact == "build":
            build = packed[fact]
            yield from (*build[:_STARTED_AT], instant(build[_STARTED_AT]), *build[_STARTED_AT + 1 :])
        else:
            yield from packed[fact]


def _order_columns(order: Record) -> tuple[Any, ...]:
    return (instant(order["started_at"]), order["attempt"], order["build_id"], order["knowledge"], order["event_id"])


def _values(packed: Record, parts: tuple[str, ...]) -> Iterable[Any]:
    for part in parts:
        known = packed["parts"][part]
        yield from (None,) * len(PART_VALUES[part]) if known is None else known["value"]
