"""The projects of the year: how often each builds, with what, and what its author wrote into the configuration."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.year.packages import IMAGES, Packages

Record = dict[str, Any]

PYTHONS: Final = ("3.8.20", "3.9.21", "3.10.16", "3.11.11", "3.12.8", "3.13.1")
FLAGS: Final = ("no_index_page", "generated_conf_py", "use_setup_py")
_REFRESH_DAYS: Final = 60
"""An image's system packages change with it."""


@dataclass(frozen=True, slots=True)
class Project:
    """One project. Weights are relative; days count from the first of the year."""

    id: str
    slug: str
    private: bool
    organization: Record | None
    weight: float
    vcs: str
    tool: str
    environment: int
    moves_every: int
    image: int
    python: str
    implementation: str
    conda: int | None
    user: str | None
    flags: list[str]
    fails_from: int
    """The day from which on everything fails; beyond the year for most."""

    ends: int
    """The day on which it stops building."""

    default: str
    """The slug of the default version: `latest` for most, where the host says nothing of it."""

    tags: int

    def environment_on(self, day: int, packages: Packages) -> int:
        """Give which list of its tool it has: it moves on now and then."""
        return (self.environment + day // self.moves_every) % len(packages.environments[self.tool])

    def apt_on(self, day: int, packages: Packages) -> int:
        """Give which list of its image was current."""
        lists = packages.apt[self.image]
        return day // _REFRESH_DAYS % len(lists)


def projects(chance: random.Random, packages: Packages, *, count: int, days: int) -> list[Project]:
    """Make the projects. Some build all day, most a few times a month."""
    return [_project(chance, packages, number, days) for number in range(1, count + 1)]


def flagged(chance: random.Random, made: Sequence[Project]) -> list[tuple[str, str]]:
    """Choose the projects that the operator has flagged."""
    chosen = chance.sample(list(made), max(1, len(made) // 60))
    return [(project.id, chance.choice(("spam", "spam", "spam", "banned", "test", "opted_out"))) for project in chosen]


def _project(chance: random.Random, packages: Packages, number: int, days: int) -> Project:
    tool = chance.choices(("sphinx", "mkdocs", "generic"), (78, 18, 4))[0]
    image = chance.choices(range(len(IMAGES)), (10, 30, 35, 5, 14, 6))[0]
    python = chance.choices(PYTHONS, (4, 8, 14, 24, 34, 16))[0]
    image_os = IMAGES[image][0]
    return Project(
        id=str(number),
        slug=f"project-{number}",
        private=chance.random() < 0.03,
        organization={"id": str(number % 90), "slug": f"organization-{number % 90}"} if chance.random() < 0.3 else None,
        weight=min(1.0 / chance.random() ** 0.7, 60.0),
        vcs=chance.choices(("git", "hg", "svn", "bzr"), (970, 15, 10, 5))[0],
        tool=tool,
        environment=chance.randrange(len(packages.environments[tool])),
        moves_every=chance.choice((30, 45, 90, 180)),
        image=image,
        python=python,
        implementation="PyPy" if chance.random() < 0.01 else "CPython",
        conda=chance.randrange(len(packages.conda)) if chance.random() < 0.06 else None,
        user=_written(chance, tool, image_os, python),
        flags=[flag for flag in FLAGS if chance.random() < 0.05],
        fails_from=chance.randrange(days) if chance.random() < 0.08 else days + 1,
        ends=chance.randrange(days) if chance.random() < 0.15 else days + 1,
        default=chance.choices(("latest", "main", "stable"), (80, 12, 8))[0],
        tags=chance.randrange(1, 8),
    )


def _written(chance: random.Random, tool: str, image_os: str | None, python: str) -> str | None:
    short = ".".join(python.split(".")[:2])
    part: Record = {
        "sphinx": {"sphinx": {"configuration": "docs/conf.py"}},
        "mkdocs": {"mkdocs": {"configuration": "mkdocs.yml"}},
    }.get(tool, {})
    match chance.choices(("none", "one", "image", "system", "two"), (3, 2, 4, 4, 87))[0]:
        case "none":
            return None
        case "one":
            written: Record = {"version": 1, "python": {"version": short}}
        case "image":
            written = {"version": 2, "build": {"image": chance.choice(("latest", "stable", "testing"))}, **part}
        case "system":
            written = {"version": 2, "python": {"version": short, "system_packages": True}, **part}
        case _:
            build = {"os": image_os or "ubuntu-22.04", "tools": {"python": short}}
            formats = chance.choice(([], ["pdf"], ["pdf", "epub"], ["htmlzip"]))
            install = [{"requirements": chance.choice(("docs/requirements.txt", "requirements.txt"))}]
            written = {"version": 2, "build": build, "formats": formats, "python": {"install": install}, **part}
    return json.dumps(written, sort_keys=True, separators=(",", ":"))
