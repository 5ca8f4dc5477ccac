"""What real tools printed and real projects wrote, by collector: tests/data/builds/outputs, a file a situation."""

from pathlib import Path
from typing import Any

from producers.builds.explained import explain_collector
from tests.unit.producers.builds.requirement_corpus import cases, contents

FOLDER = Path(__file__).resolve().parents[3] / "data/builds/outputs"


def outputs() -> list[tuple[str, Path]]:
    """Give (collector, file), ordered."""
    return [(path.parent.name.upper(), path) for path in sorted(FOLDER.glob("c*/*"))]


def seeds() -> dict[str, list[bytes]]:
    """Give whole outputs by collector, to be mutated; C4 reads what C3 does, C7 whole requirements files."""
    found: dict[str, list[bytes]] = {}
    for name, path in outputs():
        found.setdefault(name, []).append(path.read_bytes())
    found["C4"] = found["C3"]
    found["C7"] = [contents(case)["requirements.txt"] for case in cases()]
    return found


def brief(name: str, answer: dict[str, Any]) -> Any:
    """Give the datum of a collector in short: rows as `name version`, else its values."""
    datum = answer["datum"]
    if isinstance(datum, list):
        return [" ".join(str(row[key]) for key in ("name", "channel", "version") if key in row) for row in datum]
    return datum if name == "C9" or answer["status"] != "ok" else list(datum.values())


def explained(name: str, path: Path) -> dict[str, Any]:
    return explain_collector(name, path.read_bytes(), str(path))
