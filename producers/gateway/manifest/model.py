"""What a manifest says, checked. `line` is where a rule begins in its file."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from producers.gateway.template import Target, Template

_HOST: Final = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::[0-9]{0,5})?")
_NORMAL_NAME: Final = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class Names:
    """The projects that a rule serves by name; `listed` None: whatever its upstream has (`"*"`)."""

    listed: tuple[str, ...] | None
    normal: frozenset[str]

    def __contains__(self, name: str) -> bool:
        return self.listed is None or name in self.normal


@dataclass(frozen=True, slots=True)
class PythonRule:
    """A Python index; `target` is the upstream's `…/simple/`, with its last slash. Names are normal by PEP 503."""

    line: int
    target: str
    projects: Names
    redirect: int


@dataclass(frozen=True, slots=True)
class NpmRule:
    """An npm registry; `target` without a last slash. `rewrite`: packuments are answered here, with tarballs here (DL20)."""

    line: int
    target: str
    projects: Names
    rewrite: bool
    redirect: int


@dataclass(frozen=True, slots=True)
class CargoRule:
    """A sparse index; `target` without a last slash. `download` None: what the upstream's config.json says."""

    line: int
    target: str
    download: str | None
    projects: Names
    redirect: int


@dataclass(frozen=True, slots=True)
class DockerRule:
    """A container registry; `target` without a last slash. `patterns` are regular expressions for RE2, for a whole name."""

    line: int
    target: str
    images: tuple[str, ...]
    patterns: tuple[tuple[str, str], ...]
    always_proxy: bool
    redirect: int


@dataclass(frozen=True, slots=True)
class FileRule:
    """Files by a template or by `regex` (compiled by RE2), one of the two. `target` None: 200, empty, an event."""

    line: int
    project: str
    template: Template | None
    regex: Any
    target: Target | None
    redirect: int


@dataclass(frozen=True, slots=True)
class PixelRule:
    """A transparent image; `path` in normal form."""

    line: int
    path: bytes
    id: str


@dataclass(frozen=True, slots=True)
class CatchAllRule:
    """All that no other rule took; `target` without a last slash, None: 200, empty, an event."""

    line: int
    target: Target | None
    project: str | None
    redirect: int


Rule = PythonRule | NpmRule | CargoRule | DockerRule | FileRule | PixelRule | CatchAllRule


@dataclass(frozen=True, slots=True)
class Domain:
    """A host, in normal form, and its rules as they stand in the file; their order means nothing (DL2)."""

    line: int
    host: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All hosts. `file` is as it was named, for messages."""

    file: str
    domains: tuple[Domain, ...]


def normal_name(name: str) -> str:
    """Give a Python project's name in its normal form (PEP 503)."""
    return _NORMAL_NAME.sub("-", name).lower()


MAX_HOST: Final = 300
"""Longer than any name with a port: what is longer is none, and is remembered nowhere."""


def normal_host(host: bytes) -> str:
    """Give a host without case, port and final dot; what is none comes out empty, which no domain is."""
    return _normal_host(host) if len(host) <= MAX_HOST else ""


@lru_cache(maxsize=4096)
def _normal_host(host: bytes) -> str:
    found = _HOST.fullmatch(host)
    return "" if found is None else found.group(1).removesuffix(b".").lower().decode("latin-1")
