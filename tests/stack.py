"""One real Kafka and one real Postgres for a whole test run, and what makes tests on them independent of each other.

Each test takes a topic prefix and a database of its own. A test that kills a server starts it again before it ends.
"""

import itertools
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from headcount.postgres import connect, sql
from headcount.settings import KafkaSettings
from headcount.up import jars
from headcount.up.kafka_server import KafkaServer
from headcount.up.ports import choose_port
from headcount.up.postgres_server import PostgresServer, grants
from headcount.up.state import StateDir

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database, with a DSN for each role."""

    owner: str
    sink: str
    reader: str


@dataclass(frozen=True, slots=True)
class Stack:
    """The two servers. Each has start(), stop() and kill() (-9), and keeps its port and its data over them."""

    kafka: KafkaServer
    postgres: PostgresServer

    @property
    def bootstrap(self) -> str:
        return self.kafka.bootstrap

    def kafka_settings(self, prefix: str = "") -> KafkaSettings:
        return KafkaSettings(bootstrap=self.bootstrap, topic_prefix=prefix)

    def fresh_prefix(self) -> str:
        """A topic prefix that no other test of this run has."""
        return f"t{next(_numbers)}."

    def fresh_database(self) -> Database:
        """A database that no other test of this run has, with the roles' rights as `up` gives them."""
        name = f"test_{next(_numbers)}"
        with connect(self.postgres.dsn("postgres", "postgres"), application="tests", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER headcount_owner").format(sql.Identifier(name)))
            for statement in grants(name):
                connection.execute(statement.encode())
        return Database(*(self.postgres.dsn(role, name) for role in ("owner", "sink", "reader")))


def start_kafka(folder: Path) -> KafkaServer:
    """Start a broker for one test alone, which may destroy it; the caller kills it."""
    cache = platformdirs.user_cache_path("headcount")
    jars.fetch_jars(cache / "jars", tell=lambda line: None)
    ports: set[int] = set()
    port, controller = (choose_port(given=None, last=None, taken=ports, what="Kafka", option="-") for _ in range(2))
    folder.mkdir()
    kafka = KafkaServer(folder / "data", port=port, controller_port=controller, cache=cache, log=folder / "kafka.log")
    kafka.start()
    return kafka


def start_stack(folder: Path) -> Stack:
    """Start both servers on a new folder and free ports."""
    state = StateDir(folder)
    state.create()
    cache = platformdirs.user_cache_path("headcount")
    jars.fetch_jars(cache / "jars", tell=lambda line: None)
    taken: set[int] = set()
    kafka_port, controller_port, postgres_port = (
        choose_port(given=None, last=None, taken=taken, what=what, option="-")
        for what in ("Kafka", "Kafka's controller", "Postgres")
    )
    kafka = KafkaServer(
        state.kafka, port=kafka_port, controller_port=controller_port, cache=cache, log=state.logs / "kafka.log"
    )
    postgres = PostgresServer(
        state.postgres, port=postgres_port, passwords=state.secrets(), cache=cache, log=state.logs / "postgres.log"
    )
    stack = Stack(kafka, postgres)
    try:
        kafka.launch()
        postgres.launch()
        kafka.wait_ready()
        postgres.wait_ready()
    except BaseException:
        stop_stack(stack)
        raise
    return stack


def stop_stack(stack: Stack) -> None:
    """End both; their folder goes with the test run, so nothing is drained."""
    stack.kafka.kill()
    stack.postgres.kill()
