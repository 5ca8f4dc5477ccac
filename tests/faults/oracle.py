"""The truth, computed from the events alone; imports nothing of `streams` and `sinks`, and goes about it another way."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]
Table = dict[tuple[Any, ...], tuple[Any, ...]]

KNOWN = ("ok", "empty")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def knows(event: Record, part: str) -> bool:
    collector = event["collectors"][part]
    return collector["status"] in KNOWN and not collector["truncated"]


def age(event: Record) -> tuple[Any, ...]:
    """What makes one build of a version later than another (builds.md L1)."""
    build = event["build"]
    knowledge = sum(knows(event, part) for part in event["collectors"])
    return (instant(build["started_at"]), build["attempt"], build["id"].encode(), knowledge, event["event_id"])


def finished(events: list[Record]) -> list[Record]:
    return [event for event in events if event["kind"] == "build_finished"]


def accepted(events: list[Record]) -> int:
    """How many are accepted: the retirement of a project once on each of the eight partitions."""
    return sum(8 if event["kind"] == "project_retired" else 1 for event in events)


def alive(events: list[Record]) -> list[Record]:
    """The builds of versions that started after every retirement of their version and of their project (L7)."""
    retired: dict[tuple[str, str | None], datetime] = {}
    for event in events:
        if event["kind"] != "build_finished":
            key = (event["project"]["id"], event["version"]["id"] if event["kind"] == "version_retired" else None)
            at = instant(event["build"]["started_at"])
            retired[key] = max(at, retired.get(key, at))
    return [
        event
        for event in finished(events)
        if event["version"] is not None
        and all(
            instant(event["build"]["started_at"]) > retired[event["project"]["id"], version]
            for version in (event["version"]["id"], None)
            if (event["project"]["id"], version) in retired
        )
    ]


def builds(events: list[Record]) -> Table:
    """Every attempt once: (project, build, attempt, start) → version, outcome, length, commit."""
    table: Table = {}
    for event in sorted(finished(events), key=age):
        build = event["build"]
        version = None if event["version"] is None else event["version"]["id"]
        table[event["project"]["id"], build["id"], build["attempt"], instant(build["started_at"])] = (
            version,
            build["success"],
            build["length_seconds"],
            build["commit"],
        )
    return table


def latest(events: list[Record], *, successful: bool) -> Table:
    """(project, version) → newest build, its outcome; newest build that knows Python, and it; the same of pip's list."""
    by_version: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for event in alive(events):
        if event["build"]["success"] or not successful:
            by_version[event["project"]["id"], event["version"]["id"]].append(event)
    return {key: _row(sorted(builds_of_it, key=age)) for key, builds_of_it in by_version.items()}


def _row(by_age: list[Record]) -> tuple[Any, ...]:
    newest = by_age[-1]["build"]
    python = [event for event in by_age if knows(event, "python")][-1:]
    pip = [event for event in by_age if knows(event, "pip_all")][-1:]
    return (
        newest["id"],
        newest["attempt"],
        instant(newest["started_at"]),
        newest["success"],
        python[0]["build"]["id"] if python else None,
        python[0]["python"]["version"] if python else None,
        pip[0]["build"]["id"] if pip else None,
        tuple(sorted((row["name"], row["version"]) for row in pip[0]["packages"]["pip"]["all"])) if pip else (),
    )
