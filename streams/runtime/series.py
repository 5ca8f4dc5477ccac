"""What a position belongs to: one cluster and one topic id. Another topic under the name is another series.

A worker also keeps the series that it last worked on in its own folder: when Kafka is wiped, our positions are wiped with
it, and only this shows that what Postgres holds came from another series.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from headcount.errors import HeadcountError
from headcount.settings import KafkaSettings
from headcount.topics import cluster_id, topic_ids
from schemas.topics import Topic
from streams.errors import PartitionStoppedError
from streams.runtime.compacted import read_all
from streams.state import POSITION_KEY, Position


@dataclass(frozen=True, slots=True)
class Series:
    """The raw topic as it is on the cluster now."""

    topic: str
    cluster_id: str
    topic_id: str


def series_of(settings: KafkaSettings, topic: Topic) -> Series:
    """Ask the cluster."""
    return Series(settings.name(topic), cluster_id(settings), topic_ids(settings, (topic,))[topic])


def stored_position(settings: KafkaSettings, state: Topic, partition: int) -> Position | None:
    """Read the position that was committed last; null where there is none. Raises KafkaException."""
    rows = read_all(settings, settings.name(state), partition)
    values = [value for key, value in rows if key == POSITION_KEY]
    return None if not values or values[-1] is None else Position.from_bytes(values[-1])


def check(position: Position | None, series: Series, partition: int, low: int, high: int) -> Position:
    """Give the position to go on from; a new one at 0 where there is none. Raises PartitionStoppedError.

    `low` and `high` are the raw partition's watermarks (offsets of the oldest record and behind the newest).
    """
    if position is None:
        position = Position(0, series.cluster_id, series.topic_id)
    where = f"{series.topic}, partition {partition}"
    if (position.cluster_id, position.topic_id) != (series.cluster_id, series.topic_id):
        raise _stopped(
            "our position belongs to another topic of this name (it was made anew)", where, series, partition
        )
    if position.next_offset > high:
        raise _stopped(
            f"our position {position.next_offset} is past the topic's end {high} (records were lost)",
            where,
            series,
            partition,
        )
    if position.next_offset < low:
        raise PartitionStoppedError(
            f"records {position.next_offset} to {low - 1} were deleted before they were read",
            where=where,
            do=f"`headcount ledger accept {series.topic} {partition}` writes the loss down and goes on",
        )
    if position.paused:
        raise PartitionStoppedError(
            "too many records in a row do not decode",
            where=where,
            do=f"see the dead letters, mend the producers, then `headcount streams resume {series.topic} {partition}`",
        )
    return position


def _stopped(what: str, where: str, series: Series, partition: int) -> PartitionStoppedError:
    return PartitionStoppedError(
        what,
        where=where,
        do=f"if that was meant, `headcount ledger accept {series.topic} {partition} --new-series` begins again",
    )


class OtherSeriesError(HeadcountError):
    """The cluster has no position of ours, but this worker has worked on another series before."""


class Memory:
    """The series that a worker last worked on, in its own folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "series.json"

    def check(self, series: Series, has_position: bool) -> None:
        """Raise OtherSeriesError where Kafka was wiped under us: another series, and no position in the new one."""
        before = self._read().get(series.topic)
        if before is not None and before != [series.cluster_id, series.topic_id] and not has_position:
            raise OtherSeriesError(
                "this is not the Kafka that was counted so far (it was wiped or replaced), and it has no position of ours",
                where=f"{series.topic} on cluster {series.cluster_id}",
                do="if that was meant, `headcount ledger accept TOPIC PARTITION --new-series` for each partition"
                " of the raw and the clean topic begins again at 0",
            )

    def keep(self, series: Series) -> None:
        """Remember the series."""
        before = dict(self._read())
        rows = before | {series.topic: [series.cluster_id, series.topic_id]}
        if rows == before:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(rows))
        new.replace(self._path)

    def _read(self) -> Mapping[str, list[str]]:
        try:
            rows: Mapping[str, list[str]] = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}  # never written, or cut off by a loss of power
        return rows
