"""The latest rows of one partition: they stand in a table that all partitions share, and here is which of them are ours.

A worker may lose a partition and get it again, while another one removed rows from it: what the table still has of before
is not found here. Rows are grouped (a project's versions), as some events concern a whole group.
"""

from collections.abc import Callable, Iterator, MutableMapping, Set
from typing import Any

Record = dict[str, Any]
_NONE: Set[bytes] = frozenset()


class LatestRows:
    """Rows by key; `group_of` gives a key's group. Used by one thread at a time."""

    def __init__(self, table: MutableMapping[bytes, Record], group_of: Callable[[bytes], bytes]) -> None:
        self._table = table
        self._group_of = group_of
        self._groups: dict[bytes, set[bytes]] = {}

    def get(self, key: bytes) -> Record | None:
        """Give a row; null where there is none."""
        return self._table.get(key) if key in self._groups.get(self._group_of(key), _NONE) else None

    def group(self, group: bytes) -> Set[bytes]:
        """Give the keys of a group."""
        return self._groups.get(group, _NONE)

    def put(self, key: bytes, row: Record | None) -> None:
        """Keep a row, or let it go."""
        group = self._group_of(key)
        if row is not None:
            self._groups.setdefault(group, set()).add(key)
            self._table[key] = row
            return
        keys = self._groups.get(group, set())
        keys.discard(key)
        if not keys:
            self._groups.pop(group, None)
        self._table.pop(key, None)

    def __iter__(self) -> Iterator[bytes]:
        for keys in self._groups.values():
            yield from keys

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))
