"""Why an event is refused: the closed vocabulary of dead letters, the ledger and the metrics."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """One word a reason. Failures of form concern a whole record, the others one event."""

    UNDECODABLE = "undecodable"
    UNKNOWN_SCHEMA = "unknown_schema"
    TOO_LARGE = "too_large"
    EVENT_ID = "event_id"
    KIND = "kind"
    PROJECT = "project"
    VERSION = "version"
    BUILD = "build"
    STARTED_AT = "started_at"
    STARTED_AT_AHEAD = "started_at_ahead"


MEANING: Final = {
    Reason.UNDECODABLE: "the record's bytes are no Avro record of its schema",
    Reason.UNKNOWN_SCHEMA: "the record's schema id is not in schemas/ids.lock",
    Reason.TOO_LARGE: "the record is over 256 KiB or 500 events, or an event over 200 KiB",
    Reason.EVENT_ID: "the event has no id of 32 hexadecimal digits",
    Reason.KIND: "the event's kind is not one that we know",
    Reason.PROJECT: "the event names no project",
    Reason.VERSION: "the event retires a version and names none",
    Reason.BUILD: "the event names no build",
    Reason.STARTED_AT: "the start of the build is missing, no time, or without a zone",
    Reason.STARTED_AT_AHEAD: "the build started over ten minutes after its receipt",
}


class LogReason(StrEnum):
    """Why a log's line is refused, by the shipper that reads it."""

    LINE = "line"
    """In none of the formats that we read, or one of its fields is not what it should be."""

    LINE_TOO_LONG = "line_too_long"
    """Over 64 KiB."""


OF_FORM: Final = frozenset({Reason.UNDECODABLE, Reason.UNKNOWN_SCHEMA})
"""Only these count towards pausing a partition: nobody's content may stop the pipeline."""
