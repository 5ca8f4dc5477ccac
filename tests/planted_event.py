"""A build event with every field filled, and copies of it with a canary in each place that a client controls."""

import json
from collections.abc import Iterator
from typing import Any

from tests.build_events import event
from tests.canaries import NAMES, RANDOM

Record = dict[str, Any]

OWN = (".id", ".slug", ".flags[]", ".steps[].name", ".image.name")
"""Paths that end so hold the operator's own words (P7, P11): personal things are replaced there, names are not private."""


def plant(value: Any, canary: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every copy of an event with one text replaced by a canary or ended by one, and the path of that text."""
    if isinstance(value, str):
        for planted in (canary, f"1.0+{canary}", f"{value} {canary}"):
            yield path, planted
    elif isinstance(value, dict):
        for name, inner in value.items():
            for where, planted in plant(inner, canary, f"{path}.{name}"):
                yield where, value | {name: planted}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for where, planted in plant(inner, canary, f"{path}[]"):
                yield where, [*value[:index], planted, *value[index + 1 :]]


def is_own(path: str, canary: str) -> bool:
    """Whether a canary may stay at a path: an own name, a commit, an id of random letters or hexadecimal digits."""
    if canary in NAMES:
        # A public channel's packages are public, whatever they are called (privacy.md rule 6).
        return path.endswith(OWN) or path == ".packages.conda.all[].name"
    return canary in RANDOM and path.endswith((".id", ".commit"))


def full_event() -> Record:
    made = event(1, failure={"stage": "build", "error": "exit:1"}, flags=["new_theme"], commit="abcdef12")
    made["organization"] = {"id": "41", "slug": "pottery"}
    made["image"] = {"os": "ubuntu-24.04", "name": "builder:22", "digest": "sha256:" + "0" * 64}
    made["config"] = {"user": json.dumps({"version": 2, "sphinx": {"configuration": "docs/conf.py"}}), "final": "{}"}
    made["packages"]["pip"]["declared"] = [
        {
            "name": "sphinx",
            "constraint": "range",
            "specifier": ">=7",
            "version": "7.0",
            "extras": ["docs"],
            "conditional": False,
        }
    ]
    made["packages"]["conda"]["all"] = [{"name": "numpy", "channel": "conda-forge", "version": "1.0"}]
    made["packages"]["apt"]["all"] = [{"name": "graphviz", "version": "2.42.2-9+deb12u1"}]
    made["doctool"] |= {"extensions": ["myst_parser"], "html_theme": "furo"}
    made["steps"] = [{"name": "install", "seconds": 1.5, "exit_code": 0}]
    made["collectors"]["pip_declared"] |= {"unnamed": {"url": 1}, "error": "exit:1"}
    made["python"]["implementation_version"] = "7.3"
    made["packages"]["pip"]["root"] = [{"name": "sphinx", "version": "8.0"}]
    made["packages"]["apt"]["declared"] = [{"name": "graphviz", "version": "2.42"}]
    return made


def texts_of(type_: Any, path: str = "") -> Iterator[str]:
    """The paths of every text of a schema, as `plant` writes them."""
    if isinstance(type_, list):
        for branch in type_:
            yield from texts_of(branch, path)
    elif isinstance(type_, dict):
        for field in type_.get("fields", ()):
            yield from texts_of(field["type"], f"{path}.{field['name']}")
        yield from texts_of(type_.get("items"), f"{path}[]")
        yield from texts_of(type_.get("values"), f"{path}.*")
    elif type_ == "string":
        yield path
