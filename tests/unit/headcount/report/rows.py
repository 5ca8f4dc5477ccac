"""Rows as sql/ gives them, with what a test does not care for filled in."""

from datetime import UTC, datetime
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
        "implementation": "CPython",
        "python": "3.12.4",
        "os": "ubuntu",
        "os_name": "Ubuntu 24.04.1 LTS",
        "os_version": "24.04.1",
        "tool": "sphinx",
        "tool_version": "8.1.3",
        "theme": "furo",
        "image_os": "ubuntu-24.04",
        "has_packages": True,
    } | given


def latest(project: str, version: str = "latest", *, success: bool = True, **given: Any) -> dict[str, Any]:
    return {
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
        "latest": [],
        "failing": [],
        "outcomes": {"projects": 0, "versions": 0, "failing_versions": 0, "failing_projects": 0},
        "collectors": [],
        "ledger": dict.fromkeys(LEDGER, 0),
    }
    return Answers(**{**empty, **given})


def package(name: str, total: int, **series: int) -> list[dict[str, Any]]:
    """Rows of a package: `s8=2` is two projects on 8.x."""
    return [
        {"name": name, "total": total, "series": each.removeprefix("s"), "projects": projects}
        for each, projects in series.items()
    ]
