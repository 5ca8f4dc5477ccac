"""One worker process: wires settings, domain, owners and Faust together, and serves its health."""

import asyncio
import gc
import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from headcount.errors import UnavailableError
from headcount.kafka import KafkaException, admin
from headcount.metrics import Metrics
from headcount.serve import Health, Server
from headcount.settings import KafkaSettings, Settings, need_kafka
from headcount.topics import check
from schemas.topics import PARTITIONS
from streams.builds.domain import builds
from streams.domain import Domain
from streams.runtime.app import App, Slot, add_agent, latest_table, make_app, run_app
from streams.runtime.exit import die
from streams.runtime.owned import Owned
from streams.runtime.owners import Owners
from streams.runtime.series import Memory, Series, series_of
from streams.runtime.watch import LATE_SECONDS, Watch
from streams.scrub.names import load

_SAMPLE_SECONDS: Final = 1.0
_COMMAND_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


def run(settings: Settings, slot_number: int) -> None:
    """Run a worker until SIGTERM. Raises SettingError, TopicError, FaustChangedError before anything is read."""
    kafka = need_kafka(settings)
    domain = builds(load(settings.public_names))
    slot = Slot(socket.gethostname(), slot_number, settings.process.state_dir / "streams" / str(slot_number))
    slot.folder.mkdir(parents=True, exist_ok=True)
    metrics, watch = Metrics(), Watch()
    server = Server(settings.process, metrics, Health(alive=lambda: None, ready=watch.wrong))
    _wait_for_kafka(kafka)
    _check_topics(kafka, domain)
    app = make_app(kafka, domain, slot)
    executor = ThreadPoolExecutor(PARTITIONS, thread_name_prefix="take")
    series, memory = series_of(kafka, domain.raw), Memory(slot.folder)
    make = _maker(app, kafka, domain, series, memory, metrics)
    app.owners = Owners(make, executor, opened=lambda: memory.keep(series))
    add_agent(app)
    _add_watch(app, watch, metrics)
    # Decoding makes many objects that soon go: looking for cycles among them took a sixth of the time.
    gc.set_threshold(50_000, 20, 100)
    _log.info("worker starts", extra={"fields": {"slot": slot_number, "metrics": server.url}})
    run_app(app)


def _wait_for_kafka(settings: KafkaSettings) -> None:
    said = False
    while True:
        try:
            admin(settings).list_topics(timeout=_RETRY_SECONDS)
        except KafkaException as error:
            if not said:
                _log.warning("waiting for Kafka", extra={"fields": {"kafka": settings.bootstrap, "error": str(error)}})
            said = True
        else:
            return


def _check_topics(settings: KafkaSettings, domain: Domain) -> None:
    client = admin(settings)
    for topic in (domain.raw, domain.clean, domain.latest, domain.state, domain.dead, domain.table):
        try:
            check(client, settings, topic)
        except KafkaException as error:
            raise UnavailableError(
                f"the topic is not there: {error.args[0].str()}",
                where=settings.name(topic),
                do="make our topics with `headcount topics`",
            ) from error


def _maker(
    app: App, kafka: KafkaSettings, domain: Domain, series: Series, memory: Memory, metrics: Metrics
) -> Callable[[int, int], Owned]:
    table = latest_table(app, kafka, domain)

    def make(partition: int, generation: int) -> Owned:
        return Owned(
            settings=kafka,
            domain=domain,
            series=series,
            memory=memory,
            partition=partition,
            generation=generation,
            latest=table.data,
            metrics=metrics,
        )

    return make


def _add_watch(app: App, watch: Watch, metrics: Metrics) -> None:
    @app.task  # type: ignore[untyped-decorator]  # Faust declares no types for it
    async def look() -> None:
        asked_at = time.monotonic()
        while not app.should_stop:
            await asyncio.sleep(_SAMPLE_SECONDS)
            try:
                _sample(app, watch, metrics)
                if time.monotonic() - asked_at > _COMMAND_SECONDS:
                    asked_at = time.monotonic()
                    await _look_for_commands(app)
            except Exception:  # noqa: BLE001 - outermost frame of the loop: watching must not end the work
                _log.exception("a look failed")


def _sample(app: App, watch: Watch, metrics: Metrics) -> None:
    owned = list(app.owners)
    watch.keep_only({one.partition for one in owned})
    watch.started = watch.started or bool(owned)
    for one in owned:
        end = app.end(one.partition)
        if end is None:
            continue  # taken away a moment ago
        if 0 < end < one.position:
            die("the raw topic ends before our position: it was made anew", partition=one.partition, end=end)
        backlog = watch.sample(one.partition, end, one.position, one.stopped.what if one.stopped else None)
        metrics.lag.labels(app.raw_name, str(one.partition)).set(backlog.lag())
        standstill = time.monotonic() - one.committed_at
        if one.stopped is not None:
            app.pause(one.partition)
        elif min(backlog.waiting_seconds(watch.clock()), standstill) > LATE_SECONDS:
            die("no take committed though records wait", partition=one.partition, lag=backlog.lag())
    metrics.stopped.labels("streams", "any").set(len(watch.stopped))


async def _look_for_commands(app: App) -> None:
    loop = asyncio.get_running_loop()
    for one in app.owners:
        if one.stopped is not None and await loop.run_in_executor(None, one.changed_elsewhere):
            die("a command changed the position; starting again from there", partition=one.partition)
