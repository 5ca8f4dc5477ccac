"""One requirement line → a row, or what it counts as (builds.md R1-R13). `packaging` parses; we classify.

Of a URL or a marker nothing is kept, and no variable is ever expanded.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from producers.builds.event import Requirement
from producers.builds.pointers import (
    URL,
    VCS,
    Unnamed,
    extra_names,
    is_archive,
    is_local,
    name_and_version,
    read_pointer,
    split_marker,
)
from producers.builds.words import Constraint


@dataclass(frozen=True, slots=True)
class Include:
    """Another file: `-r`, or `-c` (its names are only constraints). `path` is as written."""

    path: str
    constraints: bool


@dataclass(frozen=True, slots=True)
class OtherIndex:
    """An option that names another index; its host is not kept."""


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Not a requirement: prose, a merge marker."""


Line = Requirement | Unnamed | Include | OtherIndex | Unparsed | None
"""What a line says; None: an option that says nothing about packages."""

CHARACTERS: Final = 2000
"""Of one requirement without its hashes; a longer one is none, and would take long to parse."""

_VARIABLE: Final = re.compile(r"\$\{[A-Za-z0-9_]+\}")

# The name that leads a broken requirement. What follows must look like one (`==${V}`, `==2004d`, `=1.0`, ` 1.0`, ` (1.0)`,
# `[extra`, `(>=x`, `; a == b`): `Alice <alice@example.org>` is a person.
_LEADING: Final = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?![A-Za-z0-9._-])\s*(?:\[(?P<extras>[^\]]*)\]\s*)?"
    r"(?=\(?\s*(?:===?|[!~<>]=|(?:=>|=<|[<>=])\s*(?:\$\{|[vV]?[0-9]|$))|;.*[<>=!]|;\s*$|\["
    r"|(?<=\s)[0-9]+\.[\w.+!-]*\s*$|\(\s*[0-9][\w.+!-]*\s*[,)])",
    re.ASCII,
)
_COMPARISON: Final = re.compile(
    r"""[\w)'"\]]\s*(?:===?|!=|~=|<=?|>=?)\s*[\w('"\[]|\bin\s*['"]|['"]\s*(?:not\s+)?in\b"""
)
"""What makes a marker of the text behind a `;`."""
_OPTION: Final = re.compile(r"(?P<name>--[a-z][a-z-]*|-[a-zA-Z])(?:\s*=\s*|\s+)?(?P<value>.*)")
_PIP_OPTION: Final = re.compile(r"(?:^|\s)--?[a-zA-Z]")
"""Where pip's own options begin behind a requirement: `--hash=…`, `--config-settings …`."""

_INDEX_OPTIONS: Final = frozenset({"-i", "--index-url", "--pypi-url", "--extra-index-url", "-f", "--find-links"})
_FILE_OPTIONS: Final = {"-r": False, "--requirement": False, "-c": True, "--constraint": True}
_EDITABLE_OPTIONS: Final = frozenset({"-e", "--editable"})


def read_line(line: str) -> Line:
    """Read one logical line (continuations joined, comments gone, not blank)."""
    text = line.strip()
    if not text.startswith("-"):
        return read_requirement(_PIP_OPTION.split(text, maxsplit=1)[0].strip())
    found = _OPTION.match(text)
    if found is None:
        return Unparsed()
    name, value = found["name"], found["value"].strip().strip("\"'")
    if name in _FILE_OPTIONS:
        return Include(value, _FILE_OPTIONS[name]) if value else Unparsed()
    if name in _EDITABLE_OPTIONS:
        return read_requirement(_PIP_OPTION.split(value, maxsplit=1)[0].strip(), editable=True)
    return OtherIndex() if name in _INDEX_OPTIONS else None


