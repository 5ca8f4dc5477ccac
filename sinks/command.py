"""`headcount sink` and `headcount migrate`."""

import logging
import os
import signal
import threading

import click

from headcount import logs, settings, topics
from headcount.kafka import KafkaException
from headcount.metrics import Metrics
from headcount.serve import Health, Server
from headcount.settings import KafkaSettings
from schemas.topics import CLEAN_BUILDS, RAW_BUILDS, Topic
from sinks import migrate as migrations
from sinks.alerts import Alerts, alerts_of
from sinks.daily import Daily, checks_of
from sinks.dsn import Role, dsn_of
from sinks.process import Sink
from sinks.reader import Reader
from sinks.retention.run import Retention
from sinks.sums import Sums
from sinks.writer import Writer

log = logging.getLogger("headcount.sink")


@click.command()
def migrate() -> None:
    """Make or update the database's roles, tables and views.

    Example: HEADCOUNT_DATABASE=postgresql://headcount_owner:…@db/headcount headcount migrate
    """
    migrations.migrate(dsn_of(settings.load(os.environ), Role.OWNER))


@click.command()
def sink() -> None:
    """Write clean records to Postgres until told to stop (SIGTERM, Ctrl-C).

    Example: HEADCOUNT_KAFKA=kafka:9092 HEADCOUNT_DATABASE_SINK=postgresql://… headcount sink
    """
    loaded = settings.load(os.environ)
    kafka = settings.need_kafka(loaded)
    dsn = dsn_of(loaded, Role.SINK)
    logs.configure("sink", loaded.process.log_level)
    stopping = threading.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stopping.set())
    metrics = Metrics()
    worker = make_sink(kafka, dsn, metrics)
    server = Server(loaded.process, metrics, Health(alive=worker.dead, ready=worker.unready))
    retention = Retention(dsn, loaded.retention, metrics, wait=stopping.wait)
    daily = Daily(lambda: checks_of(dsn), metrics, retention=retention.run, stopping=stopping)
    alerts = Alerts(lambda: alerts_of(dsn), metrics)
    daily.start()
    alerts.start()
    sums = Sums(dsn)
    sums.start()
    log.info("the sink runs", extra={"fields": {"metrics": server.url}})
    try:
        worker.run(stopping.is_set)
    finally:
        sums.stop()
        alerts.stop()
        daily.stop()
        server.close()
    log.info("the sink has stopped; what it had in hand is applied")


def make_sink(
    kafka: KafkaSettings, dsn: str, metrics: Metrics, *, clean: Topic = CLEAN_BUILDS, raw: Topic = RAW_BUILDS
) -> Sink:
    """Put a sink together."""
    return Sink(
        reader=Reader(kafka, kafka.name(clean), group=f"{kafka.topic_prefix}headcount.sink"),
        open_writer=lambda: Writer(dsn),
        topic=clean,
        raw_topic=kafka.name(raw),
        series_now=lambda: _series_now(kafka, raw),
        metrics=metrics,
    )


def _series_now(kafka: KafkaSettings, raw: Topic) -> str | None:
    try:
        return f"{topics.cluster_id(kafka)}/{topics.topic_ids(kafka, (raw,))[raw]}"
    except KafkaException:
        return None  # away, or the topic is not there yet: the records will say it
