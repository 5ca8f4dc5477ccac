"""The corpus of requirements files: written out as a checkout, and read as a build would read it."""

from pathlib import Path
from typing import Any

import yaml

from producers.builds.collectors.found import Found
from producers.builds.errors import MissingError
from producers.builds.event import Requirement
from producers.builds.requirement_files import Gathering

FILE = Path(__file__).resolve().parents[3] / "data/builds/requirement_files.yaml"


def cases() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load(FILE.read_text())
    return loaded


def contents(case: dict[str, Any]) -> dict[str, bytes]:
    return {name: text.encode(case.get("encoding", "utf-8")) for name, text in case["files"].items()}


def gathered(files: dict[str, bytes]) -> Found[tuple[Requirement, ...]]:
    def read(path: str) -> bytes:
        if path not in files:
            raise MissingError
        return files[path]

    gathering = Gathering(read)
    gathering.file("requirements.txt")
    return gathering.found()


def shown(row: Requirement) -> str:
    """Give a row as one line: `name[extras] constraint specifier version ;`, what there is of it."""
    extras = f"[{','.join(row.extras)}]" if row.extras else ""
    parts = [row.name + extras, row.constraint.value, row.specifier, row.version and f"v{row.version}"]
    return " ".join([*filter(None, parts), *([";"] if row.conditional else [])])


def rest(found: Found[Any]) -> dict[str, Any]:
    """Give the counts of what has no row, those that are not zero."""
    counts = {str(kind): count for kind, count in found.unnamed.items()}
    return (
        counts
        | ({"unparsed": found.unparsed} if found.unparsed else {})
        | ({"index": True} if found.other_index else {})
    )
