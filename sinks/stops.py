"""Partitions that wait for a person: written down by the sink, ended by `headcount ledger accept`.

The running sink looks at the table, so nobody has to restart it, and the command needs no Kafka.
"""

from collections.abc import Mapping
from typing import Any, Final

from headcount.errors import HeadcountError
from headcount.postgres import Connection, dict_row, translated
from sinks.position import Cause, Stop, missing_offsets
from sinks.statements import statement

_COLUMNS: Final = (
    "topic",
    "partition",
    "cause",
    "expected_raw_offset",
    "found_raw_offset",
    "found_clean_offset",
    "cluster_id",
    "topic_id",
)


def record_stop(connection: Connection[Any], stop: Stop) -> None:
    """Write a stop down."""
    with translated(), connection.transaction():
        connection.execute(
            statement("record_stop"), (*(getattr(stop, column) for column in _COLUMNS), stop.what, stop.way_on)
        )


def open_stops(connection: Connection[Any], topic: str | None = None) -> list[Stop]:
    """Give the partitions that wait, of one raw topic or of all."""
    with translated(), connection.transaction():
        rows = connection.execute(statement("open_stops"), (topic, topic)).fetchall()
    return [_stop(dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def _stop(row: Mapping[str, Any]) -> Stop:
    return Stop(**{**row, "cause": Cause(row["cause"])})


def accept(connection: Connection[Any], topic: str, partition: int, *, new_series: bool) -> dict[str, Any]:
    """End a stop: write the loss down and move the position. Gives the hole that was accepted.

    Raises HeadcountError where there is nothing to accept, or another way on.
    """
    with translated(), connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        # The position first, as the sink's transactions do it.
        cursor.execute(statement("lock_position"), (topic, partition))
        position = cursor.fetchone()
        cursor.execute(statement("lock_stop"), (topic, partition))
        row = cursor.fetchone()
        if row is None or position is None:
            raise _nothing(connection, topic, partition)
        stop = _stop({column: row[column] for column in _COLUMNS})
        _check_way(stop, new_series=new_series)
        accepted = _accepted(stop, position)
        cursor.execute(statement("move_on_new_series" if new_series else "move_on"), _moved(stop, position))
        cursor.execute(statement("write_loss"), accepted)
    return accepted


def _accepted(stop: Stop, position: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "topic": stop.topic,
        "partition": stop.partition,
        "cause": stop.cause.value,
        "first_missing": stop.expected_raw_offset,
        "last_missing": None if stop.cause is Cause.OTHER_SERIES else (stop.found_raw_offset or 0) - 1,
        "cluster_id": position["cluster_id"] or stop.cluster_id,
        "topic_id": position["topic_id"] or stop.topic_id,
    }


def _moved(stop: Stop, position: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "topic": stop.topic,
        "partition": stop.partition,
        "next_raw_offset": stop.found_raw_offset,
        "next_clean_offset": stop.found_clean_offset,
        "cluster_id": stop.cluster_id,
        "topic_id": stop.topic_id,
        "former": f"{position['cluster_id']}/{position['topic_id']}",
    }


def _check_way(stop: Stop, *, new_series: bool) -> None:
    where = f"{stop.topic}, partition {stop.partition}"
    if stop.cause is Cause.UNREADABLE or new_series != (stop.cause is Cause.OTHER_SERIES):
        raise HeadcountError(f"that is not the way on: {stop.what}", where=where, do=stop.way_on)


def _nothing(connection: Connection[Any], topic: str, partition: int) -> HeadcountError:
    waiting = [f"{stop.topic} {stop.partition}" for stop in open_stops(connection)]
    return HeadcountError(
        "this partition has not stopped: there is nothing to accept",
        where=f"{topic}, partition {partition}",
        do="nothing" if not waiting else "name one that waits: " + ", ".join(waiting),
    )


def describe(stop: Stop) -> dict[str, Any]:
    """Give a stop as fields for the log."""
    return {
        "topic": stop.topic,
        "partition": stop.partition,
        "cause": stop.cause.value,
        "missing_raw_offsets": missing_offsets(stop) if stop.cause is Cause.HOLE else None,
        "what": stop.what,
        "do": stop.way_on,
    }
