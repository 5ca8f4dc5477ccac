"""Decides a take: raw records in, everything that one Kafka transaction writes out. Pure; plain dicts, as it is hot.

Every raw record gives exactly one clean record with the account of its events: received = accepted + duplicates +
refused. Nothing here touches the state: the draft becomes state once the transaction has committed.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from schemas.batches import MAX_EVENT_BYTES, MAX_EVENTS, MAX_RECORD_BYTES, Head, encode_event
from schemas.codec import decode, encode
from schemas.errors import RefusedError
from schemas.refusals import OF_FORM, Reason
from schemas.topics import Topic
from streams.domain import Domain
from streams.form import FormWatch
from streams.heads import from_body, from_headers
from streams.latest_rows import LatestRows
from streams.retire import prune, sweep
from streams.sequence import Movement, has_come, receive
from streams.state import Draft

Record = dict[str, Any]


MAX_LATEST_BYTES: Final = 3 * 1024 * 1024
MAX_SHOWN_CHARACTERS: Final = 400_000
"""Of a refused event in its dead letter: what is longer is only named by its position."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record of a raw topic; `received_at` is the broker's append time, microseconds."""

    offset: int
    received_at: int
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record that the transaction writes; a null value is a tombstone."""

    topic: Topic
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Tally:
    """What a take counted, for the metrics."""

    events: int = 0
    accepted: int = 0
    duplicate_batch: int = 0
    duplicate_event: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    collectors: Counter[tuple[str, str]] = field(default_factory=Counter)
    durations_ms: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class Take:
    """The result: what to write, the state to apply after the commit, and latest rows by key: new, or null for gone."""

    draft: Draft
    out: list[Outgoing] = field(default_factory=list)
    latest: dict[bytes, Record | None] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


@dataclass(slots=True)
class _Judged:
    """What became of one record's events."""

    accepted: list[Record] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    duplicate_batch: int = 0
    duplicate_event: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Taker:
    """Decides takes of one raw partition. `latest` holds the committed latest rows."""

    def __init__(self, domain: Domain, *, raw_name: str, partition: int, latest: LatestRows) -> None:
        self._domain = domain
        self._where = f"{raw_name}:{partition}"
        self._latest = latest

    def decide(self, records: Sequence[RawRecord], draft: Draft, form: FormWatch) -> Take:
        """Decide records that follow the draft's position without a gap. Never raises for what a record holds.

        The draft's position moves behind the last record decided; it is paused, and the rest left, where `form` stops.
        """
        take = Take(draft)
        for record in records:
            producer, bad_form = self._record(record, take)
            stops = form.stops(producer, bad_form)
            draft.position = replace(draft.position, next_offset=record.offset + 1, paused=stops)
            if stops:
                break
        sweep(take.latest, draft, self._latest, self._domain, record.received_at)
        prune(take.latest, draft, self._latest, self._domain)
        draft.expire(record.received_at)
        take.out += [
            Outgoing(self._domain.latest, key, None if row is None else _fits(self._domain.latest, row))
            for key, row in take.latest.items()
        ]
        take.out += [Outgoing(self._domain.state, key, value) for key, value in draft.to_rows().items()]
        return take

    def _record(self, record: RawRecord, take: Take) -> tuple[str, bool]:
        """Decide one record; gives its producer and whether its form was bad."""
        head = from_headers(record.headers)
        judged = _Judged()
        bad_form = False
        try:
            _limit(record.value)
            batch = decode(self._domain.raw, record.value)
            head = head or from_body(batch)
            self._batch(record, batch["events"], head, take, judged)
            count = len(batch["events"])
        except RefusedError as error:
            # Without a readable head nobody can say how many events it was: it counts as one.
            count = head.count if head is not None else 1
            bad_form = error.reason in OF_FORM
            known = head is not None and has_come(take.draft.sequence(head.producer_id), head.seq)
            if known:
                judged.duplicate_batch = count
            else:
                judged.refused[error.reason] += count
                self._letter(record, head, error, None, count, take)
        movement = self._move(record, head, count, bad_form and not judged.duplicate_batch, take)
        self._clean(record, head, count, judged, movement, take)
        return head.producer_id if head is not None else "", bad_form

    def _batch(self, record: RawRecord, events: list[Record], head: Head | None, take: Take, judged: _Judged) -> None:
        if len(events) > MAX_EVENTS:
            raise RefusedError(Reason.TOO_LARGE, "events")
        if head is not None and has_come(take.draft.sequence(head.producer_id), head.seq):
            judged.duplicate_batch = len(events)
            return
        ids: set[bytes] = set()
        unchecked = len(record.value)
        for index, event in enumerate(events):
            try:
                if unchecked > MAX_EVENT_BYTES:
                    # Only a record that is larger than an event may be can hold one that is too large.
                    size = len(encode_event(self._domain.raw, event))
                    unchecked -= size
                    if size > MAX_EVENT_BYTES:
                        raise RefusedError(Reason.TOO_LARGE, "event")
                id_ = self._domain.event_id(event)
                if id_ in ids or take.draft.knows(id_):
                    judged.duplicate_event += 1
                    continue
                clean = self._domain.accept(event, record.received_at)
            except RefusedError as error:
                judged.refused[error.reason] += 1
                self._letter(record, head, error, (index, event), 1, take)
                continue
            ids.add(id_)
            judged.ids.append(id_)
            judged.accepted.append(clean)
            self._contribute(clean, record.received_at, take)
        take.draft.accept(record.offset, record.received_at, tuple(judged.ids))

    def _contribute(self, clean: Record, received_at: int, take: Take) -> None:
        retired = self._domain.retirement.of(clean)
        if retired is not None:
            scope, mark = retired
            take.draft.retire(scope, mark, received_at)
            return
        contribution = self._domain.contribution(clean)
        if contribution is None:
            return
        key, row = contribution
        before = take.latest.get(key) or self._latest.get(key)
        take.latest[key] = self._domain.join(before, row)

    def _move(self, record: RawRecord, head: Head | None, count: int, bad_form: bool, take: Take) -> Movement:
        if head is None:
            return Movement(handed_over=count)
        before = take.draft.sequence(head.producer_id)
        after, movement = receive(before, head, count, at=record.received_at, refused=bad_form)
        take.draft.producers[head.producer_id] = after
        return movement

    def _clean(
        self, record: RawRecord, head: Head | None, count: int, judged: _Judged, movement: Movement, take: Take
    ) -> None:
        position = take.draft.position
        value = {
            "raw_offset": record.offset,
            "cluster_id": position.cluster_id,
            "topic_id": position.topic_id,
            "received_at": record.received_at,
            "account": _account(head, count, judged, movement),
            "events": judged.accepted,
        }
        take.out.append(Outgoing(self._domain.clean, None, encode(self._domain.clean, value)))
        _tally(take.tally, count, judged)

    def _shown(self, event: Record) -> str | None:
        text = json.dumps(self._domain.show(event), ensure_ascii=False)
        return text if len(text) <= MAX_SHOWN_CHARACTERS else None

    def _letter(
        self,
        record: RawRecord,
        head: Head | None,
        error: RefusedError,
        event: tuple[int, Record] | None,
        count: int,
        take: Take,
    ) -> None:
        index = "" if event is None else str(event[0])
        position = f"{self._where}:{record.offset}:{index}"
        letter = {
            "position": position,
            "reason": error.reason.value,
            "detail": error.detail,
            "received_at": record.received_at,
            "producer_id": None if head is None else head.producer_id,
            "seq": None if head is None else head.seq,
            "events": count,
            "event": None if event is None else self._shown(event[1]),
            "replayed_at": None,
        }
        take.out.append(Outgoing(self._domain.dead, position.encode(), encode(self._domain.dead, letter)))


