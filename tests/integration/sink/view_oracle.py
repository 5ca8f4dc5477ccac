"""What the views of builds must say, computed from the events by brute force and without a line of ours."""

import json
import random
import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from tests.integration.sink.records import DAY, SECOND, T0, build_event

Record = dict[str, Any]
Counts = dict[Any, int]

AS_OF = T0 + 3600 * SECOND
WINDOW = 30 * DAY
KNOWN = ("ok", "empty")


def random_events(seed: int, count: int) -> list[Record]:
    """Builds over two windows and a little beyond now: reruns, pull requests, lost versions, collectors that fail."""
    chance = random.Random(seed)
    events: list[Record] = []
    for number in range(count):
        project = f"p{chance.randrange(40)}"
        fails = {"p3": 0.95, "p4": 0.95, "p5": 1.0, "p6": 1.0}.get(project, 0.3)
        silent = 1.0 if project in ("p10", "p11") else 0.15
        started_at = T0 - chance.randrange(60 * 24) * (DAY // 24)
        if chance.random() < 0.05:  # later than what is asked about
            started_at = AS_OF + chance.randrange(1, DAY)
        event = build_event(
            str(number),
            project=project,
            started_at=started_at + number,
            success=chance.random() >= fails,
            pip=tuple((name, _version(chance)) for name in chance.sample(PACKAGES, chance.randrange(1, 6))),
            conda=tuple((name, "defaults", _version(chance)) for name in chance.sample(PACKAGES, 2))
            if chance.random() < 0.2
            else (),
            python=chance.choice(("3.8.1", "3.12.4", "3.12.9", "2.7.18")),
            user=chance.choice(
                (
                    None,
                    '{"version":1}',
                    '{"version":2,"build":{"image":"latest"}}',
                    '{"mkdocs":{"configuration":"mkdocs.yml"}}',
                )
            ),
            statuses={
                part: "error"
                for part in ("pip_all", "python", "os", "doctool", "config_user")
                if chance.random() < silent
            },
        )
        event["version"] = VERSIONS[3] if project == "p12" else chance.choice((*VERSIONS, None))
        event["os"] = chance.choice(SYSTEMS)
        event["image"] = {
            "os": chance.choice(("ubuntu-24.04", "ubuntu-20.04", None)),
            "name": chance.choice(("a", "b", None)),
            "digest": None,
        }
        event["build"] |= {
            "vcs": chance.choice(("git", "git", "hg", None)),
            "flags": chance.sample(("one", "two"), chance.randrange(3)),
            "length_seconds": chance.choice((None, chance.randrange(1000))),
        }
        tool = chance.choice(("sphinx", "mkdocs"))
        event["doctool"] |= {
            "name": tool,
            "version": _version(chance),
            "html_theme": chance.choice(("furo", "alabaster", None)),
        }
        event["doctool"]["extensions"] = chance.sample(
            ("myst_parser", "sphinx.ext.autodoc", "nbsphinx"), chance.randrange(3)
        )
        event["steps"] = [
            {
                "name": chance.choice(("install", "build")),
                "seconds": round(2.0 ** chance.uniform(0, 6), 1),
                "exit_code": 0,
            }
            for _ in range(chance.randrange(3))
        ]
        if events and chance.random() < 0.15:  # a rerun of an earlier build: its id, and a later attempt
            earlier = chance.choice(events)
            event["project"], event["version"] = earlier["project"], earlier["version"]
            event["build"] |= {
                "id": earlier["build"]["id"],
                "attempt": earlier["build"]["attempt"] + chance.randrange(2),
            }
        events.append(event)
    return events


PACKAGES = ("sphinx", "sphinxcontrib-jsmath", "sphinx-copybutton", "myst-parser", "mkdocs", "numpy")
SYSTEMS = (
    {"name": "Ubuntu 24.04.1 LTS", "version": "24.04.1", "id": "ubuntu"},
    {"name": "Debian GNU/Linux 12 (bookworm)", "version": None, "id": "debian"},
    {"name": "Debian GNU/Linux 11 (bullseye)", "version": None, "id": "debian"},
)
VERSIONS: tuple[Record, ...] = (
    {"id": "v1", "slug": "latest", "kind": "branch", "default": False},
    {"id": "v2", "slug": "main", "kind": "branch", "default": True},
    {"id": "v3", "slug": None, "kind": "tag", "default": False},
    {"id": "v4", "slug": "4", "kind": "external", "default": False},
)


def _version(chance: random.Random) -> str:
    return f"{chance.choice((0, 1, 8, 10))}.{chance.randrange(20)}.{chance.randrange(4)}"


class Oracle:
    """Answers from events alone. Only for events whose order has no ties, as those above."""

    def __init__(self, events: Iterable[Record], *, flagged: set[str], window: int = WINDOW) -> None:
        self.events = [event for event in events if event["project"]["id"] not in flagged]
        self.window = window
        self.active = {event["project"]["id"] for event in self.within() if event["build"]["success"]}
        self.versions: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for event in sorted(self.events, key=_order):
            version, project = event["version"], event["project"]["id"]
            if (
                event["build"]["success"]
                and version is not None
                and version["kind"] != "external"
                and project in self.active
            ):
                self.versions[project, version["id"]].append(event)

    def is_within(self, event: Record) -> bool:
        return AS_OF - self.window < int(event["build"]["started_at"]) <= AS_OF

    def within(self) -> list[Record]:
        return [event for event in self.events if self.is_within(event)]

    def part(self, version: tuple[str, str], part: str) -> Record | None:
        """The newest event of a version that knows a part, if that is within the window."""
        for event in reversed(self.versions[version]):
            if part == "facts" or event["collectors"][part]["status"] in KNOWN:
                return event if self.is_within(event) else None
        return None

    def counted(self, *, default: bool) -> Iterator[tuple[str, str]]:
        chosen: dict[str, tuple[str, str]] = {}
        for version in sorted(self.versions, key=self._preference):
            chosen.setdefault(version[0], version)
        yield from chosen.values() if default else self.versions

    def _preference(self, version: tuple[str, str]) -> tuple[Any, ...]:
        newest = self.versions[version][-1]
        fields = newest["version"]
        slug = {True: 0, False: 1}[fields["slug"] == "latest"] if fields["slug"] else 2
        return (not fields["default"], slug, -int(newest["build"]["started_at"]), version[1])

    def by_value(self, part: str, values: Callable[[Record], Iterable[Any]], *, default: bool = False) -> Counts:
        """Projects by value; the unknown is under None."""
        projects: dict[Any, set[str]] = defaultdict(set)
        for version in self.counted(default=default):
            event = self.part(version, part)
            for value in () if event is None else values(event):
                projects[value].add(version[0])
        unknown = self.active - set().union(*projects.values())
        return {value: len(found) for value, found in projects.items()} | ({None: len(unknown)} if unknown else {})

    def minutes(self) -> dict[tuple[str, str], tuple[int, float | None]]:
        found: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for event in self.within():
            found[month(event), event["project"]["id"]].append(event["build"])
        return {key: (len({build["id"] for build in builds}), _minutes(builds)) for key, builds in found.items()}

    def steps(self) -> dict[str, tuple[int, float, float]]:
        seconds: dict[str, list[float]] = defaultdict(list)
        for event in self.within():
            for step in event["steps"]:
                seconds[step["name"]].append(step["seconds"])
        return {name: (len(each), statistics.median(each), _p95(each)) for name, each in seconds.items()}

    def failing(self, last: int) -> dict[str, tuple[int, str]]:
        newest: dict[tuple[str, str], Record] = {}
        for event in sorted(self.within(), key=_order):
            newest[event["project"]["id"], event["build"]["id"]] = event
        projects: dict[str, list[Record]] = defaultdict(list)
        for event in sorted(newest.values(), key=_order, reverse=True):
            projects[event["project"]["id"]].append(event)
        looked_at = {project: events[:last] for project, events in projects.items()}
        return {
            project: (len(events), events[0]["build"]["failure"]["stage"])
            for project, events in looked_at.items()
            if not any(event["build"]["success"] for event in events)
        }


def month(event: Record) -> str:
    return f"{datetime.fromtimestamp(event['build']['started_at'] / SECOND, UTC):%Y-%m}-01"


def series(version: str) -> str:
    found = re.match(r"\d+", version)
    assert found
    return found[0]


def keys(event: Record) -> Iterator[tuple[str, str | None]]:
    """Keys of the file as written, two deep."""
    if event["config"]["user"] is None:
        yield "(no file)", None
        return
    for name, value in json.loads(event["config"]["user"]).items():
        yield name, None if isinstance(value, dict | list) else str(value)
        for inner, leaf in value.items() if isinstance(value, dict) else ():
            yield f"{name}.{inner}", str(leaf)


def _order(event: Record) -> tuple[int, int, str]:
    build = event["build"]
    return build["started_at"], build["attempt"], build["id"]


def _minutes(builds: list[Record]) -> float | None:
    known = [build["length_seconds"] for build in builds if build["length_seconds"] is not None]
    return sum(known) / 60 if known else None


def _p95(values: list[float]) -> float:
    ordered = sorted(values)
    place = 0.95 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
