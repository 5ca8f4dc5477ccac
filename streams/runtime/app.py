"""The one place that knows Faust: the app, its consumer that starts at our positions, and the agent (faust.md section 1)."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import faust
import faust.streams
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from headcount.errors import SettingError
from headcount.settings import KafkaSettings
from schemas.topics import PARTITIONS
from streams.domain import Domain
from streams.runtime import guards
from streams.runtime.exit import die
from streams.runtime.owned import Owned
from streams.runtime.owners import Owners
from streams.take import RawRecord

TAKE_RECORDS: Final = 200
TAKE_SECONDS: Final = 0.01
SESSION_SECONDS: Final = 10.0
HEARTBEAT_SECONDS: Final = 3.0
POLL_SECONDS: Final = 120.0
"""Longest time between polls: opening a partition with a million rows takes half of it."""

_FETCH_BYTES: Final = 4 * 1024 * 1024
_MICROSECONDS: Final = 1_000_000

LEANED_ON: Final[Mapping[str, Callable[..., Any]]] = {
    "Consumer.perform_seek": driver.Consumer.perform_seek,
    "Consumer._new_offset": driver.Consumer._new_offset,
    "Consumer._commit_offsets": driver.Consumer._commit_offsets,
    "Consumer.getmany": driver.Consumer.getmany,
    "Consumer.ack": driver.Consumer.ack,
    "Stream.noack_take": faust.streams.Stream.noack_take,
    "Recovery._resume_streams": Recovery._resume_streams,
    "Transport.create_consumer": driver.Transport.create_consumer,
}
"""What is overridden here, and what calls it in the order that we rely on."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A worker's place: its number is its identity in the consumer group, its folder holds what Faust keeps (F16)."""

    host: str
    number: int
    folder: Path


class _Consumer(driver.Consumer):
    """Starts every raw partition at our position, and never commits past what is acknowledged."""

    async def perform_seek(self) -> None:
        """Called when the tables are recovered, before the flow resumes; also with the flow off, when it sets nothing."""
        await super().perform_seek()
        app = cast(App, self.app)
        generation = app.consumer_generation_id
        partitions = {tp.partition for tp in self.assignment() if tp.topic == app.raw_name}
        for owned in await app.owners.assign(partitions, generation):
            await self._start_at(TP(app.raw_name, owned.partition), owned)

    async def _start_at(self, tp: TP, owned: Owned) -> None:
        await self.seek(tp, owned.position)
        self._read_offset[tp] = owned.position
        self._committed_offset[tp] = owned.position
        if owned.stopped is not None:
            self.pause_partitions({tp})

    def _new_offset(self, tp: TP) -> int | None:
        """F1: never at or above the smallest record that is not acknowledged."""
        offset: int | None = super()._new_offset(tp)
        pending = [message.offset for message in self._unacked_messages if message.tp == tp]
        if offset is None or not pending:
            return offset
        return min(offset, *pending) or None

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        """F2: what did not commit is not remembered as committed."""
        before = {tp: self._committed_offset[tp] for tp in offsets}
        did_commit: bool = await super()._commit_offsets(offsets, start_new_transaction)
        if not did_commit:
            self._committed_offset.update(before)
        return did_commit


class _Transport(driver.Transport):
    Consumer = _Consumer


class App(faust.App):
    """A Faust app over one domain; `owners` decides and commits, Faust assigns, fetches and paces."""

    owners: Owners
    raw_name: str

    def _new_transport(self) -> Any:
        return _Transport(self.conf.broker_consumer, self)

    def _crash(self, reason: BaseException) -> None:
        """F5: Faust's own way from a crash to a restart skips records, so a crash of any part of it ends the process."""
        if self.should_stop:
            super()._crash(reason)
        else:
            die("Faust crashed", error=repr(reason))

    def pause(self, partition: int) -> None:
        """Fetch a raw partition no more, until its next assignment."""
        self.consumer.pause_partitions({TP(self.raw_name, partition)})

    def end(self, partition: int) -> int | None:
        """Give the end of a raw partition as the last fetch saw it, 0 before the first; null where it is not ours."""
        tp = TP(self.raw_name, partition)
        return self.consumer.highwater(tp) or 0 if tp in self.consumer.assignment() else None


class _Worker(faust.Worker):
    def _setup_logging(self) -> None:
        """Leave our JSON logs as they are."""


