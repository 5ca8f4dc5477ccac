"""Where `headcount build` hands its event to: Kafka or the spool, within five seconds, with one line if that fails."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from headcount.errors import HeadcountError, SettingError, UnavailableError
from headcount.settings import Settings, load, variable
from producers.builds.asking import within
from producers.builds.errors import AskTimeoutError
from producers.builds.record import Record

DELIVERY_SECONDS: Final = 5.0
STACK_FILE: Final = "stack.json"
"""Written by a running `headcount up` into its state folder; `kafka` is its address."""


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


def bootstrap_of(settings: Settings) -> str:
    """Give Kafka's address: the named one, else that of a local stack that runs. Raises SettingError."""
    if settings.kafka is not None:
        return settings.kafka.bootstrap
    stack = settings.process.state_dir / STACK_FILE
    try:
        address = json.loads(stack.read_text("utf-8"))["kafka"]
        if isinstance(address, str) and address:
            return address
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no stack runs there, and the error below says what to do
    raise SettingError(
        "no Kafka is named and no local stack runs",
        where=f"{variable('kafka')}, {stack}",
        do=f"set {variable('kafka')} to host:port, or run `headcount up`",
    )


def deliver(outbox: Outbox, environ: Mapping[str, str]) -> None:
    """Hand the event over, in at most DELIVERY_SECONDS. Raises HeadcountError: what a person must know, in one line."""
    settings = load(environ)
    bootstrap = bootstrap_of(settings)
    try:
        within(DELIVERY_SECONDS, lambda: _publish(outbox, bootstrap, settings))
    except AskTimeoutError as error:
        raise _waiting(bootstrap, settings.spool.folder) from error
    except HeadcountError:
        raise
    except Exception as error:  # the build's boundary (I3): one line, and the build's exit code stands
        raise UnavailableError(
            f"the event was not handed over: {type(error).__name__}", where=bootstrap, do="report this to headcount"
        ) from error


def _publish(outbox: Outbox, bootstrap: str, settings: Settings) -> None:
    from producers.publisher import Publisher  # type: ignore[attr-defined]  # lands in a moment

    with Publisher(bootstrap, spool_dir=settings.spool.folder, spool_bytes=settings.spool.max_bytes) as publisher:
        if not publisher.publish(outbox.topic, outbox.record, source=outbox.source):
            raise UnavailableError(
                "the event was dropped: the spool is full or cannot be written",
                where=str(settings.spool.folder),
                do=f"make room, or raise {variable('spool_bytes')}",
            )
        if publisher.flush(DELIVERY_SECONDS - 1.0):
            raise _waiting(bootstrap, settings.spool.folder)


def _waiting(bootstrap: str, spool: Path) -> UnavailableError:
    return UnavailableError(
        "Kafka does not answer",
        where=bootstrap,
        do=f"nothing: the event waits in {spool} and goes out with the next build",
    )