def _fits(topic: Topic, row: Record) -> bytes:
    """Encode a latest row; one that parts of many huge builds make too large loses its package lists."""
    value = encode(topic, row)
    if len(value) <= MAX_LATEST_BYTES:
        return value
    for half in filter(None, (row["latest"], row["successful"])):
        half["parts"] = {part: None if part.endswith("_all") else known for part, known in half["parts"].items()}
    return encode(topic, row)


def _limit(value: bytes) -> None:
    if len(value) > MAX_RECORD_BYTES:
        raise RefusedError(Reason.TOO_LARGE, "record")


def _account(head: Head | None, count: int, judged: _Judged, movement: Movement) -> Mapping[str, Any]:
    return {
        "producer_id": None if head is None else head.producer_id,
        "seq": None if head is None else head.seq,
        "handed_over": movement.handed_over,
        "dropped": movement.dropped,
        "missing": movement.missing,
        "closed": [{"hour": hour, "events": events} for hour, events in movement.closed],
        "resent": count if movement.resent else 0,
        "received": count,
        "accepted": len(judged.accepted),
        "duplicate_batch": judged.duplicate_batch,
        "duplicate_event": judged.duplicate_event,
        "refused": dict(judged.refused),
    }


def _tally(tally: Tally, count: int, judged: _Judged) -> None:
    tally.events += count
    tally.accepted += len(judged.accepted)
    tally.duplicate_batch += judged.duplicate_batch
    tally.duplicate_event += judged.duplicate_event
    tally.refused += judged.refused
    for event in judged.accepted:
        for name, result in event.get("collectors", {}).items():
            tally.collectors[name, result["status"]] += 1
            tally.durations_ms[name].append(result["duration_ms"])
