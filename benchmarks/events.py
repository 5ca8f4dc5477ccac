"""Build events to measure with, encoded as producers do: *small* ones have facts only, *whole* ones everything."""

import json
import os
import random
from importlib.resources import files
from typing import Any

from schemas.batches import encode_event
from schemas.topics import RAW_BUILDS
from tests.build_events import event

Record = dict[str, Any]

PACKAGES = 40
LISTS = 200
CONFIGS = 20
PROJECTS = 2_000


def small(count: int) -> list[bytes]:
    """Encoded events of builds of which nothing but their facts is known, some 160 bytes each."""
    return [encode_event(RAW_BUILDS, record) for record in small_records(count)]


def whole(count: int) -> list[bytes]:
    """Encoded events with 40 packages from 200 distinct lists, both configurations, and all collectors."""
    return [encode_event(RAW_BUILDS, record) for record in whole_records(count)]


def small_records(count: int) -> list[Record]:
    """The same, not encoded."""
    chance = random.Random(1)
    whole = event(1)
    facts = {name: whole[name] for name in ("kind", "project", "version", "build")}
    return [_of(facts, chance, number) for number in range(count)]


def whole_records(count: int) -> list[Record]:
    """The same, not encoded."""
    chance = random.Random(2)
    names = files("streams").joinpath("data", "pip-public.txt").read_text(encoding="utf-8").splitlines()[1:3_000]
    lists = [_packages(chance, names) for _ in range(LISTS)]
    configs = [_configs(number) for number in range(CONFIGS)]
    tool = {"name": "sphinx", "version": "8.1.3", "extensions": ["myst_parser", "sphinx.ext.autodoc"]}
    base = event(1)
    base["doctool"] = tool | {"html_theme": "furo", "source": "report"}
    base["steps"] = [{"name": name, "seconds": 3.5, "exit_code": 0} for name in ("clone", "install", "build")]
    made = []
    for number in range(count):
        packages = base["packages"] | {"pip": chance.choice(lists)}
        made.append(_of(base | {"packages": packages, "config": chance.choice(configs)}, chance, number))
    return made


def _of(base: Record, chance: random.Random, number: int) -> Record:
    project = chance.randrange(PROJECTS)
    minute, second = divmod(number % 3600, 60)
    build = base["build"] | {
        "id": str(number),
        "started_at": f"2026-03-{1 + number // 86_400 % 28:02d}T{number // 3600 % 24:02d}:{minute:02d}:{second:02d}Z",
        "success": chance.random() < 0.8,
    }
    return base | {
        "event_id": os.urandom(16).hex(),
        "project": {"id": f"p{project}", "slug": f"slug-{project}", "private": False},
        "version": {"id": f"v{chance.randrange(3)}", "slug": "latest", "kind": "branch", "default": True},
        "build": build,
    }


def _packages(chance: random.Random, names: list[str]) -> Record:
    chosen = [
        {"name": name, "version": f"{chance.randrange(9)}.{chance.randrange(30)}.{chance.randrange(9)}"}
        for name in sorted(chance.sample(names, PACKAGES))
    ]
    declared: list[Record] = [
        {"name": row["name"], "constraint": "range", "specifier": f">={row['version']}", "version": None,
         "extras": [], "conditional": False}
        for row in chosen[:6]
    ]  # fmt: skip
    return {"declared": declared, "root": chosen[:8], "all": chosen}


def _configs(number: int) -> Record:
    tools = {"python": f"3.{9 + number % 5}"}
    user = {"version": 2, "build": {"os": "ubuntu-24.04", "tools": tools}, "sphinx": {"configuration": "docs/conf.py"}}
    install = [
        {"requirements": "docs/requirements.txt"},
        {"method": "pip", "path": ".", "extra_requirements": ["docs"]},
    ]
    final = user | {"python": {"install": install}, "formats": ["pdf", "epub"][: number % 3], "submodules": {}}
    return {"user": json.dumps(user), "final": json.dumps(final)}
