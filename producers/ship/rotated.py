"""The names that a log gets when it is rotated, oldest first."""

import re
from pathlib import Path
from typing import Final

_NUMBERED_DIGITS: Final = 4
"""A longer number is a date."""


def rotated(path: Path) -> list[Path]:
    """Give what was `path` once: `access.log.1`, `access.log.2.gz`, `access.log-20261124`, `access-20261124.log.gz`.

    The oldest comes first. Of a file that is there packed and plain, being packed just now, only the plain one.
    """
    stem, suffix = re.escape(path.stem), re.escape(path.suffix)
    number = r"[.-]([0-9][0-9T_.-]*)"
    pattern = re.compile(rf"(?:{re.escape(path.name)}{number}|{stem}{number}{suffix})(?:\.gz)?")
    found = []
    try:
        names = {each.name for each in path.parent.iterdir()}
    except OSError:
        return []
    for name in names:
        match = pattern.fullmatch(name)
        if match is None or name == path.name or name.removesuffix(".gz") in names - {name}:
            continue
        found.append((_age(match[1] or match[2]), path.with_name(name)))
    return [each for _, each in sorted(found)]


def _age(number: str) -> tuple[bool, int, str]:
    """Sort dates upwards, then numbers downwards."""
    is_numbered = number.isdecimal() and len(number) <= _NUMBERED_DIGITS
    return (is_numbered, -int(number) if is_numbered else 0, number)
