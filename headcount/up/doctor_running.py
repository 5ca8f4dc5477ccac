"""What `headcount doctor` asks Kafka, the database and our processes: of the running stack, or of the user's own."""

import os
from collections.abc import Iterator
from typing import Any

from headcount import settings
from headcount.errors import SettingError
from headcount.up import probe
from headcount.up.check import Row, guarded
from headcount.up.ports import HOST

ANSWER_SECONDS = 10.0


def running(stack: dict[str, Any]) -> Iterator[Row]:
    """Kafka, the database, the topics and the health of each process: of the running stack, or of the user's own."""
    for name, row in stack.get("processes", {}).items():
        if row["metrics"]:
            status, text = probe.http_status(f"{row['metrics']}/readyz")
            advice = "" if status == 200 else "see its log; a backlog is worked off by itself"
            yield Row(f"{name}-ready", status == 200, text or "no answer", advice)
    try:
        loaded = settings.load(os.environ)
    except SettingError:
        return  # has its row already
    bootstrap = loaded.kafka.bootstrap if loaded.kafka else stack.get("kafka")
    dsn = loaded.database.reader.value if loaded.database.reader else stack.get("database")
    if bootstrap is None:
        yield Row("kafka", True, "not started", "headcount up")
        yield Row("topics", True, "not started", "headcount up")
    else:
        kafka = loaded.kafka or settings.KafkaSettings(bootstrap=bootstrap)
        answer = guarded("kafka", lambda: kafka_reachable(kafka))
        yield answer
        if answer.ok:
            yield guarded("topics", lambda: topics_as_specified(kafka))
    if dsn is None:
        yield Row("database", True, "not started", "headcount up")
    else:
        answer = guarded("database", lambda: database_reachable(dsn))
        yield answer
        if answer.ok:
            yield guarded("completeness", lambda: nothing_missing(dsn))


def kafka_reachable(kafka: settings.KafkaSettings) -> Row:
    """Whether a broker answers, with the user's security settings."""
    from headcount.kafka import KafkaException, admin

    try:
        cluster = admin(kafka).list_topics(timeout=ANSWER_SECONDS).cluster_id
    except KafkaException as error:
        advice = "see that it runs and that HEADCOUNT_KAFKA… says how to reach it"
        return Row("kafka", False, f"{kafka.bootstrap}: {error.args[0].str()}", advice)
    return Row("kafka", True, f"{kafka.bootstrap}, cluster {cluster}")


def topics_as_specified(kafka: settings.KafkaSettings) -> Row:
    """Whether each topic is there, with the partitions and the settings on which the stages rest."""
    from headcount import topics
    from headcount.kafka import admin
    from schemas.topics import ALL

    client = admin(kafka)
    there = client.list_topics(timeout=ANSWER_SECONDS).topics
    missing = [kafka.name(topic) for topic in ALL if kafka.name(topic) not in there]
    if missing:
        return Row("topics", False, f"missing: {', '.join(missing)}", "headcount up makes them")
    for topic in ALL:
        topics.check(client, kafka, topic)
    return Row("topics", True, f"{len(ALL)} as they should be")


def database_reachable(dsn: str) -> Row:
    """Whether the reader role gets in."""
    from headcount.postgres import connect

    with connect(dsn, application="headcount doctor") as connection:
        row = connection.execute("SELECT current_setting('server_version'), current_user").fetchone()
    assert row is not None
    return Row("database", True, f"PostgreSQL {row[0]} as {row[1]}, {HOST if HOST in dsn else 'your own'}")


def nothing_missing(dsn: str) -> Row:
    """Whether an alert of completeness fires: what is missing of the last 24 hours that should be there."""
    from headcount.postgres import connect

    with connect(dsn, application="headcount doctor") as connection:
        there = connection.execute("SELECT to_regclass('headcount.completeness_alerts') IS NOT NULL").fetchone()
        if there != (True,):
            return Row("completeness", False, "the database has no such view", "headcount migrate")
        rows = connection.execute("SELECT alert, name FROM headcount.completeness_alerts").fetchall()
    found = "; ".join(f"{alert} {name}" for alert, name in rows)
    advice = "`headcount query completeness_alerts`; docs/operate.md says what each means" if rows else ""
    return Row("completeness", not rows, found or "nothing that should be there is missing", advice)
