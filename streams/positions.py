"""What a person decides about a partition that stopped: go on behind a loss, begin a new series, resume after a pause.

Written with the partition's own transactional id, so the worker that owns it is fenced and starts again from there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from headcount.errors import HeadcountError
from headcount.kafka import admin, producer
from headcount.settings import KafkaSettings
from schemas.topics import Topic
from streams.domain import Domain
from streams.runtime.compacted import first_offset, watermarks
from streams.runtime.series import Series, series_of, stored_position
from streams.state import POSITION_KEY, Position

_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Found:
    """A raw partition as it is: our position (null: none), its series, its watermarks, and its next record (offsets)."""

    position: Position | None
    series: Series
    low: int
    high: int
    next_record: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was decided: records from `first_lost` to before `next_offset` are given up."""

    topic: str
    partition: int
    first_lost: int | None
    next_offset: int


def accept_loss(settings: KafkaSettings, domain: Domain, partition: int) -> Accepted:
    """Go on at the oldest record there is. Raises HeadcountError where nothing was lost."""

    def change(found: Found) -> Position:
        before = found.position or Position(0, found.series.cluster_id, found.series.topic_id)
        if before.next_offset >= found.next_record:
            raise HeadcountError(
                "no record is missing",
                where=f"{found.series.topic}, partition {partition}",
                do="nothing; if another topic or cluster is meant, add --new-series",
            )
        return replace(before, next_offset=found.next_record)

    return _write(settings, domain, partition, change)


def accept_new_series(settings: KafkaSettings, domain: Domain, partition: int) -> Accepted:
    """Begin at the oldest record of the topic as it is now, under its new ids. Raises where it is the known series."""

    def change(found: Found) -> Position:
        new = Position(found.low, found.series.cluster_id, found.series.topic_id)
        before = found.position
        same = before is not None and (before.cluster_id, before.topic_id) == (new.cluster_id, new.topic_id)
        if same and before is not None and before.next_offset <= found.high:
            raise HeadcountError(
                "the topic is the one that we know",
                where=f"{found.series.topic}, partition {partition}",
                do="nothing; without --new-series, a loss in it can be accepted",
            )
        return new

    return _write(settings, domain, partition, change)


def resume(settings: KafkaSettings, domain: Domain, partition: int) -> Accepted:
    """Lift the pause that records of bad form caused. Raises HeadcountError where the partition is not paused."""

    def change(found: Found) -> Position:
        if found.position is None or not found.position.paused:
            raise HeadcountError(
                "the partition is not paused",
                where=f"{found.series.topic}, partition {partition}",
                do="nothing; /readyz of the streams worker says what is wrong",
            )
        return replace(found.position, paused=False)

    return _write(settings, domain, partition, change)


def _write(settings: KafkaSettings, domain: Domain, partition: int, change: Callable[[Found], Position]) -> Accepted:
    _must_be_there(settings, (domain.raw, domain.state))
    series = series_of(settings, domain.raw)
    # Asked first, so that a partition that is well keeps its owner; asked again when the owner is fenced.
    change(_find(settings, domain, series, partition))
    client = producer(settings, transactional_id=f"{series.topic}-{partition}")
    client.init_transactions(_SECONDS)
    found = _find(settings, domain, series, partition)
    position = change(found)
    client.begin_transaction()
    client.produce(settings.name(domain.state), key=POSITION_KEY, value=position.to_bytes(), partition=partition)
    client.commit_transaction(_SECONDS)
    same = found.position is not None and found.position.topic_id == position.topic_id
    lost = found.position.next_offset if same and found.position is not None else None
    return Accepted(series.topic, partition, lost, position.next_offset)


def _must_be_there(settings: KafkaSettings, topics: tuple[Topic, ...]) -> None:
    there = admin(settings).list_topics(timeout=_SECONDS).topics
    for topic in topics:
        if settings.name(topic) not in there:
            raise HeadcountError(
                "streams have never worked on this cluster: the topic is not there",
                where=f"{settings.name(topic)} on {settings.bootstrap}",
                do="nothing here; `headcount topics --create` makes our topics",
            )


def _find(settings: KafkaSettings, domain: Domain, series: Series, partition: int) -> Found:
    position = stored_position(settings, domain.state, partition)
    low, high = watermarks(settings, series.topic, partition)
    stands_at = max(low, 0 if position is None else position.next_offset)
    return Found(position, series, low, high, first_offset(settings, series.topic, partition, stands_at))
