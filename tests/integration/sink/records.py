"""Clean records for the sink's tests: plain dicts of the clean schema, made without `streams`."""

from hashlib import blake2b
from typing import Any

Record = dict[str, Any]

T0 = 1_772_445_600_000_000  # 2026-03-02T10:00:00Z
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def collector(status: str = "ok", **more: Any) -> Record:
    return {
        "status": status,
        "count": 1,
        "duration_ms": 5,
        "error": None,
        "truncated": False,
        "unnamed": {},
        "other_index": False,
        "unparsed": 0,
        "dropped_keys": 0,
        "private": 0,
    } | more


PARTS = (
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


def build_event(
    build_id: str = "1",
    *,
    project: str = "p1",
    version: str | None = "v1",
    attempt: int = 1,
    started_at: int = T0,
    success: bool = True,
    pip: tuple[tuple[str, str], ...] = (("sphinx", "8.1.3"), ("docutils", "0.21.2")),
    apt: tuple[tuple[str, str | None], ...] = (("graphviz", "2.42.2-9"),),
    conda: tuple[tuple[str, str | None, str | None], ...] = (),
    python: str | None = "3.12.4",
    user: str | None = '{"version": 2}',
    statuses: dict[str, str] | None = None,
    event_id: str | None = None,
    **more: Any,
) -> Record:
    """One build event; its id is a hash of its content unless given."""
    statuses = {"conda_all": "ok" if conda else "empty"} | (statuses or {})
    event: Record = {
        "event_id": "",
        "kind": "build_finished",
        "organization": None,
        "project": {"id": project, "slug": f"slug-{project}", "private": False},
        "version": None if version is None else {"id": version, "slug": version, "kind": "branch", "default": True},
        "build": {
            "id": build_id,
            "attempt": attempt,
            "started_at": started_at,
            "length_seconds": 94,
            "status": "normal",
            "success": success,
            "commit": "5d1c0ffe",
            "vcs": "git",
            "failure": None if success else {"stage": "build", "error": "exit:1"},
            "flags": [],
        },
        "image": {"os": "ubuntu-24.04", "name": "builder:ubuntu-24.04", "digest": None},
        "config": {"user": user, "final": '{"version": 2, "formats": []}'},
        "packages": {
            "pip": {
                "declared": [
                    {
                        "name": "sphinx",
                        "constraint": "range",
                        "specifier": "<9,>=7",
                        "version": None,
                        "extras": [],
                        "conditional": False,
                    }
                ],
                "root": [{"name": "sphinx", "version": "8.1.3"}],
                "all": [{"name": name, "version": version} for name, version in pip],
            },
            "conda": {
                "all": [{"name": name, "channel": channel, "version": number} for name, channel, number in conda]
            },
            "apt": {"declared": [], "all": [{"name": name, "version": number} for name, number in apt]},
        },
        "python": {"version": python, "implementation": "CPython" if python else None, "implementation_version": None},
        "os": {"name": "Ubuntu 24.04.1 LTS", "version": "24.04.1", "id": "ubuntu"},
        "doctool": {
            "name": "sphinx",
            "version": "8.1.3",
            "extensions": ["myst_parser"],
            "html_theme": "furo",
            "source": "static",
        },
        "steps": [{"name": "install", "seconds": 31.2, "exit_code": 0}],
        "collectors": {part: collector(statuses.get(part, "ok")) for part in PARTS},
    }
    event |= more
    event["event_id"] = event_id or blake2b(repr(event).encode(), digest_size=16).hexdigest()
    return event


def account(events: int, **more: Any) -> Record:
    """An account in which all was handed over, received and accepted, unless told."""
    return {
        "producer_id": "a" * 32,
        "seq": 0,
        "handed_over": events,
        "dropped": 0,
        "missing": 0,
        "closed": [],
        "resent": 0,
        "received": events,
        "accepted": events,
        "duplicate_batch": 0,
        "duplicate_event": 0,
        "refused": {},
    } | more


def clean_record(
    raw_offset: int,
    events: list[Record] | None = None,
    *,
    received_at: int = T0 + HOUR,
    cluster_id: str = "cluster-1",
    topic_id: str = "topic-1",
    **accounted: Any,
) -> Record:
    events = events or []
    return {
        "raw_offset": raw_offset,
        "cluster_id": cluster_id,
        "topic_id": topic_id,
        "received_at": received_at,
        "account": account(len(events), **accounted),
        "events": events,
    }


def retirement(project: str = "p1", version: str | None = "v1", *, at: int = T0, event_id: str | None = None) -> Record:
    """The retirement of a version, or of a whole project, as streams give it."""
    retired = build_event(
        project=project,
        version=version,
        started_at=at,
        event_id=event_id,
        kind="project_retired" if version is None else "version_retired",
        collectors={},
    )
    retired["build"] |= {"id": None, "success": False}
    return retired
