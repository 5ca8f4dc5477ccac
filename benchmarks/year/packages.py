"""Some two hundred distinct package lists, as few images and few popular stacks make them, in clean events' form."""

import random
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

Record = dict[str, Any]

PIP_PACKAGES: Final = 60
APT_PACKAGES: Final = 712
"""As many as a small Debian 12 has."""

CONDA_PACKAGES: Final = 120
APT_LISTS: Final = 48
CONDA_LISTS: Final = 12

IMAGES: Final = (
    ("ubuntu-20.04", "Ubuntu 20.04.6 LTS", "20.04.6", "ubuntu"),
    ("ubuntu-22.04", "Ubuntu 22.04.5 LTS", "22.04.5", "ubuntu"),
    ("ubuntu-24.04", "Ubuntu 24.04.1 LTS", "24.04.1", "ubuntu"),
    ("ubuntu-lts-latest", "Ubuntu 24.04.1 LTS", "24.04.1", "ubuntu"),
    (None, "Debian GNU/Linux 12 (bookworm)", None, "debian"),
    (None, "Debian GNU/Linux 11 (bullseye)", None, "debian"),
)
EXTENSIONS: Final = (
    ("myst-parser", "myst_parser"),
    ("sphinx-copybutton", "sphinx_copybutton"),
    ("sphinx-design", "sphinx_design"),
    ("sphinx-notfound-page", "notfound.extension"),
    ("sphinx-hoverxref", "hoverxref.extension"),
    ("sphinx-autoapi", "autoapi.extension"),
    ("nbsphinx", "nbsphinx"),
    ("sphinxcontrib-mermaid", "sphinxcontrib.mermaid"),
    ("sphinx-tabs", "sphinx_tabs.tabs"),
    ("sphinx-autodoc-typehints", "sphinx_autodoc_typehints"),
)
BUILT_IN: Final = ("sphinx.ext.autodoc", "sphinx.ext.intersphinx", "sphinx.ext.napoleon", "sphinx.ext.viewcode")
THEMES: Final = ("sphinx_rtd_theme", "furo", "alabaster", "pydata_sphinx_theme", "sphinx_book_theme")
_OF_SPHINX: Final = (
    "docutils",
    "sphinxcontrib-applehelp",
    "sphinxcontrib-devhelp",
    "sphinxcontrib-htmlhelp",
    "sphinxcontrib-jsmath",
    "sphinxcontrib-qthelp",
    "sphinxcontrib-serializinghtml",
)


@dataclass(frozen=True, slots=True)
class Environment:
    """What a project's environment holds: pip's three lists, and what was read of its documentation tool."""

    pip: Record
    doctool: Record


@dataclass(frozen=True, slots=True)
class Packages:
    """Every list there is: environments by tool, conda's lists, and system lists by image (each refreshed over the year)."""

    environments: dict[str, list[Environment]]
    conda: list[list[Record]]
    apt: list[list[list[Record]]]


def packages(chance: random.Random, *, lists: int) -> Packages:
    """Make `lists` distinct lists in all; six of ten are pip's, whatever is left over by conda and apt."""
    names = _names("pip-public.txt")[:3_000]
    pip = max(3, lists - APT_LISTS - CONDA_LISTS)
    environments = {
        "sphinx": [_sphinx(chance, names) for _ in range(pip - pip // 5 - 1)],
        "mkdocs": [_mkdocs(chance, names) for _ in range(pip // 5)],
        "generic": [_environment(chance, names, [], {"name": "generic", "version": None})],
    }
    conda = [
        [
            {"name": name, "channel": "conda-forge", "version": version(chance)}
            for name in chance.sample(names, CONDA_PACKAGES)
        ]
        for _ in range(CONDA_LISTS)
    ]
    system = _names("apt-public.txt")
    refreshes = APT_LISTS // len(IMAGES)
    apt = []
    for _ in IMAGES:
        held = sorted(chance.sample(system, APT_PACKAGES))
        apt.append(
            [
                [{"name": name, "version": f"{version(chance)}-{chance.randrange(1, 9)}"} for name in held]
                for _ in range(refreshes)
            ]
        )
    return Packages(environments, conda, apt)


def version(chance: random.Random) -> str:
    """Make a version of three numbers."""
    return f"{chance.randrange(9)}.{chance.randrange(30)}.{chance.randrange(9)}"


def _names(file: str) -> list[str]:
    text = files("streams").joinpath("data", file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def _sphinx(chance: random.Random, names: list[str]) -> Environment:
    series = chance.choices((1, 2, 3, 4, 5, 6, 7, 8), (2, 1, 4, 6, 10, 12, 25, 40))[0]
    number = f"{series}.{chance.randrange(5)}.{chance.randrange(4)}"
    chosen = chance.sample(EXTENSIONS, chance.randrange(1, 6))
    theme = chance.choices(THEMES, (50, 20, 10, 12, 8))[0]
    rows = [
        ("sphinx", number),
        (theme.replace("_", "-"), version(chance)),
        *((name, version(chance)) for name in _OF_SPHINX),
    ]
    rows += [(package, version(chance)) for package, _ in chosen]
    extensions = [*chance.sample(BUILT_IN, 3), *(module for _, module in chosen)]
    return _environment(
        chance, names, rows, {"name": "sphinx", "version": number, "extensions": extensions, "html_theme": theme}
    )


def _mkdocs(chance: random.Random, names: list[str]) -> Environment:
    number = chance.choice(("0.17.3", "1.0.4", "1.4.2", "1.5.3", "1.6.1", "1.6.1", "1.6.1"))
    rows = [("mkdocs", number), ("mkdocs-material", version(chance)), ("markdown", version(chance))]
    return _environment(
        chance, names, rows, {"name": "mkdocs", "version": number, "extensions": ["search"], "html_theme": "material"}
    )


def _environment(chance: random.Random, names: list[str], rows: list[tuple[str, str]], tool: Record) -> Environment:
    more = (name for name in chance.sample(names, PIP_PACKAGES * 2) if name not in dict(rows))
    rows = rows + [(name, version(chance)) for name, _ in zip(more, range(PIP_PACKAGES - len(rows)), strict=False)]
    installed = [{"name": name, "version": number} for name, number in rows]
    declared: list[Record] = [
        {
            "name": row["name"],
            "constraint": kind,
            "specifier": {"pinned": f"=={row['version']}", "range": f">={row['version']}"}.get(kind),
            "version": row["version"] if kind == "pinned" else None,
            "extras": [],
            "conditional": False,
        }
        for row in installed[:6]
        for kind in chance.choices(("pinned", "range", "none"), (3, 4, 3))
    ]
    whole: Record = {"name": None, "version": None, "extensions": [], "html_theme": None, "source": "static"} | tool
    return Environment({"declared": declared, "root": installed[:10], "all": installed}, whole)
