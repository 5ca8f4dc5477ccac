"""Rows as sql/ gives them, with what a test does not care for filled in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from headcount.report.ask import Answers, Scope

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SCOPE = Scope(since=datetime(2025, 12, 2, 10, 0, tzinfo=UTC), until=NOW)
PUBLIC = Scope(SCOPE.since, SCOPE.until, is_public=True)

LEDGER = {
    "handed_over": 7,
    "dropped": 0,
    "missing": 0,
    "received": 7,
    "accepted": 7,
    "duplicate": 0,
    "refused": 0,
    "added": 7,
    "kept_without_fact": 0,
    "difference": 0,
}


def version(project: str, version: str = "latest", **given: Any) -> dict[str, Any]:
    return {
        "project_id": project,
        "project": project,
        "version": version,
        "is_default": version == "latest",
        "implementation": "CPython",
        "python": "3.12.4",
        "os": "ubuntu",
        "os_name": "Ubuntu 24.04.1 LTS",
        "os_version": "24.04.1",
        "tool": "sphinx",
        "tool_version": "8.1.3",
        "theme": "furo",
        "extensions": [],
        "image_os": "ubuntu-24.04",
        "image": "builder:24",
        "has_config": True,
        "has_packages": True,
    } | given


def latest(project: str, version: str = "latest", *, success: bool = True, **given: Any) -> dict[str, Any]:
    return {
        "project_id": project,
        "project": project,
        "version": version,
        "build_id": "1",
        "started_at": NOW,
        "length_seconds": 3,
        "status": "normal",
        "success": success,
        "failure_stage": None if success else "build",
        "failure_error": None if success else "exit:2",
        "tool": "sphinx",
        "tool_version": "8.1.3",
        "python": "3.12.4",
        "last_success_at": NOW if success else None,
    } | given


def answers(**given: Any) -> Answers:
    empty: dict[str, Any] = {
        "versions": [],
        "packages": [],
        "config_keys": [],
        "weekly": [],
        "latest": [],
        "failing": [],
        "collectors": [],
        "ledger": dict.fromkeys(LEDGER, 0),
        "private_projects": 0,
    }
    return Answers(**{**empty, **given})


def package(name: str, **series: str) -> list[dict[str, Any]]:
    """Rows of a package: `s8="a b"` is projects a and b on 8.x, by their default versions."""
    return [
        {"name": name, "series": each.removeprefix("s"), "project_ids": names.split(), "default_ids": names.split()}
        for each, names in series.items()
    ]


def weekly(kind: str, value: str, detail: str | None, *counts: int, active: int = 10) -> list[dict[str, Any]]:
    """A line of the weekly series, a count a week, the oldest first."""
    return [
        {
            "kind": kind,
            "week": date(2025, 9, 1) + timedelta(weeks=n),
            "value": value,
            "detail": detail,
            "projects": count,
            "active": active,
        }
        for n, count in enumerate(counts)
    ]


def collected(name: str, *days: tuple[int, int]) -> list[dict[str, Any]]:
    """Builds and known ones of a collector, a pair a day."""
    return [
        {"collector": name, "day": date(2026, 2, 1) + timedelta(days=n), "builds": builds, "known": known}
        for n, (builds, known) in enumerate(days)
    ]
