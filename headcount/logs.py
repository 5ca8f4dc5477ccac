"""JSON logs, one object a line: `at`, `level`, `process`, `event`, fields by one name everywhere. No payloads."""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any, Final, TextIO

QUIET_SECONDS: Final = 30.0
"""A client library that says one thing over and over, as librdkafka does while a broker is away, says it this often."""


class JsonFormatter(logging.Formatter):
    """Formats a log record as one JSON object."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Give the line for a record; fields come from `extra={"fields": {...}}`."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "process": self._process,
            "event": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class RateLimit(logging.Filter):
    """Lets one line of a kind (logger and template) through every `seconds`."""

    def __init__(self, seconds: float = QUIET_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record is logged."""
        kind = (record.name, str(record.msg)[:60])
        now = time.monotonic()
        if now - self._last.get(kind, -self._seconds) < self._seconds:
            return False
        self._last[kind] = now
        return True


def configure(process: str, level: str, *, stream: TextIO | None = None) -> None:
    """Send this process' logs to `stream` (stderr by default) as JSON; noisy libraries are held to a line a while."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    limit = RateLimit()
    for name in ("faust", "aiokafka", "mode", "headcount.kafka.client"):
        library = logging.getLogger(name)
        library.setLevel(max(root.level, logging.WARNING))
        library.addFilter(limit)
