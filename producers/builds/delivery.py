"""Where `headcount build` hands its event to: Kafka or the spool, within five seconds, with one line if that fails."""

import os
from collections.abc import Mapping
from typing import Any, Final

from headcount.errors import HeadcountError, UnavailableError
from headcount.local import kafka_of
from headcount.settings import KafkaSettings, SpoolSettings, load, variable
from producers.builds.asking import within
from producers.builds.errors import AskTimeoutError
from producers.builds.record import Record

DELIVERY_SECONDS: Final = 5.0
FLUSH_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 0.5
"""Closing takes up to 1.5 s more than it is given; all of it fits into DELIVERY_SECONDS."""


class Outbox:
    """Keeps the event that BuildTelemetry hands over, to be delivered or printed afterwards."""

    def __init__(self) -> None:
        self.topic: Any = None
        self.record: Record | None = None
        self.source = ""

    def publish(self, topic: Any, record: Record, *, source: str) -> bool:
        """Keep it."""
        self.topic, self.record, self.source = topic, record, source
        return True


def deliver(outbox: Outbox, environ: Mapping[str, str]) -> None:
    """Hand the event over, in at most DELIVERY_SECONDS. Raises HeadcountError: what a person must know, in one line."""
    settings = load(environ)
    kafka = kafka_of(settings)
    try:
        within(DELIVERY_SECONDS, lambda: _publish(outbox, kafka, settings.spool))
    except AskTimeoutError as error:
        raise _waiting(kafka, settings.spool) from error
    except HeadcountError:
        raise
    except Exception as error:  # the build's boundary (I3): one line, and the build's exit code stands
        raise UnavailableError(
            f"the event was not handed over: {type(error).__name__}",
            where=kafka.bootstrap,
            do="see whether the spool's folder can be written, and `headcount doctor`",
        ) from error


def _publish(outbox: Outbox, kafka: KafkaSettings, spool: SpoolSettings) -> None:
    from producers.publisher import Publisher

    publisher = Publisher(kafka, spool_dir=spool.folder, spool_bytes=spool.max_bytes)
    try:
        if outbox.record is None or not publisher.publish(outbox.topic, outbox.record, source=outbox.source):
            raise UnavailableError("the event was not taken", where=kafka.bootstrap, do="report this to headcount")
        if publisher.flush(FLUSH_SECONDS):
            raise _waiting(kafka, spool)
    finally:
        publisher.close(CLOSE_SECONDS)


def _waiting(kafka: KafkaSettings, spool: SpoolSettings) -> UnavailableError:
    if not os.access(spool.folder, os.W_OK):
        return UnavailableError(
            f"Kafka ({kafka.bootstrap}) does not answer and the spool cannot be written: the event is lost",
            where=str(spool.folder),
            do=f"mend {variable('kafka')} or {variable('spool_dir')}",
        )
    return UnavailableError(
        "Kafka does not answer",
        where=kafka.bootstrap,
        do=f"nothing: the event waits in {spool.folder} and goes out with the next build",
    )
