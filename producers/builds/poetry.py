"""What a pyproject.toml of Poetry declares (`[tool.poetry]`), as requirement lines: `^1.2` becomes `>=1.2,<2.0`.

Poetry's words: https://python-poetry.org/docs/dependency-specification/
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from producers.builds.event import Requirement
from producers.builds.words import Constraint

Line = str | Requirement

_CONDITIONS: Final = ("markers", "python", "platform")
_CONDITION: Final = "; python_version > '0'"
"""Stands for any of them: that there is one is all that is kept of it."""

_PARTS: Final = re.compile(r"(?:[\^~]|~=|===?|!=|<=?|>=?)?\s*[^\s,^~=!<>|]+")


def lines_of(table: Any, *, optional: bool = False) -> dict[str, tuple[Line, ...]]:
    """Give the lines of a table of dependencies by normalised name; `optional`: those that only an extra asks for."""
    found: dict[str, tuple[Line, ...]] = {}
    for name, spec in table.items() if isinstance(table, Mapping) else ():
        specs = spec if isinstance(spec, list) else [spec]
        wanted = [each for each in specs if (isinstance(each, Mapping) and each.get("optional") is True) == optional]
        if name.lower() != "python" and wanted:
            found[canonicalize_name(name)] = tuple(_line(name, each) for each in wanted)
    return found


def _line(name: str, spec: Any) -> Line:
    if isinstance(spec, str):
        return _versioned(name, spec, "")
    if not isinstance(spec, Mapping):
        return f"{name} == "  # nothing that Poetry takes: a name, and invalid
    extras = ",".join(extra for extra in spec.get("extras") or () if isinstance(extra, str))
    named = f"{name}[{extras}]" if extras else name
    condition = _CONDITION if any(spec.get(key) for key in _CONDITIONS) else ""
    for key, scheme in (("git", "git+"), ("url", ""), ("path", "./"), ("file", "./")):
        if isinstance(spec.get(key), str):
            return f"{named} @ {scheme}{spec[key]} {condition}"
    return _versioned(named, spec.get("version", "*"), condition)


def _versioned(named: str, text: Any, condition: str) -> Line:
    if isinstance(text, str) and ("||" in text or "|" in text):
        # One or the other: no specifier of pip's says so.
        name, _, extras = named.rstrip("]").partition("[")
        words = tuple(sorted({canonicalize_name(extra) for extra in extras.split(",") if extra}))
        return Requirement(canonicalize_name(name), Constraint.RANGE, None, None, words, bool(condition))
    return f"{named}{specifiers(text) if isinstance(text, str) else '=='}{condition}"


def specifiers(text: str) -> str:
    """Give Poetry's constraint as specifiers; what is none is left as it is, and so is invalid."""
    if text.strip() in ("*", ""):
        return ""
    return ",".join(one for part in _PARTS.findall(text) for one in _specifier(part))


def _specifier(part: str) -> Iterator[str]:
    found = re.fullmatch(r"(\^|~(?!=)|[~=!<>]*)\s*(.*)", part)
    operator, version = (found[1], found[2]) if found else ("", part)
    if operator in ("^", "~"):
        yield f">={version}"
        yield f"<{_next(version, caret=operator == '^')}"
    else:
        yield f"{'==' if operator in ('', '=') else operator}{version}"


def _next(version: str, *, caret: bool) -> str:
    """Give the first version that `^` or `~` leaves out, as precise as the one that was given."""
    try:
        parsed = Version(version)
    except InvalidVersion:
        return version
    numbers = list(parsed.release)
    if caret:
        at = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    else:
        at = min(1, len(numbers) - 1)
    numbers = [*numbers[:at], numbers[at] + 1, *(0 for _ in numbers[at + 1 :])]
    return (f"{parsed.epoch}!" if parsed.epoch else "") + ".".join(map(str, numbers))
