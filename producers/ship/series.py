"""Which cluster and topic a position counts in. On another one the numbers begin anew: streams there know none of them."""

import os
from dataclasses import replace
from typing import Final

from headcount import topics
from headcount.kafka import KafkaException
from headcount.settings import KafkaSettings
from producers.ship.position import Position
from producers.ship.record import Record
from schemas.batches import Head, headers
from schemas.codec import decode, encode
from schemas.topics import DEAD_DOWNLOADS, RAW_DOWNLOADS

_TOPICS: Final = (RAW_DOWNLOADS, DEAD_DOWNLOADS)


def series_now(settings: KafkaSettings) -> str:
    """Make our topics where they are not there, and name the cluster and the raw topic's id.

    Raises UnavailableError where Kafka does not answer, TopicError where a topic is not as we define it.
    """
    try:
        topics.ensure(settings, _TOPICS)
        return f"{topics.cluster_id(settings)}/{topics.topic_ids(settings, (RAW_DOWNLOADS,))[RAW_DOWNLOADS]}"
    except KafkaException as error:
        raise topics.unavailable(settings, error) from error


def begun(position: Position, settings: KafkaSettings, series: str) -> Position:
    """Give the position for a series: with numbers of its own where it was another's, and what waits under these."""
    if position.series == series:
        return position
    if position.series is None:
        return replace(position, series=series)
    raw = settings.name(RAW_DOWNLOADS)
    heads: dict[int, Head] = {}
    pending: list[Record] = []
    for record in position.pending:
        if record.topic != raw:
            pending.append(record)
            continue
        last = heads.get(record.partition) or Head(os.urandom(16).hex(), -1, 0, 0, 0)
        count = record.events
        head = heads[record.partition] = Head(last.producer_id, last.seq + 1, count, last.handed_over + count, 0)
        told = {"producer_id": head.producer_id, "seq": head.seq, "handed_over": head.handed_over, "dropped": 0}
        value = encode(RAW_DOWNLOADS, decode(RAW_DOWNLOADS, record.value) | told)
        named = tuple((name, value) for name, value in headers(head) if isinstance(value, bytes))
        pending.append(replace(record, value=value, headers=named))
    # Those that wait end their own little series: the next batch begins another.
    return replace(position, series=series, numbers={}, pending=tuple(pending))
