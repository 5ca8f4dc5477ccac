"""What `up` runs and where it listens: decided once, from settings, options and what was used last time."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headcount.errors import SettingError
from headcount.settings import Settings
from headcount.up.kafka_server import KafkaServer
from headcount.up.ports import HOST, choose_port
from headcount.up.postgres_server import PostgresServer
from headcount.up.processes import PROCESSES
from headcount.up.state import StateDir

GATEWAY_PORT = "gateway-http"
"""Where the gateway serves, beside its metrics."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The servers to run (None: the user's own is used) and what our processes are told about them."""

    kafka: KafkaServer | None
    postgres: PostgresServer | None
    bootstrap: str
    reader: str | None
    """DSN of the reader role; None where the user's own database has none."""
    ports: Mapping[str, int]
    """By name: to be remembered, so that the next start listens at the same places."""
    environment: Mapping[str, str]
    """For our processes, beside the metrics port of each."""

    def metrics_url(self, process: str) -> str:
        """Where a process of ours serves its metrics and its health."""
        return f"http://{HOST}:{self.ports[process]}"


def make_plan(
    state: StateDir,
    loaded: Settings,
    environ: Mapping[str, str],
    *,
    cache: Path,
    last_ports: Mapping[str, Any],
    kafka_port: int | None,
    postgres_port: int | None,
) -> Plan:
    """Choose ports and lay out the servers. Raises UnavailableError for a given port that is taken."""
    taken: set[int] = set()
    ports: dict[str, int] = {}

    def choose(name: str, what: str, given: int | None, option: str) -> int:
        ports[name] = choose_port(given=given, last=last_ports.get(name), taken=taken, what=what, option=option)
        return ports[name]

    told = {name: value for name, value in environ.items() if name != "HEADCOUNT_METRICS_PORT"}
    told["HEADCOUNT_STATE_DIR"] = str(state.root)
    kafka, postgres = None, None
    if loaded.kafka is None:
        kafka = KafkaServer(
            state.kafka,
            port=choose("kafka", "Kafka", kafka_port, "--kafka-port"),
            controller_port=choose("kafka-controller", "Kafka's controller", None, "-"),
            cache=cache,
            log=state.logs / "kafka.log",
        )
        told["HEADCOUNT_KAFKA"] = kafka.bootstrap
    if loaded.database.owner is None:
        postgres = PostgresServer(
            state.postgres,
            port=choose("postgres", "PostgreSQL", postgres_port, "--postgres-port"),
            passwords=state.secrets(),
            cache=cache,
            log=state.logs / "postgres.log",
        )
        told["HEADCOUNT_DATABASE"] = postgres.dsn("owner")
        told["HEADCOUNT_DATABASE_SINK"] = postgres.dsn("sink")
        told["HEADCOUNT_DATABASE_READER"] = postgres.dsn("reader")
    elif loaded.database.sink is None:
        raise SettingError(
            "a database is named, but no DSN for the role that writes its tables",
            where="HEADCOUNT_DATABASE_SINK",
            do="set it to postgresql://headcount_sink:PASSWORD@HOST:PORT/DATABASE; HEADCOUNT_DATABASE_READER alike",
        )
    choose(GATEWAY_PORT, "the gateway", loaded.gateway.port or None, "HEADCOUNT_GATEWAY_PORT")
    told["HEADCOUNT_GATEWAY_PORT"] = str(ports[GATEWAY_PORT])
    told["HEADCOUNT_GATEWAY_MANIFEST"] = str(loaded.gateway.manifest or state.gateway_manifest)
    for process in PROCESSES:
        choose(process.name, f"the metrics of {process.name}", None, "-")
    own_reader = loaded.database.reader
    return Plan(
        kafka=kafka,
        postgres=postgres,
        bootstrap=kafka.bootstrap if kafka else loaded.kafka.bootstrap if loaded.kafka else "",
        reader=postgres.dsn("reader") if postgres else own_reader.value if own_reader else None,
        ports=ports,
        environment=told,
    )
