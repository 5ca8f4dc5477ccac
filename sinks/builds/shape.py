"""How a build event lies in columns: each fact and each part is a tuple of its columns, so rows are sums of tuples.

A packed row has the shape of `schemas.builds.latest` (facts, order, parts), with tuples for values: that module's join takes
it as it is, whether it came from an event or from Postgres.
"""

from typing import Any, Final

from schemas.builds.latest import PARTS, Record
from sinks.builds.content import LIST_PARTS
from sinks.times import instant

Columns = tuple[tuple[str, str], ...]
"""Names and types, in order."""

FACTS: Final[dict[str, Columns]] = {
    "organization": (("organization_id", "text"), ("organization_slug", "text")),
    "project": (("project_id", "text"), ("project_slug", "text"), ("project_private", "bool")),
    "version": (
        ("version_id", "text"),
        ("version_slug", "text"),
        ("version_kind", "text"),
        ("version_default", "bool"),
    ),
    "build": (
        ("build_id", "text"),
        ("attempt", "int4"),
        ("started_at", "timestamptz"),
        ("length_seconds", "int8"),
        ("status", "text"),
        ("success", "bool"),
        ("commit", "text"),
        ("vcs", "text"),
        ("failure_stage", "text"),
        ("failure_error", "text"),
        ("flags", "text[]"),
    ),
    "image": (("image_os", "text"), ("image_name", "text"), ("image_digest", "text")),
}
TIE: Final[Columns] = (("knowledge", "int2"), ("event_id", "text"))
"""What decides between two events of one attempt, beside the facts."""

PART_VALUES: Final[dict[str, Columns]] = {
    **{part: ((f"{part}_hash", "bytea"),) for part in ("config_user", "config_final", *LIST_PARTS)},
    "python": (
        ("python_version", "text"),
        ("python_implementation", "text"),
        ("python_implementation_version", "text"),
    ),
    "os": (("os_name", "text"), ("os_version", "text"), ("os_id", "text")),
    "doctool": (
        ("doctool_name", "text"),
        ("doctool_version", "text"),
        ("doctool_extensions", "text[]"),
        ("doctool_html_theme", "text"),
        ("doctool_source", "text"),
    ),
}
ORDER: Final = ("started_at", "attempt", "build_id", "knowledge", "event_id")
KNOWN: Final[dict[str, Columns]] = {
    part: (
        (f"{part}_known_at", "timestamptz"),
        (f"{part}_known_attempt", "int4"),
        (f"{part}_known_build_id", "text"),
        (f"{part}_known_knowledge", "int2"),
        (f"{part}_known_event_id", "text"),
    )
    for part in PARTS
}
"""Of each part: the order of the build that knows it, field by field as ORDER."""


def pack(row: Record, hashes: dict[str, bytes | None]) -> Record:
    """Pack one row of `schemas.builds.latest.row_of`; lists and configs are given by their hash."""
    packed: Record = {fact: _FACT[fact](row[fact]) for fact in FACTS}
    packed["order"] = row["order"]
    packed["parts"] = {
        part: None if known is None else {"known": known["known"], "value": _part_value(part, known["value"], hashes)}
        for part, known in row["parts"].items()
    }
    return packed


def _part_value(part: str, value: Any, hashes: dict[str, bytes | None]) -> tuple[Any, ...]:
    match part:
        case "python":
            return (value["version"], value["implementation"], value["implementation_version"])
        case "os":
            return (value["name"], value["version"], value["id"])
        case "doctool":
            return (value["name"], value["version"], value["extensions"], value["html_theme"], value["source"])
    return (hashes[part],)


def _organization(value: Record | None) -> tuple[Any, ...]:
    return (None, None) if value is None else (value["id"], value["slug"])


def _project(value: Record) -> tuple[Any, ...]:
    return (value["id"], value["slug"], value["private"])


def _version(value: Record | None) -> tuple[Any, ...]:
    return (None,) * 4 if value is None else (value["id"], value["slug"], value["kind"], value["default"])


def _build(value: Record) -> tuple[Any, ...]:
    failure = value["failure"] or {"stage": None, "error": None}
    return (
        value["id"],
        value["attempt"],
        instant(value["started_at"]),
        value["length_seconds"],
        value["status"],
        value["success"],
        value["commit"],
        value["vcs"],
        failure["stage"],
        failure["error"],
        value["flags"],
    )


def _image(value: Record) -> tuple[Any, ...]:
    return (value["os"], value["name"], value["digest"])


_FACT: Final = {
    "organization": _organization,
    "project": _project,
    "version": _version,
    "build": _build,
    "image": _image,
}
