"""C7: what installed paths declare, in the words of each build backend."""

# a test is named for its row of builds.md

import posixpath
from pathlib import Path
from typing import Any

import pytest

from producers.builds.collectors.declared import declared
from producers.builds.errors import MissingError, UnreadableError
from tests.unit.producers.builds.requirement_corpus import shown

POETRY = (Path(__file__).resolve().parents[3] / "data/builds/pyproject_of_poetry.toml").read_text()


def rows(files: dict[str, str], **install: Any) -> list[str]:
    def read(path: str) -> bytes:
        if posixpath.normpath(path) not in files:
            raise MissingError
        return files[posixpath.normpath(path)].encode()

    return [shown(row) for row in declared({"python": {"install": [{"path": ".", **install}]}}, read).value]


def test_C7_poetry_in_its_own_words() -> None:
    assert rows({"pyproject.toml": POETRY}) == [
        "a range <2.0.0,>=1.2.3",
        "b range <1.3,>=1.2",
        "c none",
        "d pinned ==1.2.3 v1.2.3",
        "e prefix ==1.*",
        "f range <2.0,>=1.0",
        "g range <2.0,>=1.0",
        "h range <0.3.0,>=0.2.3",
        "i range <0.0.4,>=0.0.3",
        "j range <1,>=0",
        "k range <2,>=1",
        "l range",
        "m[x,y] range <3.0,>=2.0 ;",
        "n vcs",
        "o url v1.0",
        "p path",
        "q path v2.0",
        "s range <2 ;",
        "s range >=2 ;",
        "t pinned ==1.0 v1.0",
        "u range !=1.5,<2.0,>=1.4",
        "v range ~=1.4.2",
        "w pinned ==1.0 v1.0",
        "x range <2.0.0,>=1.0.0rc1",
        "y none ;",
        "z invalid",
        "aa invalid",
        "bb range !=1.3,<2.0,>=1.2",
        "cc range <2.0,>=1.0",
    ]


def test_C7_poetrys_extras_and_groups_when_the_config_asks_for_them() -> None:
    known = set(rows({"pyproject.toml": POETRY}))
    more = [row for row in rows({"pyproject.toml": POETRY}, extra_requirements=["Docs"]) if row not in known]
    assert more == ["r range <4,>=3"]
    more = [row for row in rows({"pyproject.toml": POETRY}, method="uv", groups=["docs", "dev"]) if row not in known]
    assert more == ["sphinx range <8,>=7", "pytest none"]


STANDARD = """
[project]
name = "kiln"
dependencies = ["jinja2>=3", "tomli; python_version < '3.11'"]
[project.optional-dependencies]
docs = ["sphinx~=7.0", "kiln[theme]"]
theme = ["furo"]
[dependency-groups]
test = ["pytest>=8"]
dev = [{include-group = "test"}, "ruff"]
"""
DYNAMIC = '[project]\nname = "kiln"\ndynamic = ["dependencies"]\n'


@pytest.mark.parametrize(
    ("files", "install", "expected"),
    [
        ({"pyproject.toml": STANDARD}, {}, ["jinja2 range >=3", "tomli none ;"]),
        (
            {"pyproject.toml": STANDARD},
            {"extra_requirements": ["docs"]},
            ["jinja2 range >=3", "tomli none ;", "sphinx range ~=7.0", "furo none"],
        ),
        (
            {"pyproject.toml": STANDARD},
            {"method": "uv", "groups": ["dev"]},
            ["jinja2 range >=3", "tomli none ;", "pytest range >=8", "ruff none"],
        ),
        ({"pyproject.toml": DYNAMIC + '[tool.poetry.dependencies]\nfuro = "^2024"\n'}, {}, ["furo range <2025,>=2024"]),
        (
            {"pyproject.toml": DYNAMIC + '[tool.setuptools.dynamic]\ndependencies = {file = "r.in"}\n', "r.in": "furo"},
            {},
            ["furo none"],
        ),
        ({"pyproject.toml": '[tool.flit.metadata]\nmodule = "kiln"\nrequires = ["furo>=1"]\n'}, {}, ["furo range >=1"]),
        (
            {"pyproject.toml": "[build-system]\n", "setup.cfg": "[options]\ninstall_requires =\n  furo\n"},
            {},
            ["furo none"],
        ),
    ],
)
def test_C7_each_backends_table(files: dict[str, str], install: dict[str, Any], expected: list[str]) -> None:
    assert rows(files, **install) == expected


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"setup.py": "setup(install_requires=['furo'])"},
        {"pyproject.toml": "[build-system]\n"},
        {"pyproject.toml": DYNAMIC},
    ],
)
def test_C7_T3_what_only_running_it_would_tell_is_missing(files: dict[str, str]) -> None:
    with pytest.raises(MissingError):
        rows(files)


@pytest.mark.parametrize(
    "files", [{"pyproject.toml": "[project\n"}, {"setup.cfg": "no section"}, {"pyproject.toml": "a = 1\na = 2\n"}]
)
def test_C7_a_broken_file_is_an_error(files: dict[str, str]) -> None:
    with pytest.raises(UnreadableError):
        rows(files)
