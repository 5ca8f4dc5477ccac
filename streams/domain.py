"""What the runtime needs to know of a domain: its topics, and pure functions over one event. One value per domain."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas.topics import Topic

Record = dict[str, Any]


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
