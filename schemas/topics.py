"""Every topic as a typed value. Its name is spelt here and nowhere else; partitions are part of the definition."""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zlib import crc32

PARTITIONS: Final = 8
"""Of every topic: another number means a `.v2` topic, as state is local to a partition."""

_MIB: Final = 1024 * 1024
_HOUR_MS: Final = 60 * 60 * 1000
_DAY_MS: Final = 24 * _HOUR_MS


class Stage(StrEnum):
    """Where in the flow a topic stands."""

    RAW = "raw"
    CLEAN = "clean"
    LATEST = "latest"
    STATE = "state"
    DEAD = "dead"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: its full name without an operator's prefix, what its records hold, and its settings on the broker.

    `settings` are Kafka's own names; times in milliseconds, sizes in bytes.
    """

    domain: str
    stage: Stage
    key: str
    settings: MappingProxyType[str, str] = field(repr=False, hash=False)
    partitions: int = PARTITIONS

    @property
    def name(self) -> str:
        """`headcount.<domain>.<stage>.v1`."""
        return f"headcount.{self.domain}.{self.stage}.v1"

    @property
    def subject(self) -> str:
        """The subject of its values' schema (TopicNameStrategy)."""
        return f"{self.name}-value"


def _topic(domain: str, stage: Stage, key: str, **settings: str | int) -> Topic:
    names = {name.replace("_", "."): str(value) for name, value in settings.items()}
    return Topic(domain, stage, key, MappingProxyType(names))


def _raw(domain: str) -> Topic:
    # Receipt is the broker's clock, the only one that a decision reads. Retention and segments together let no raw byte
    # live for a day: with default segments they stay for a week.
    return _topic(
        domain,
        Stage.RAW,
        "none: the producer chooses the partition by its events' source",
        cleanup_policy="delete",
        message_timestamp_type="LogAppendTime",
        retention_ms=22 * _HOUR_MS,
        segment_ms=_HOUR_MS,
        max_message_bytes=_MIB,
    )


def _dead(domain: str) -> Topic:
    return _topic(
        domain,
        Stage.DEAD,
        "position of the refused event",
        cleanup_policy="delete",
        retention_ms=14 * _DAY_MS,
        segment_ms=_DAY_MS,
        max_message_bytes=4 * _MIB,
    )


def _domain(domain: str, latest_key: str) -> dict[Stage, Topic]:
    return {
        Stage.RAW: _raw(domain),
        Stage.CLEAN: _topic(
            domain,
            Stage.CLEAN,
            "none: the partition is the raw record's",
            cleanup_policy="delete",
            retention_ms=7 * _DAY_MS,
            segment_ms=_DAY_MS,
            max_message_bytes=4 * _MIB,
        ),
        Stage.LATEST: _topic(
            domain, Stage.LATEST, latest_key, cleanup_policy="compact", segment_ms=_DAY_MS, max_message_bytes=4 * _MIB
        ),
        Stage.STATE: _topic(
            domain,
            Stage.STATE,
            "streams' own rows",
            cleanup_policy="compact",
            segment_ms=_HOUR_MS,
            max_message_bytes=4 * _MIB,
        ),
        # Faust asks a changelog of every table. Ours is filled from the latest topic, so this one stays empty.
        Stage.TABLE: _topic(domain, Stage.TABLE, "none: it stays empty", cleanup_policy="compact", segment_ms=_DAY_MS),
        Stage.DEAD: _dead(domain),
    }


BUILDS: Final = _domain("builds", 'JSON of [project id, version id], as ["207","9013"]')
RAW_BUILDS: Final = BUILDS[Stage.RAW]
CLEAN_BUILDS: Final = BUILDS[Stage.CLEAN]
LATEST_BUILDS: Final = BUILDS[Stage.LATEST]
STATE_BUILDS: Final = BUILDS[Stage.STATE]
DEAD_BUILDS: Final = BUILDS[Stage.DEAD]
TABLE_BUILDS: Final = BUILDS[Stage.TABLE]

RAW_DOWNLOADS: Final = _raw("downloads")
"""The other topics of this domain come with the streams that write them."""

DEAD_DOWNLOADS: Final = _dead("downloads")
"""Lines of a log that the shipper cannot read are here already."""

ALL: Final = (*BUILDS.values(), RAW_DOWNLOADS, DEAD_DOWNLOADS)
"""Every topic of every domain, in the order of the flow."""

BY_NAME: Final = MappingProxyType({topic.name: topic for topic in ALL})


def partition_of(source: str) -> int:
    """Give the partition that all events of one source go to: librdkafka's `consistent`, CRC-32 of the UTF-8 bytes."""
    return crc32(source.encode("utf-8", "surrogatepass")) % PARTITIONS
