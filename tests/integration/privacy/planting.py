"""Raw events and raw records with a canary in every place that a client controls.

What may stay is decided in one place, `is_own` of the unit tests: the operator's own ids and slugs keep private names.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from schemas.batches import MAX_EVENTS, MAX_RECORD_BYTES, Head, Headers, encode_batch, encode_event, headers
from schemas.topics import RAW_BUILDS
from tests.canaries import CANARIES
from tests.planted_event import full_event, is_own, plant

Record = dict[str, Any]

_numbers = itertools.count(1)


def identified(event: Record, planted_at: str = "") -> Record:
    """The event with an id, a project and a build of its own, where they are not what is planted."""
    number = next(_numbers)
    made = dict(event)
    if planted_at != ".event_id":
        made["event_id"] = hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()
    if made["project"] is not None and planted_at != ".project.id":
        made["project"] = made["project"] | {"id": f"p{number}"}
    if made["build"] is not None and planted_at != ".build.id":
        made["build"] = made["build"] | {"id": str(number)}
    return made


def one_by_one() -> Iterator[Record]:
    """One event for each field and canary, the ways to stand in a field taking turns (all of them: the unit test)."""
    whole = full_event()
    for which, canary in enumerate(CANARIES):
        for number, (path, spoilt) in enumerate(plant(whole, canary)):
            is_turn = number % 3 == (number // 3 + which) % 3
            if is_turn and not is_own(path, canary):
                yield identified(spoilt, path)


def everywhere(canary: str) -> Record:
    """One event with a canary in every field where it may not stay, in keys of maps, and all over a configuration."""

    def spoil(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            return {name: spoil(inner, f"{path}.{name}") for name, inner in value.items()}
        if isinstance(value, list):
            is_text = bool(value) and isinstance(value[0], str)
            more = [canary] if is_text and not is_own(f"{path}[]", canary) else []
            return [spoil(inner, f"{path}[]") for inner in value] + more
        checked = path in (".event_id", ".kind", ".build.started_at")
        return f"{value} {canary}" if isinstance(value, str) and not checked and not is_own(path, canary) else value

    event: Record = spoil(full_event(), "")
    result = event["collectors"]["pip_all"]
    event["collectors"][canary] = result
    result["unnamed"] = {canary: 1}
    event["config"] = {name: json.dumps(config(canary)) for name in ("user", "final")}
    return identified(event)


def config(canary: str) -> Any:
    """A configuration with a canary as the value of every key we know, beside each as a key, and in between."""
    return _filled(_kinds(), canary)


def _filled(kind: Any, canary: str) -> Any:
    if isinstance(kind, dict):
        keys = {canary if key == "*" else key: _filled(inner, canary) for key, inner in kind.items() if key}
        return keys | {canary: canary, "unknown": {canary: [canary]}}
    if isinstance(kind, list):
        return [_filled(kind[0], canary), canary]
    return [canary, f"curl -u {canary} {canary}", f"docs/{canary}/conf.py", {canary: canary}, [[canary]]]


@cache
def _kinds() -> Any:
    return json.loads(files("streams").joinpath("data", "config_keys.json").read_text(encoding="utf-8"))


def retired(canary: str) -> Iterator[Record]:
    """Retirements that carry all that a build does."""
    for kind in ("version_retired", "project_retired"):
        yield everywhere(canary) | {"kind": kind}


def refused(canary: str) -> Iterator[tuple[str, Record]]:
    """One event for each reason to refuse an event, and the reason."""
    changes: dict[str, Record] = {
        "event_id": {"event_id": canary},
        "kind": {"kind": canary},
        "project": {"project": None},
        "build": {"build": None},
        "version": {"kind": "version_retired", "version": None},
        "started_at": {"build.started_at": canary},
        "started_at_ahead": {"build.started_at": "2090-01-01T00:00:00Z"},
    }
    for reason, change in changes.items():
        event = everywhere(canary)
        for name, value in change.items():
            part, _, field = name.partition(".")
            event[part] = event[part] | {field: value} if field else value
        yield reason, event


def broken(canary: str) -> Iterator[tuple[str, bytes]]:
    """Bytes with a canary in them that are refused as a whole record, and the reason."""
    good = batch([everywhere(canary)], canary)
    yield "undecodable", canary.encode()
    yield "undecodable", good[: len(good) // 2]
    yield "undecodable", b"\xff" + good[1:]
    yield "undecodable", good + canary.encode()
    yield "undecodable", json.dumps(everywhere(canary)).encode()
    yield "unknown_schema", good[:1] + b"\0\0\x4e\x20" + good[5:]


def too_large(canary: str) -> Iterator[bytes]:
    """Records over the limits of events and of bytes."""
    whole = everywhere(canary)
    small = encode_event(RAW_BUILDS, {name: whole[name] for name in ("event_id", "kind", "build", "organization")})
    yield encode_batch(RAW_BUILDS, _head(canary, MAX_EVENTS + 1), [small] * (MAX_EVENTS + 1))
    yield batch([everywhere(canary)], canary) + canary.encode() * (MAX_RECORD_BYTES // len(canary) + 1)


def batch(events: list[Record], producer_id: str) -> bytes:
    """A record's value; the body names any text as its producer."""
    return encode_batch(RAW_BUILDS, _head(producer_id, len(events)), [encode_event(RAW_BUILDS, e) for e in events])


def _head(producer_id: str, count: int) -> Head:
    return Head(producer_id, 0, count, count, 0)


def spoilt_headers(canary: str) -> Headers:
    """Kafka headers with a canary in every value, and under a key of its own."""
    return [*((name, canary.encode()) for name, _ in headers(_head(canary, 1))), (canary, canary.encode())]
