"""What README and docs/ point at is there: files, folders, commands, make targets, links between pages."""

import re
from pathlib import Path

import pytest

from headcount.cli import COMMANDS

ROOT = Path(__file__).parents[3]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
TREE = ("schemas", "producers", "streams", "sinks", "headcount", "deploy", "benchmarks", "tests")

LINK = re.compile(r"\]\((?!https?://)([^)#]+)\)")
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(TREE)})/[\w./-]*")
COMMAND = re.compile(r"(?:^    |`|&& )headcount ([a-z][a-z-]*)", re.MULTILINE)
TARGET = re.compile(r"(?:^    |`)make ([a-z]+)", re.MULTILINE)


def broken(page: Path, text: str) -> list[str]:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    return [
        *(link for link in LINK.findall(text) if not (page.parent / link).exists()),
        *(path for path in PATH.findall(text) if not (ROOT / path.rstrip(".")).exists()),
        *(f"headcount {name}" for name in COMMAND.findall(text) if name not in COMMANDS),
        *(f"make {name}" for name in TARGET.findall(text) if name not in targets),
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_everything_pointed_at_is_there(page: Path) -> None:
    assert broken(page, page.read_text(encoding="utf-8")) == []


def test_a_wrong_pointer_is_seen() -> None:
    text = "[x](no.md), `sinks/nothing.py`\n    headcount nothing\n    make nothing\n`headcount up`, `streams/take.py`"
    assert broken(ROOT / "README.md", text) == ["no.md", "sinks/nothing.py", "headcount nothing", "make nothing"]


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(path.name[:4] for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for path in (ROOT / "docs" / "decisions").glob("0*.md"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} "), path.name
        assert all(f"**{part}.**" in text for part in ("Context", "Choice", "Costs")), path.name
