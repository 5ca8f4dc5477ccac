"""PEP 440, as `packaging` orders it: 1.dev1 < 1a1.dev1 < 1a1 < 1rc1 < 1 < 1.post1.dev1 < 1.post1 < 1!0."""

from typing import Final

from packaging.version import InvalidVersion, Version

from sinks.sort_keys.numbers import UnsortableError, number_key

_END: Final = " "
"""Ends a list: below anything that could go on."""

_PHASES: Final = {"a": "1", "b": "2", "rc": "3"}


def pep440_key(version: str) -> str:
    """Give the key of a Python version. Raises UnsortableError."""
    try:
        parsed = Version(version)
    except (InvalidVersion, ValueError) as error:  # ValueError: more digits than Python turns into a number
        raise UnsortableError from error
    return (
        number_key(str(parsed.epoch))
        + _release(parsed.release)
        + _pre(parsed)
        + ("0" if parsed.post is None else "1" + number_key(str(parsed.post)))
        + ("1" if parsed.dev is None else "0" + number_key(str(parsed.dev)))
        + _local(parsed.local)
    )


def _release(release: tuple[int, ...]) -> str:
    numbers = list(release)
    while numbers and numbers[-1] == 0:  # 1.0 is 1
        numbers.pop()
    return "".join(number_key(str(number)) for number in numbers) + _END


def _pre(version: Version) -> str:
    if version.pre is not None:
        letter, number = version.pre
        return _PHASES[letter] + number_key(str(number))
    # 1.dev1 comes before 1a1, but 1.post1.dev1 after 1.
    return "0" if version.post is None and version.dev is not None else "4"


def _local(local: str | None) -> str:
    if local is None:
        return ""
    segments = ("2" + number_key(part) if part.isdigit() else "1" + part + _END for part in local.split("."))
    return "+" + "".join(segments) + _END
