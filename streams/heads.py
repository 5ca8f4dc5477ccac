"""Who sent a raw record and which number it has: from its headers, so that a body that does not decode has an account.

The headers win over the body, as `headcount replay` sends old bytes under a new producer.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas.batches import MAX_RECORD_BYTES, Head

_PRODUCER: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MOST: Final = 2**53
"""Numbers above this are nonsense: no producer sends so many."""


def from_headers(headers: Iterable[tuple[str, bytes | None]]) -> Head | None:
    """Read the head from Kafka headers; null where any is missing or nonsense."""
    texts = {name: (value or b"").decode("ascii", "replace") for name, value in headers}
    try:
        return _head(texts["producer_id"], *(int(texts[name]) for name in ("seq", "count", "handed_over", "dropped")))
    except (KeyError, ValueError):
        return None


def from_body(batch: Mapping[str, Any]) -> Head | None:
    """Read the head from a decoded batch; null where it is nonsense."""
    return _head(batch["producer_id"], batch["seq"], len(batch["events"]), batch["handed_over"], batch["dropped"])


def _head(producer_id: str, seq: int, count: int, handed_over: int, dropped: int) -> Head | None:
    numbers = (seq, count, handed_over, dropped)
    if not _PRODUCER.fullmatch(producer_id) or min(numbers) < 0 or max(numbers) > _MOST or count > MAX_RECORD_BYTES:
        return None
    return Head(producer_id, seq, count, handed_over, dropped)
