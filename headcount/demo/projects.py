"""The two projects that the demo builds: what they declare, version by version, and which of their builds fail. Data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Maker(StrEnum):
    """What makes a virtual environment."""

    VENV = "venv"
    UV = "uv"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a project: a commit under a tag or on a branch, the environment it builds in, and its builds."""

    slug: str
    ref: str
    is_tag: bool
    requirements: Sequence[str]
    values: Mapping[str, str]
    """What is filled into the project's files."""
    builds: int = 1
    fails: bool = False
    is_default: bool = False
    environment: str = ""
    """Another version's slug, where both share an environment."""
    other_python: bool = False
    """Whether it builds on another Python, if this machine has one."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project: the folder of its files, what makes its environments, and how a version is built."""

    name: str
    maker: Maker
    command: Sequence[str]
    """The tool, which is looked for in the version's environment, and its arguments."""
    versions: Sequence[Version]


# Pins of different years, so that the answers differ. Sphinx 6 does not run on Python 3.13.
KILN: Final = Project(
    "kiln",
    Maker.VENV,
    ("sphinx-build", "-q", "-b", "html", "docs", "_build/html"),
    (
        Version(
            "1.0",
            "1.0",
            is_tag=True,
            requirements=(
                'sphinx==6.2.1; python_version < "3.13"',
                'sphinx==7.4.7; python_version >= "3.13"',
                "sphinx-rtd-theme~=2.0.0",
                "myst-parser>=1,<4",
            ),
            values={
                "release": "1.0",
                "extensions": '["myst_parser", "sphinx.ext.autodoc"]',
                "theme": "sphinx_rtd_theme",
            },
        ),
        Version(
            "2.0",
            "2.0",
            is_tag=True,
            requirements=("sphinx==7.4.7", "furo==2024.8.6", "myst-parser>=3,<4"),
            values={"release": "2.0", "extensions": '["myst_parser", "sphinx.ext.todo"]', "theme": "furo"},
        ),
        Version(
            "latest",
            "main",
            is_tag=False,
            requirements=("sphinx>=8.2,<8.3", "furo", "myst-parser>=4,<5"),
            values={"release": "3.0", "extensions": '["myst_parser", "sphinx.ext.todo"]', "theme": "furo"},
            builds=2,
            is_default=True,
        ),
        Version(
            "redesign",
            "redesign",
            is_tag=False,
            requirements=("sphinx>=8.2,<8.3", "furo", "myst-parser>=4,<5"),
            # Nobody has installed this one: the build fails as such builds do.
            values={"release": "3.1", "extensions": '["myst_parser", "kiln_gallery"]', "theme": "furo"},
            fails=True,
            environment="latest",
        ),
    ),
)

GLAZE: Final = Project(
    "glaze",
    Maker.UV,
    ("mkdocs", "build", "--quiet", "--site-dir", "_build"),
    (
        Version(
            "1.0",
            "1.0",
            is_tag=True,
            requirements=("mkdocs==1.5.3",),
            values={"theme": "readthedocs", "plugins": "[search]"},
            other_python=True,
        ),
        Version(
            "latest",
            "main",
            is_tag=False,
            requirements=("mkdocs~=1.6.0", "mkdocs-redirects"),
            values={"theme": "mkdocs", "plugins": "[search, redirects]"},
            is_default=True,
        ),
    ),
)

PROJECTS: Final = (KILN, GLAZE)

BUILDS: Final = sum(version.builds for project in PROJECTS for version in project.versions)
"""How many events the demo sends."""