def run_app(app: App) -> None:
    """Run the app until SIGTERM."""
    worker = _Worker(app, loglevel="WARN", redirect_stdouts=False, quiet=True)
    worker.spinner = None  # it writes terminal codes among our log lines
    worker.execute_from_commandline()


def make_app(settings: KafkaSettings, domain: Domain, slot: Slot) -> App:
    """Make the app of one worker. `owners` is to be set before it starts. Raises FaustChangedError, SettingError."""
    guards.check(LEANED_ON)
    app = App(
        f"{settings.topic_prefix}headcount-streams-{domain.raw.domain}",
        broker=[f"kafka://{address.strip()}" for address in settings.bootstrap.split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
        broker_max_poll_interval=POLL_SECONDS,
        broker_request_timeout=POLL_SECONDS,
        consumer_group_instance_id=f"{slot.host}-{slot.number}",
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=_FETCH_BYTES,
        producer_max_request_size=_FETCH_BYTES,
        datadir=slot.folder,
        store="memory://",
        stream_buffer_maxsize=1024,
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        topic_replication_factor=settings.replication_factor,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.raw_name = settings.name(domain.raw)
    return app


def latest_table(app: App, settings: KafkaSettings, domain: Domain) -> Any:
    """Make the Faust table of the latest rows.

    A row is durable in the latest topic, written by the take's own transaction; the table is filled from there on
    assignment. So nothing goes through the table's own changelog, which would be a second truth that can lag.
    """
    changelog = app.topic(settings.name(domain.table), key_type=bytes, value_type=bytes, partitions=PARTITIONS)
    return app.Table(f"{domain.raw.domain}-latest", partitions=PARTITIONS, changelog_topic=changelog)


def add_agent(app: App) -> None:
    """Let Faust give takes of the raw topic to the owners, and acknowledge them in order."""
    raw = app.topic(app.raw_name, value_type=bytes, value_serializer="raw", key_serializer="raw")

    @app.agent(raw, name="take", concurrency=1)
    async def take(stream: Any) -> None:
        async for events in stream.noack_take(TAKE_RECORDS, within=TAKE_SECONDS):
            await _never_raise(app.owners, events)
            for event in events:
                await stream.ack(event)


async def _never_raise(owners: Owners, events: list[Any]) -> None:
    """F3, F4, F9: an exception that leaves the agent's body loses records, so nothing leaves it but the process."""
    try:
        await asyncio.gather(*_takes(owners, events))
    except Exception as error:  # noqa: BLE001 - outermost frame of the loop; `die` does not return
        die("take raised", error=repr(error))


def _takes(owners: Owners, events: list[Any]) -> list[Awaitable[None]]:
    by_partition: dict[tuple[int, int], list[RawRecord]] = defaultdict(list)
    for event in events:
        message = event.message
        by_partition[message.partition, message.generation_id].append(_record(message))
    return [owners.take(partition, generation, records) for (partition, generation), records in by_partition.items()]


def _record(message: Any) -> RawRecord:
    headers = message.headers or {}
    return RawRecord(
        offset=message.offset,
        received_at=round(message.timestamp * _MICROSECONDS),
        headers=list(headers.items() if isinstance(headers, dict) else headers),
        value=message.value or b"",
    )


def _credentials(settings: KafkaSettings) -> Any:
    """Give Faust the security settings that librdkafka has, in its own words."""
    security = settings.security
    protocol = security.get("security.protocol", "PLAINTEXT")
    if protocol == "PLAINTEXT":
        return None
    context = None
    if protocol.endswith("SSL"):
        context = _ssl_context(security)
    if protocol == "SSL":
        return faust.SSLCredentials(context)
    return faust.SASLCredentials(
        username=security.get("sasl.username"),
        password=security.get("sasl.password"),
        mechanism=security.get("sasl.mechanism", "PLAIN"),
        ssl_context=context,
    )


def _ssl_context(security: Mapping[str, str]) -> Any:
    try:
        context = ssl.create_default_context(cafile=security.get("ssl.ca.location"))
        if "ssl.certificate.location" in security:
            context.load_cert_chain(
                security["ssl.certificate.location"],
                security.get("ssl.key.location"),
                security.get("ssl.key.password"),
            )
    except OSError as error:
        raise SettingError(
            f"the certificates cannot be read: {error}", where="HEADCOUNT_KAFKA_SSL_…", do="mend the paths or the files"
        ) from error
    return context
