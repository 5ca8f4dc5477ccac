"""An Event → the plain record of the raw topic: masked, capped (T6), with its id (T5)."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import Any, Final

from producers.builds.event import Event
from producers.builds.mask import Mask

Record = dict[str, Any]

TEXT_CHARACTERS: Final = 200
EVENT_BYTES: Final = 200 * 1024
"""Of one encoded event: a raw record holds 256 KiB."""

UNMASKED: Final = frozenset({"id", "kind", "status", "stage", "constraint", "source", "started_at"})
"""Fields that `secrets` do not touch: closed words of ours, and the host's own ids, which must stay distinct."""

CUT_ORDER: Final = (
    (("packages", "apt", "all"), "apt_all"),
    (("packages", "conda", "all"), "conda_all"),
    (("packages", "pip", "all"), "pip_all"),
    (("packages", "pip", "declared"), "pip_declared"),
    (("packages", "pip", "root"), "pip_root"),
    (("packages", "apt", "declared"), "apt_declared"),
    (("doctool", "extensions"), "doctool"),
)
"""What is cut from an event that is too large, and whose collector says so: T6's three lists, then the other lists."""

_UNSENDABLE: Final = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str, mask: Mask, limit: int = TEXT_CHARACTERS) -> str | None:
    """Take NUL, lone surrogates and secrets out, cut to `limit` characters; nothing left is None."""
    return mask(_UNSENDABLE.sub("", text))[:limit] or None


def canonical_json(value: Any) -> str:
    """Give JSON with sorted keys and without blanks (K1). Raises ValueError for NaN and infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain_record(event: Event, mask: Mask) -> Record:
    """Give the record of an event: within every cap of T6, and with `event_id`."""
    record: Record = _plain(event, mask, "")
    record["config"] = {"user": event.config.user, "final": event.config.final}  # long; masked when made
    _cut(record)
    return {"event_id": event_id(record), **record}


def event_id(record: Record) -> str:
    """Give the 128-bit hash of an event's content in hexadecimal: the same content has the same id anywhere."""
    content = {name: value for name, value in record.items() if name != "event_id"}
    return blake2b(canonical_json(content).encode(), digest_size=16).hexdigest()


def encoded_size(value: Any) -> int:
    """Give an upper bound of the bytes that a value takes in Avro: field names cost nothing, a union's branch one."""
    if isinstance(value, str):
        return len(value.encode()) + 5
    if isinstance(value, Mapping):
        return 2 + sum(encoded_size(item) for item in value.values())
    if isinstance(value, list):
        return 8 + sum(encoded_size(item) for item in value)
    return 10


def to_plain(value: Any) -> Any:
    """Give any part of an event as dicts, lists and scalars, unmasked and uncut."""
    if isinstance(value, str):
        return str(value)
    if is_dataclass(value):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    return [to_plain(item) for item in value] if isinstance(value, tuple | list) else value


def sendable(value: Any) -> Any:
    """Give any part of an event as it would be sent, where there is no secret to mask."""
    return _plain(value, str, "")


def _plain(value: Any, mask: Mask, name: str) -> Any:
    if isinstance(value, str):
        return clean_text(value, str if name in UNMASKED else mask)
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name), mask, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item, mask, name) for key, item in value.items()}
    if isinstance(value, tuple | list):
        texts = [_plain(item, mask, name) for item in value]
        return [text for text in texts if text is not None]
    return value


def _cut(record: Record) -> None:
    """Shorten lists in CUT_ORDER until the event fits; what is left of a list is its beginning."""
    over = encoded_size(record) + _map_keys(record) - EVENT_BYTES
    for path, collector in CUT_ORDER:
        if over <= 0:
            return
        holder = record
        for name in path[:-1]:
            holder = holder[name]
        rows = holder[path[-1]]
        kept, freed = len(rows), 0
        while kept and freed < over:
            kept -= 1
            freed += encoded_size(rows[kept])
        if kept < len(rows):
            holder[path[-1]] = rows[:kept]
            over -= freed
            if collector in record["collectors"]:
                record["collectors"][collector]["truncated"] = True


def _map_keys(record: Record) -> int:
    return sum(len(name) + 40 for name in record["collectors"])