def read_requirement(text: str, *, editable: bool = False) -> Requirement | Unnamed | Unparsed:
    """Read a requirement without options of pip's; an `editable` one is a place, or a name at a place."""
    if len(text) > CHARACTERS:
        return Unparsed()
    if _VARIABLE.fullmatch(text):
        return Unnamed.VARIABLE
    parsed = None if is_archive(text) else _parse(text)
    conditional = parsed is not None and parsed.marker is not None
    if parsed is None and not is_archive(text):
        # A marker is not kept, so it may ask for what `packaging` does not know (`platform_node`).
        before, conditional = split_marker(text)
        parsed = _parse(before) if _COMPARISON.search(text.partition(";")[2]) else None
    if parsed is not None and (parsed.url or not editable):
        return _named(parsed, text, conditional)
    pointer = read_pointer(text)
    if pointer is not None:
        return pointer
    return Unnamed.PATH if editable and text else _invalid(text)


def _parse(text: str) -> Parsed | None:
    try:
        return Parsed(text)
    except (InvalidRequirement, ValueError, RecursionError):
        return None


def _named(parsed: Parsed, text: str, conditional: bool) -> Requirement | Unparsed:
    row = Requirement(
        name=canonicalize_name(parsed.name),
        constraint=Constraint.NONE,
        extras=tuple(sorted({canonicalize_name(extra) for extra in parsed.extras})),
        conditional=conditional,
    )
    if not parsed.url:
        return bound(row, parsed.specifier)
    if VCS.match(parsed.url):
        return replace(row, constraint=Constraint.VCS)
    # `alice@example.org` is an address of a person before it is a requirement.
    if not URL.match(parsed.url) and not ("/" in parsed.url and re.search(r"\s@|@\s", text)):
        return Unparsed()
    name, version = name_and_version(parsed.url)
    kind = Constraint.URL if URL.match(parsed.url) and not is_local(parsed.url) else Constraint.PATH
    return replace(row, constraint=kind, version=version if name == row.name else None)


def bound(row: Requirement, specifiers: SpecifierSet) -> Requirement:
    """Bind a row by specifiers: one exact version pins it, whatever else is excluded."""
    pairs = [(each.operator, each.version) for each in specifiers]
    exact = [_public(version) for operator, version in pairs if operator in ("==", "===") and version[-2:] != ".*"]
    if any("${" in version or not version for _, version in pairs):
        return replace(row, constraint=Constraint.INVALID, specifier=None, version=None)
    text = ",".join(sorted({operator + _public(version) for operator, version in pairs})) or None
    if len({_comparable(version) for version in exact}) == 1:
        return replace(row, constraint=Constraint.PINNED, specifier=text, version=min(exact, key=len))
    prefix = any(operator == "==" and version.endswith(".*") for operator, version in pairs)
    kind = Constraint.NONE if text is None else Constraint.PREFIX if prefix else Constraint.RANGE
    return replace(row, constraint=kind, specifier=text, version=None)


def joined(row: Requirement, constraint: Requirement) -> Requirement:
    """Give a row with the specifiers that a constraint file adds to it, as pip does (R5)."""
    specifiers = SpecifierSet(",".join(text for text in (row.specifier, constraint.specifier) if text))
    return bound(replace(row, conditional=row.conditional or constraint.conditional), specifiers)


def _invalid(text: str) -> Requirement | Unparsed:
    """Keep the name that leads what cannot be read; a sentence has none."""
    found = _LEADING.match(text)
    if found is None:
        return Unparsed()
    _, conditional = split_marker(text)
    return Requirement(
        canonicalize_name(found["name"]),
        Constraint.INVALID,
        extras=extra_names(found["extras"]),
        conditional=conditional,
    )


def _comparable(version: str) -> Version | str:
    try:
        return Version(version)
    except InvalidVersion:
        return version


def _public(version: str) -> str:
    """Cut the local part of a version (`1.0+acme.3`, P6); a version that can be read comes out normalised."""
    if version.endswith(".*"):
        return version
    try:
        return Version(version).public
    except InvalidVersion:
        return version.partition("+")[0]
