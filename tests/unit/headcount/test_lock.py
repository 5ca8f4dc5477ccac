"""requirements.lock: within the bounds of pyproject.toml, whole, and free of where it was made."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", LOCK, re.MULTILINE))


def bounds() -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    texts = [
        *PROJECT["build-system"]["requires"],
        *PROJECT["project"]["dependencies"],
        *(text for extra in extras for text in extra),
    ]
    return [requirement for requirement in map(Requirement, texts) if requirement.name != "headcount"]


def test_everything_that_the_project_names_is_locked_within_its_bounds() -> None:
    versions = locked()
    wrong = [
        str(bound)
        for bound in bounds()
        if not bound.specifier.contains(versions.get(canonicalize_name(bound.name), "0"))
    ]
    assert bounds()
    assert wrong == []


def test_every_line_is_a_version_or_a_hash() -> None:
    requirement = re.compile(r"[a-z0-9-]+==[^ ]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in LOCK.splitlines() if not requirement.fullmatch(line)] == []


def test_the_lock_names_no_place() -> None:
    assert "://" not in LOCK
    assert "index" not in LOCK
