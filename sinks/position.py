"""Where a partition stands, and what the next clean record means for it: apply, pass over, or stop."""

from dataclasses import dataclass, replace
from enum import StrEnum

from schemas.codec import Record


class Cause(StrEnum):
    """Why a partition stopped; each needs a person."""

    HOLE = "hole"
    OTHER_SERIES = "other_series"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a partition has been applied. Series: the cluster and the raw topic's id; null before the first record."""

    partition: int
    next_raw_offset: int = 0
    next_clean_offset: int = 0
    cluster_id: str | None = None
    topic_id: str | None = None
    former_series: tuple[str, ...] = ()
    epoch: int = 0

    @property
    def series(self) -> str | None:
        """Name the series that the offsets belong to; null before the first record."""
        return None if self.cluster_id is None else f"{self.cluster_id}/{self.topic_id}"

    def after(self, record: Record, clean_offset: int) -> "Position":
        """Give the position behind a record that is applied, or passed over."""
        if record["raw_offset"] < self.next_raw_offset or series(record) in self.former_series:
            return replace(self, next_clean_offset=clean_offset + 1)
        return replace(
            self,
            next_raw_offset=record["raw_offset"] + 1,
            next_clean_offset=clean_offset + 1,
            cluster_id=record["cluster_id"],
            topic_id=record["topic_id"],
        )


@dataclass(frozen=True, slots=True)
class Stop:
    """A partition that waits for a person: what should have come, and what came instead."""

    topic: str
    partition: int
    cause: Cause
    expected_raw_offset: int
    found_raw_offset: int | None = None
    found_clean_offset: int | None = None
    cluster_id: str | None = None
    topic_id: str | None = None

    @property
    def what(self) -> str:
        """Say in one line what is missing."""
        match self.cause:
            case Cause.HOLE:
                return (
                    f"the clean records of raw offsets {missing_offsets(self)} are missing; "
                    f"what comes next has raw offset {self.found_raw_offset}"
                )
            case Cause.OTHER_SERIES:
                return (
                    f"the records are of another topic or cluster (topic id {self.topic_id}, cluster {self.cluster_id}) "
                    f"than the position {self.expected_raw_offset}: was Kafka wiped, or the topic made anew?"
                )
        return f"the clean record at offset {self.found_clean_offset} cannot be read by this version"

    @property
    def way_on(self) -> str:
        """Say what a person can do."""
        accept = f"headcount ledger accept {self.topic} {self.partition}"
        match self.cause:
            case Cause.HOLE:
                return f"if they are lost for good, `{accept}` writes the loss down and goes on"
            case Cause.OTHER_SERIES:
                return f"if so, `{accept} --new-series` begins again at raw offset 0 and keeps what the tables have"
        return "update this sink to the headcount that runs streams, and start it again"


def missing_offsets(stop: Stop) -> str:
    """Write the missing raw offsets of a hole: `7`, or `7..9`."""
    first, last = stop.expected_raw_offset, (stop.found_raw_offset or 0) - 1
    return str(first) if last <= first else f"{first}..{last}"


def series(record: Record) -> str:
    """Name the series of a record: offsets of another one mean other records."""
    return f"{record['cluster_id']}/{record['topic_id']}"


class Verdict(StrEnum):
    """What to do with a clean record."""

    APPLY = "apply"
    PASS_OVER = "pass_over"
    HOLE = "hole"
    OTHER_SERIES = "other_series"


def judge(position: Position, record: Record) -> Verdict:
    """Say what the next clean record of a partition is to us. The checks rest on raw offsets being contiguous."""
    if series(record) in position.former_series:
        return Verdict.PASS_OVER
    if position.series not in (None, series(record)):
        return Verdict.OTHER_SERIES
    if record["raw_offset"] < position.next_raw_offset:
        return Verdict.PASS_OVER
    return Verdict.APPLY if record["raw_offset"] == position.next_raw_offset else Verdict.HOLE
