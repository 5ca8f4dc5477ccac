"""What holds for every committed file: not too long, nothing left to do, no name of a place that a user may not have."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.unit.house.tree import ROOT, committed

MAX_LINES = 300
LONGER = {
    "docs/privacy.md": "a line a field: its second half is the data dictionary, written from the schemas",
    "sinks/process.py": "the sink's one loop: claim, apply, bisect, stop and go on are one state machine",
    "tests/unit/producers/builds/test_record.py": "a test a row of builds.md, and the rows are read together",
    "tests/unit/producers/builds/test_hosts.py": "a test a row of builds.md, and the rows are read together",
    "tests/integration/sink/test_views.py": "a view each, on one set of planted builds that all of them are read against",
    "tests/integration/builds_collector/test_real_tools.py": "one real tool after the other, sharing what was installed",
}
"""Files over 300 lines, each with its reason."""

CODE = {".py", ".sql", ".j2", ".sh", ".md", ".yml", ".yaml", ".toml"}
DATA = ("streams/data/", "tests/data/", "requirements.lock")
"""Names of others' packages: not our words."""

LEFT = re.compile("|".join(rf"\b{first}{second}\b" for first, second in (("TO", "DO"), ("FIX", "ME"), ("XX", "X"))))
# Built from parts, as this file is among those that are searched.
HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("maven", "org"),
            ("maven", "apache", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("crates", "io"),
            ("rubygems", "org"),
            ("docker", "io"),
            ("docker", "com"),
            ("ghcr", "io"),
            ("quay", "io"),
            ("anaconda", "org"),
            ("anaconda", "com"),
            ("deb", "debian", "org"),
            ("archive", "ubuntu", "com"),
            ("proxy", "golang", "org"),
        )
    ),
    re.IGNORECASE,
)
MACHINE = re.compile("|".join(rf"(?<![\w.<>-])/{name}/" for name in ("wo" + "rk", "ro" + "ot", "opt/wh" + "eels")))


@cache
def texts() -> list[tuple[str, str]]:
    """Each committed file of ours by its name, with its text."""
    named = [(path.relative_to(ROOT).as_posix(), path) for path in committed()]
    return [(name, read(path)) for name, path in named if not name.startswith(DATA)]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def hits(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_a_file_is_short_or_says_why_not() -> None:
    long = {name for name, text in texts() if Path(name).suffix in CODE and text.count("\n") > MAX_LINES}
    assert long - set(LONGER) == set(), "over 300 lines: split it, or list it with its reason"
    assert all((ROOT / name).is_file() for name in LONGER)


def test_nothing_is_left_to_do() -> None:
    assert hits(LEFT) == []


def test_no_registry_is_named() -> None:
    """Packages come from the index that the user's own tools are set to."""
    assert hits(HOSTS) == []


def test_no_path_of_a_machine_is_named() -> None:
    assert hits(MACHINE) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (LEFT, "# TO" + "DO: later"),
        (HOSTS, "https://PyPI." + "org/simple"),
        (HOSTS, "files.pythonhosted." + "org"),
        (MACHINE, "cd /wo" + "rk/main"),
        (MACHINE, '"/ro' + 'ot/.cache"'),
    ],
)
def test_the_patterns_find(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_the_licence_is_the_one_that_the_metadata_name() -> None:
    text = read(ROOT / "LICENSE")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in read(ROOT / "pyproject.toml")
