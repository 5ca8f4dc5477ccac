"""Names that may be private: a package on no public list is `(private)` (privacy.md rule 6)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

PRIVATE: Final = "(private)"
OTHER: Final = "(other)"

PUBLIC_CHANNELS: Final = frozenset(
    {"defaults", "main", "free", "r", "msys2", "pkgs/main", "pkgs/r", "pkgs/free", "anaconda", "conda-forge",
     "bioconda", "pytorch", "nvidia", "fastai", "intel", "esri", "plotly", "pyviz", "pypi", "nodefaults"}
)  # fmt: skip
"""conda channels whose packages are public."""

BUILT_IN_THEMES: Final = frozenset(
    {"alabaster", "classic", "sphinxdoc", "scrolls", "agogo", "nature", "pyramid", "haiku", "traditional", "epub",
     "bizstyle", "default", "basic", "mkdocs", "readthedocs", "material"}
)  # fmt: skip
"""Themes that come with Sphinx, MkDocs or the commonest theme package of the latter."""

_RUNS: Final = re.compile(r"[-_.]+")
_MODULE: Final = re.compile(r"[A-Za-z_]\w*(?:[./:-]\w+)*", re.ASCII)


def normalised(name: str) -> str:
    """Normalise a name by PEP 503: lower case, runs of `-`, `_` and `.` as one `-`."""
    return _RUNS.sub("-", name).lower()


@dataclass(frozen=True, slots=True)
class Names:
    """The public names of each ecosystem, and the operator's own names and prefixes (`acme*`)."""

    pip: frozenset[str]
    apt: frozenset[str]
    prefixes: tuple[str, ...] = ()

    def of_pip(self, name: str) -> str:
        """Give the normalised name, or `(private)`."""
        known = normalised(name)
        return known if known in self.pip or self._ours(known) else PRIVATE

    def of_apt(self, name: str) -> str:
        """Give the name in lower case, or `(private)`. A name of the 64-bit time transition counts as its elder."""
        known = name.lower()
        return known if known in self.apt or known.removesuffix("t64") in self.apt or self._ours(known) else PRIVATE

    def of_module(self, name: str) -> str:
        """Give an extension module's name where its first part is public, or `(private)`."""
        if not _MODULE.fullmatch(name):
            return PRIVATE
        first = normalised(name.partition(".")[0].partition("/")[0])
        public = first in self.pip or first.startswith("sphinx") or self._ours(first)
        return name if public else PRIVATE

    def of_theme(self, name: str) -> str:
        """Give a theme's name where it is public, or `(private)`."""
        known = normalised(name)
        public = known in self.pip or known in BUILT_IN_THEMES or self._ours(known)
        return name if public and _MODULE.fullmatch(name) else PRIVATE

    def _ours(self, name: str) -> bool:
        return bool(self.prefixes) and name.startswith(self.prefixes)


def load(own: Iterable[str] = ()) -> Names:
    """Read the public lists that come with headcount; `own` has the operator's names, and prefixes as `acme*`."""
    own = tuple(own)
    exact = frozenset(normalised(name) for name in own if not name.endswith("*"))
    prefixes = tuple(name.removesuffix("*") for name in own if name.endswith("*"))
    return Names(pip=_list("pip-public.txt") | exact, apt=_list("apt-public.txt") | exact, prefixes=prefixes)


def _list(name: str) -> frozenset[str]:
    lines = files("streams").joinpath("data", name).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
