"""How much of what a build told is hidden or lost on the way: `(private)`, `(other)`, unparsed lines, dropped keys (M4)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from schemas.builds.latest import PARTS

Record = dict[str, Any]

PRIVATE: Final = "(private)"
OTHER: Final = "(other)"


def _part(part: str, name: str) -> Callable[[Record], Any]:
    return lambda event: event[part][name]


CLOSED: Final[Mapping[str, Callable[[Record], Any]]] = {
    "version.kind": lambda event: event["version"] and event["version"]["kind"],
    "build.status": _part("build", "status"),
    "build.vcs": _part("build", "vcs"),
    "build.failure.stage": lambda event: event["build"]["failure"] and event["build"]["failure"]["stage"],
    "build.failure.error": lambda event: event["build"]["failure"] and event["build"]["failure"]["error"],
    "image.os": _part("image", "os"),
    "python.implementation": _part("python", "implementation"),
    "os.name": _part("os", "name"),
    "os.id": _part("os", "id"),
    "doctool.name": _part("doctool", "name"),
    "doctool.source": _part("doctool", "source"),
}
"""Fields whose unknown words become `(other)`: one value an event."""


class Hidden:
    """Adds events up: `(measure, name)` to what is hidden and of how many."""

    def __init__(self) -> None:
        # Of each collector: rows, private rows, unparsed lines, dropped keys.
        self._collectors: dict[str, list[int]] = {part: [0, 0, 0, 0] for part in PARTS}
        self._others: dict[str, list[int]] = {field: [0, 0] for field in CLOSED}
        self._names: dict[str, list[int]] = {field: [0, 0] for field in ("doctool.extensions", "doctool.html_theme")}

    def add(self, event: Record) -> None:
        """Add one finished build. A client's negative number counts as none."""
        for name, result in event["collectors"].items():
            sums = self._collectors.get(name)
            if sums is None:
                continue
            # Mostly all but the rows are 0: compared first, as this runs eleven times an event.
            if (rows := result["count"] or 0) > 0:
                sums[0] += rows
            if (private := result["private"]) > 0:
                sums[0] += max(private - max(rows, 0), 0)
                sums[1] += private
            if (unparsed := result["unparsed"]) > 0:
                sums[2] += unparsed
            if (dropped := result["dropped_keys"]) > 0:
                sums[3] += dropped
        for field, value_of in CLOSED.items():
            value = value_of(event)
            if value is not None:
                counts = self._others[field]
                counts[0] += value == OTHER
                counts[1] += 1
        doctool = event["doctool"]
        self._name("doctool.extensions", doctool["extensions"])
        if doctool["html_theme"] is not None:
            self._name("doctool.html_theme", (doctool["html_theme"],))

    def _name(self, field: str, names: Any) -> None:
        counts = self._names[field]
        counts[0] += sum(name == PRIVATE for name in names)
        counts[1] += len(names)

    def measures(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Give what was added up; where nothing could be hidden there is no entry."""
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for name, (rows, private, unparsed, dropped) in self._collectors.items():
            found["private", name] = private, rows
            found["unparsed", name] = unparsed, rows + unparsed
            found["dropped_keys", name] = dropped, rows
        found |= {("private", field): (hidden, of) for field, (hidden, of) in self._names.items()}
        found |= {("other", field): (hidden, of) for field, (hidden, of) in self._others.items()}
        return {key: counts for key, counts in found.items() if any(counts)}
