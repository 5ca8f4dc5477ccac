"""What the runtime needs to know of a domain: its topics, and pure functions over one event. One value per domain."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas.builds.retirement import Mark
from schemas.topics import Topic

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Retirement:
    """How a domain's latest rows go.

    `of` gives the scope and mark of an accepted event that retires, or null; a scope is the key of a row, or of a group.
    `group_of` gives the group of a row's key, which is never the key of a row, and of a group itself. `prune` gives what a
    mark leaves of a row: the same object where nothing goes, null where nothing stays. `stale` gives the mark that retires
    a row for its age at a time (microseconds), empty where it is young enough.
    """

    of: Callable[[Record], tuple[bytes, Mark] | None]
    group_of: Callable[[bytes], bytes]
    prune: Callable[[Record, Mark], Record | None]
    stale: Callable[[Record, int], Mark]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of events.

    `event_id` and `accept` raise RefusedError; `accept` takes the receipt in microseconds. `show` gives what a dead
    letter may hold of a refused event. `latest` gives the key and row that an accepted event contributes, or null, and
    `join` joins two rows: a maximum, so that order and repetition change nothing.
    """

    raw: Topic
    clean: Topic
    latest: Topic
    state: Topic
    dead: Topic
    table: Topic
    event_id: Callable[[Record], bytes]
    accept: Callable[[Record, int], Record]
    show: Callable[[Record], Record]
    contribution: Callable[[Record], tuple[bytes, Record] | None]
    join: Callable[[Record | None, Record], Record]
    retirement: Retirement
