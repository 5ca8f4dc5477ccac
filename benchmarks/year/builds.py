"""The builds of a day: clean events in the order of their start, and the same as a host would hand them over."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from benchmarks.year.packages import IMAGES, Packages, packages
from benchmarks.year.projects import Project, flagged, projects
from schemas.builds.latest import PARTS

Record = dict[str, Any]

SECOND: Final = 1_000_000
BUILDS_A_PULL_REQUEST: Final = 4
WEEKDAYS: Final = (1.15, 1.2, 1.2, 1.15, 1.1, 0.6, 0.6)
KNOWS: Final[dict[str, tuple[int, dict[str, str]]]] = {
    # How a build ends, with how often, and what its collectors have then.
    "ok": (84, {}),
    "ok, pip silent": (1, {"pip_all": "error", "pip_root": "error", "doctool": "missing"}),
    "failed": (9, {"doctool": "missing"}),
    "early": (4, dict.fromkeys(PARTS, "missing") | {"config_user": "ok"}),
    "cut short": (
        2,
        dict.fromkeys(("pip_all", "pip_root", "conda_all", "apt_all", "python", "os", "doctool"), "timeout"),
    ),
}
FAILURES: Final[dict[str, tuple[tuple[str, str, str | None], ...]]] = {
    "failed": (("normal", "build", "exit:2"), ("normal", "install", "exit:1"), ("normal", "upload", "exit:1")),
    "early": (
        ("normal", "clone", "exit:128"),
        ("config_invalid", "config", "unknown_key"),
        ("normal", "environment", "exit:1"),
    ),
    "cut short": (("timed_out", "build", None), ("cancelled", "install", None), ("out_of_memory", "build", None)),
}


@dataclass
class World:
    """Everything of a year. Days count from 0; the last ends where `until` begins, UTC."""

    until: date
    days: int = 365
    builds_a_day: int = 10_400
    count: int = 2_000
    lists: int = 200
    seed: int = 20
    _shared: dict[tuple[Any, ...], Record] = field(default_factory=dict)
    _pulls: dict[str, int] = field(default_factory=dict)
    _last: dict[str, tuple[Record, str, int]] = field(default_factory=dict)
    _number: int = 0

    @cached_property
    def packages(self) -> Packages:
        """All package lists."""
        return packages(random.Random(self.seed), lists=self.lists)

    @cached_property
    def projects(self) -> list[Project]:
        """All projects."""
        return projects(random.Random(self.seed + 1), self.packages, count=self.count, days=self.days)

    @cached_property
    def flagged(self) -> list[tuple[str, str]]:
        """Projects and their flags."""
        return flagged(random.Random(self.seed + 2), self.projects)

    def begins(self, day: int) -> datetime:
        """Give when a day begins."""
        midnight = datetime(self.until.year, self.until.month, self.until.day, tzinfo=UTC)
        return midnight - timedelta(days=self.days - day)

    def builds(self, day: int) -> Iterator[tuple[str, Record]]:
        """Give the clean events of a day, each with how it ended; days go in order, as pull requests are numbered on."""
        chance = random.Random(self.seed * 1_000_003 + day)
        begins = self.begins(day)
        midnight = int(begins.timestamp()) * SECOND
        building = [project for project in self.projects if day < project.ends]
        count = round(self.builds_a_day * WEEKDAYS[begins.weekday()])
        chosen = chance.choices(building, [project.weight for project in building], k=count)
        starts = sorted(chance.randrange(86_400 * SECOND) for _ in range(count))
        for project, start in zip(chosen, starts, strict=True):
            yield self._event(chance, project, day, midnight + start)

    def _event(self, chance: random.Random, project: Project, day: int, started_at: int) -> tuple[str, Record]:
        how = self._outcome(chance, project, day)
        version, build_id, attempt = self._whose(chance, project)
        self._last[project.id] = version, build_id, attempt
        status, stage, error = chance.choice(FAILURES[how]) if how in FAILURES else ("normal", None, None)
        steps: list[Record] = [
            {"name": name, "seconds": round(chance.expovariate(1 / mean), 1), "exit_code": 0}
            for name, mean in (("clone", 4.0), ("install", 31.0), ("build", 52.0), ("upload", 6.0))
        ]
        if how == "early":
            steps = steps[:1]
        build = {
            "id": build_id,
            "attempt": attempt,
            "started_at": started_at,
            "length_seconds": int(sum(step["seconds"] for step in steps)),
            "status": status,
            "success": stage is None,
            "commit": f"{chance.getrandbits(160):040x}",
            "vcs": project.vcs,
            "failure": None if stage is None else {"stage": stage, "error": error},
            "flags": project.flags,
        }
        event_id = f"{chance.getrandbits(128):032x}"
        shared = self._kind(project, day, how)
        return how, shared | {"event_id": event_id, "version": version, "build": build, "steps": steps}

    def _whose(self, chance: random.Random, project: Project) -> tuple[Record, str, int]:
        if project.id in self._last and chance.random() < 0.01:  # the same build again
            version, build_id, attempt = self._last[project.id]
            return version, build_id, attempt + 1
        self._number += 1
        return self._version(chance, project), str(self._number), 1

    def _version(self, chance: random.Random, project: Project) -> Record:
        kind = chance.choices(("latest", "default", "tag", "external"), (52, 16, 20, 12))[0]
        if kind == "external":
            self._pulls[project.id] = built = self._pulls.get(project.id, 0) + 1
            slug = str(built // BUILDS_A_PULL_REQUEST + 1)
            return {"id": f"{project.id}.pr{slug}", "slug": slug, "kind": "external", "default": False}
        slug = {"latest": "latest", "default": project.default}.get(kind) or f"v{chance.randrange(project.tags)}.0"
        is_default = slug == project.default and slug != "latest"
        return {
            "id": f"{project.id}.{slug}",
            "slug": slug,
            "kind": "tag" if kind == "tag" else "branch",
            "default": is_default,
        }

    def _outcome(self, chance: random.Random, project: Project, day: int) -> str:
        names, weights = tuple(KNOWS), [weight for weight, _ in KNOWS.values()]
        if day >= project.fails_from:
            names, weights = names[2:], weights[2:]
        return chance.choices(names, weights)[0]

    def _kind(self, project: Project, day: int, how: str) -> Record:
        environment, apt = project.environment_on(day, self.packages), project.apt_on(day, self.packages)
        key = (project.id, environment, apt, how)
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = self._make(project, environment, apt, how)
        return found

    def _make(self, project: Project, environment: int, apt: int, how: str) -> Record:
        image_os, os_name, os_version, os_id = IMAGES[project.image]
        held = self.packages.environments[project.tool][environment]
        system = self.packages.apt[project.image][apt]
        conda = [] if project.conda is None else self.packages.conda[project.conda]
        usual = {"conda_all": "empty" if project.conda is None else "ok", "apt_declared": "empty"}
        statuses = usual | KNOWS[how][1]
        if project.user is None:
            statuses["config_user"] = "empty"
        known = {part: statuses.get(part, "ok") in ("ok", "empty") for part in PARTS}
        pip = {scope: held.pip[scope] if known[f"pip_{scope}"] else [] for scope in ("declared", "root", "all")}
        python = {"version": project.python, "implementation": project.implementation, "implementation_version": None}
        os = {"name": os_name, "version": os_version, "id": os_id}
        nothing: Record = {"name": None, "version": None, "extensions": [], "html_theme": None, "source": None}
        return {
            "kind": "build_finished",
            "organization": project.organization,
            "project": {"id": project.id, "slug": project.slug, "private": project.private},
            "image": {"os": image_os, "name": f"build:{image_os or os_id}", "digest": None},
            "config": {"user": project.user, "final": _final(project) if known["config_final"] else None},
            "packages": {
                "pip": pip,
                "conda": {"all": conda if known["conda_all"] else []},
                "apt": {"declared": [], "all": system if known["apt_all"] else []},
            },
            "python": python if known["python"] else dict.fromkeys(python),
            "os": os if known["os"] else dict.fromkeys(os),
            "doctool": held.doctool if known["doctool"] else nothing,
            "collectors": {part: _collector(statuses.get(part, "ok")) for part in PARTS},
        }


def as_raw(event: Record) -> Record:
    """Give a clean event as a host hands it over."""
    started_at = datetime.fromtimestamp(event["build"]["started_at"] / SECOND, UTC).isoformat()
    given = ("status", "count", "duration_ms", "error", "truncated")
    collectors = {name: {key: result[key] for key in given} for name, result in event["collectors"].items()}
    return event | {"build": event["build"] | {"started_at": started_at}, "collectors": collectors}


def _collector(status: str) -> Record:
    return {
        "status": status,
        "count": 1 if status == "ok" else 0,
        "duration_ms": 20_000 if status == "timeout" else 140,
        "error": "exit:1" if status == "error" else None,
        "truncated": False,
        "unnamed": {},
        "other_index": False,
        "unparsed": 0,
        "dropped_keys": 0,
        "private": 0,
    }


def _final(project: Project) -> str:
    written: Record = json.loads(project.user or "{}")
    defaults = {"version": 2, "formats": [], "submodules": {"include": [], "exclude": "all", "recursive": False}}
    return json.dumps(defaults | written, sort_keys=True, separators=(",", ":"))
