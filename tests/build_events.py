"""Build events for tests, by hand and without our own collector."""

import hashlib
import json
from typing import Any

Record = dict[str, Any]

COLLECTORS = (
    "pip_all", "pip_root", "pip_declared", "conda_all", "apt_all", "apt_declared", "python", "os", "doctool",
    "config_user", "config_final",
)  # fmt: skip


def event(number: int, *, project: str | None = None, version: str | None = "1", **build: Any) -> Record:
    """One finished build, the same for the same arguments."""
    project = project or f"p{number % 50}"
    event: Record = {
        "kind": "build_finished",
        "organization": None,
        "project": {"id": project, "slug": f"slug-{project}", "private": False},
        "version": None if version is None else {"id": version, "slug": "latest", "kind": "branch", "default": True},
        "build": {
            "id": str(number),
            "attempt": 1,
            "started_at": f"2026-03-02T10:{number // 60 % 60:02d}:{number % 60:02d}Z",
            "length_seconds": number % 600,
            "status": "normal",
            "success": number % 7 != 0,
            "commit": f"{number:08x}",
            "vcs": "git",
            "failure": None,
            "flags": [],
        }
        | build,
        "image": {"os": "ubuntu-24.04", "name": None, "digest": None},
        "config": {"user": json.dumps({"version": 2, "build": {"os": "ubuntu-24.04"}}), "final": None},
        "packages": {
            "pip": {"declared": [], "root": [], "all": [{"name": "sphinx", "version": f"8.{number % 4}.0"}]},
            "conda": {"all": []},
            "apt": {"declared": [], "all": []},
        },
        "python": {"version": f"3.{10 + number % 4}.1", "implementation": "CPython", "implementation_version": None},
        "os": {"name": "Ubuntu 24.04.1 LTS", "version": "24.04.1", "id": "ubuntu"},
        "doctool": {"name": "sphinx", "version": "8.0.0", "extensions": [], "html_theme": None, "source": "static"},
        "steps": [],
        "collectors": {
            name: {"status": "ok", "count": 1, "duration_ms": 3, "error": None, "truncated": False}
            for name in COLLECTORS
        },
    }
    event["event_id"] = hashlib.blake2b(json.dumps(event, sort_keys=True).encode(), digest_size=16).hexdigest()
    return event


def retirement(project: str, version: str | None, at: str) -> Record:
    """The retirement of a version, or of a whole project, as of a time."""
    event: Record = {
        "kind": "project_retired" if version is None else "version_retired",
        "organization": None,
        "project": {"id": project, "slug": f"slug-{project}", "private": False},
        "version": None if version is None else {"id": version, "slug": "latest", "kind": None, "default": False},
        "build": {
            "id": None,
            "attempt": 1,
            "started_at": at,
            "length_seconds": None,
            "status": "normal",
            "success": False,
            "commit": None,
            "vcs": None,
            "failure": None,
            "flags": [],
        },
        "image": None,
        "config": None,
        "packages": None,
        "python": None,
        "os": None,
        "doctool": None,
        "steps": [],
        "collectors": {},
    }
    event["event_id"] = hashlib.blake2b(json.dumps(event, sort_keys=True).encode(), digest_size=16).hexdigest()
    return event
