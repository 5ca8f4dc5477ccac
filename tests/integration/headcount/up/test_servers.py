"""The two servers keep what they took over a kill -9, on the same port."""

import pytest

from headcount.errors import UnavailableError
from headcount.kafka import NewTopic, admin
from headcount.postgres import connect
from headcount.settings import KafkaSettings
from tests.stack import Database, Stack


def test_kafka_keeps_its_topics_over_a_kill(stack: Stack, kafka: KafkaSettings) -> None:
    name = kafka.topic_prefix + "kept"
    client = admin(kafka)
    client.create_topics([NewTopic(name, 3, 1)])[name].result()
    stack.kafka.kill()
    stack.kafka.start()
    assert len(admin(kafka).list_topics(timeout=10).topics[name].partitions) == 3


def test_a_topic_is_not_made_by_asking_for_it(kafka: KafkaSettings) -> None:
    name = kafka.topic_prefix + "typo"
    client = admin(kafka)
    client.list_topics(name, timeout=10)
    assert name not in client.list_topics(timeout=10).topics


def test_postgres_keeps_what_was_committed_over_a_kill(stack: Stack, database: Database) -> None:
    with connect(database.owner, application="test") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    stack.postgres.kill()
    stack.postgres.start()
    with connect(database.owner, application="test") as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)


def test_postgres_comes_back_after_an_orderly_stop(stack: Stack, database: Database) -> None:
    stack.postgres.stop()
    with pytest.raises(UnavailableError):
        connect(database.owner, application="test")
    stack.postgres.start()
    connect(database.owner, application="test").close()


def test_a_wrong_password_is_refused_and_not_repeated(database: Database) -> None:
    wrong = database.reader.replace(database.reader.split(":")[2].split("@")[0], "guessed-password")
    with pytest.raises(UnavailableError) as refusal:
        connect(wrong, application="test")
    assert "headcount_reader" in str(refusal.value)
    assert "guessed-password" not in str(refusal.value)


def test_roles_may_do_what_they_are_for(database: Database) -> None:
    with connect(database.sink, application="test") as connection:
        connection.execute("CREATE TEMPORARY TABLE batch (n int)")
    with connect(database.reader, application="test") as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)
        with pytest.raises(Exception, match="permission denied"):
            connection.execute("CREATE TEMPORARY TABLE batch (n int)")
