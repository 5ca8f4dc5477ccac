"""Latest per version: facts of the newest build, each part from the newest build that knows it (builds.md section 4).

A row is a maximum over `order`, part by part, so any order, grouping and repetition of a version's events gives the
same row. Rows are plain dicts of the latest topic's schema, as this runs in the hot loop of streams.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

Record = dict[str, Any]
OrderTuple = tuple[int, int, str, int, str]

KNOWLEDGE: Final = frozenset({"ok", "empty"})
"""The collector states that say something about the build; a cut list says nothing about absence."""

_FACTS: Final = ("organization", "project", "version", "build", "image")


def _value(event: Record, part: str) -> Any:
    match part:
        case "config_user" | "config_final":
            return event["config"][part.removeprefix("config_")]
        case "python" | "os" | "doctool":
            return event[part]
    ecosystem, scope = part.split("_")
    return event["packages"][ecosystem][scope]


PARTS: Final = (
    "config_user",
    "config_final",
    "pip_declared",
    "pip_root",
    "pip_all",
    "conda_all",
    "apt_declared",
    "apt_all",
    "python",
    "os",
    "doctool",
)
"""The parts of a row; each is named as the collector that knows it."""


def key_of(project_id: str, version_id: str) -> bytes:
    """Give the key of a version on the latest topic: a JSON array of both ids."""
    return json.dumps([project_id, version_id], ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def known_parts(event: Record) -> Iterator[str]:
    """Name the parts that the event has knowledge of."""
    collectors = event["collectors"]
    for part in PARTS:
        result = collectors.get(part)
        if result is not None and result["status"] in KNOWLEDGE and not result["truncated"]:
            yield part


def order_tuple(order: Record) -> OrderTuple:
    """Make an order comparable: started_at, attempt, build id (bytewise), knowledge, event id."""
    # Python compares str by code point, which is the order of the UTF-8 bytes.
    return (order["started_at"], order["attempt"], order["build_id"], order["knowledge"], order["event_id"])


def row_of(event: Record) -> Record:
    """Make the row of a single event."""
    parts = tuple(known_parts(event))
    build = event["build"]
    order = {
        "started_at": build["started_at"],
        "attempt": build["attempt"],
        "build_id": build["id"],
        "knowledge": len(parts),
        "event_id": event["event_id"],
    }
    row: Record = {name: event[name] for name in _FACTS}
    row["order"] = order
    row["parts"] = dict.fromkeys(PARTS)
    for part in parts:
        row["parts"][part] = {"known": order, "value": _value(event, part)}
    return row


def join(left: Record | None, right: Record | None) -> Record | None:
    """Join two rows of one version: commutative, associative and idempotent."""
    if left is None or right is None:
        return left if right is None else right
    newer = left if order_tuple(left["order"]) >= order_tuple(right["order"]) else right
    row: Record = {name: newer[name] for name in _FACTS}
    row["order"] = newer["order"]
    row["parts"] = {part: _newer_part(left["parts"][part], right["parts"][part]) for part in PARTS}
    return row


def _newer_part(left: Record | None, right: Record | None) -> Record | None:
    if left is None or right is None:
        return left if right is None else right
    return left if order_tuple(left["known"]) >= order_tuple(right["known"]) else right


def latest_of(event: Record) -> Record:
    """Make both rows of a single event: the latest, and the latest successful where it succeeded."""
    row = row_of(event)
    return {"latest": row, "successful": row if event["build"]["success"] else None}


def join_latest(left: Record | None, right: Record) -> Record:
    """Join both rows of one version."""
    if left is None:
        return right
    return {name: join(left[name], right[name]) for name in ("latest", "successful")}
