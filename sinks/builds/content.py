"""Package lists and configurations by the hash of their content: a thousand builds on one image store one list (K1, B47)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from packaging.utils import canonicalize_name

from schemas.codec import Record
from sinks.sort_keys import sort_key

HASH_BYTES: Final = 32

ITEM_COLUMNS: Final = (
    ("ecosystem", "text"),
    ("name", "text"),
    ("canonical_name", "text"),
    ("version", "text"),
    ("sort_key", "text"),
    ("channel", "text"),
    ("constraint_kind", "text"),
    ("specifier", "text"),
    ("extras", "text[]"),
    ("conditional", "bool"),
)
"""Columns of a list's items behind list and ordinal, with their types."""


@dataclass(frozen=True, slots=True)
class PackageList:
    """A list in canonical form: distinct rows, sorted, null as an empty text, so that they sort and hash alike."""

    hash: bytes
    ecosystem: str
    rows: tuple[tuple[Any, ...], ...]
    part: str

    def items(self) -> list[tuple[Any, ...]]:
        """Give the rows of the table, in the order of ITEM_COLUMNS."""
        item = _ITEM[self.part]
        return [item(self.ecosystem, row) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration as canonical JSON: keys sorted, no blanks."""

    hash: bytes
    text: str


def _installed(package: Record) -> tuple[Any, ...]:
    return (package["name"], package["version"] or "")


def _conda(package: Record) -> tuple[Any, ...]:
    return (package["name"], package["version"] or "", package["channel"] or "")


def _declared(package: Record) -> tuple[Any, ...]:
    return (
        package["name"],
        package["version"] or "",
        package["constraint"],
        package["specifier"] or "",
        tuple(package["extras"]),
        package["conditional"],
    )


def _item(ecosystem: str, row: tuple[Any, ...], *rest: Any) -> tuple[Any, ...]:
    name, version = row[0], row[1] or None
    key = None if version is None else sort_key(ecosystem, version)
    # conda's own names are not normalised by PEP 503, but a package that pip lists too must meet it (B19).
    canonical = canonicalize_name(name) if ecosystem != "apt" else name
    return (ecosystem, name, canonical, version, key, *(rest or (None,) * 5))


def _conda_item(ecosystem: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return _item(ecosystem, row, row[2] or None, None, None, None, None)


def _declared_item(ecosystem: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return _item(ecosystem, row, None, row[2], row[3] or None, list(row[4]), row[5])


_ROW: Final[dict[str, Callable[[Record], tuple[Any, ...]]]] = {
    "pip_declared": _declared,
    "pip_root": _installed,
    "pip_all": _installed,
    "conda_all": _conda,
    "apt_declared": _installed,
    "apt_all": _installed,
}
_ITEM: Final[dict[str, Callable[[str, tuple[Any, ...]], tuple[Any, ...]]]] = {
    **dict.fromkeys(_ROW, _item),
    "conda_all": _conda_item,
    "pip_declared": _declared_item,
}
LIST_PARTS: Final = tuple(_ROW)
"""The parts of an event that are package lists."""


def list_rows(part: str, packages: list[Record]) -> tuple[tuple[Any, ...], ...]:
    """Give the rows of a part that is a package list, as they come."""
    return tuple(map(_ROW[part], packages))


def package_list(part: str, rows: tuple[tuple[Any, ...], ...]) -> PackageList:
    """Give the canonical form of a list from its rows."""
    ecosystem = part.partition("_")[0]
    canonical = tuple(sorted(set(rows)))
    text = json.dumps([ecosystem, canonical], ensure_ascii=True, separators=(",", ":"))
    return PackageList(_hash(text.encode("ascii")), ecosystem, canonical, part)


def config(text: str) -> Config:
    """Give the canonical form of a configuration. ValueError where the text is no JSON, or has NaN in it."""
    canonical = json.dumps(
        json.loads(text, parse_constant=_refuse),
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )
    return Config(_hash(canonical.encode("utf-8")), canonical)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=HASH_BYTES).digest()
