"""The broker's settings, as data: the local stack writes them to a file, and a test holds docker-compose.yml to the
same."""

MAX_RECORD_BYTES = 4 * 1024 * 1024
"""State, clean and latest topics allow records of 4 MiB."""

SHARED = {
    # A topic is made with its partitions and retention by `headcount topics`, never by a typing error.
    "auto.create.topics.enable": "false",
    "message.max.bytes": str(MAX_RECORD_BYTES),
    "replica.fetch.max.bytes": str(MAX_RECORD_BYTES),
    # One node holds every copy; fewer internal partitions start faster.
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    # Nothing to wait for: members of a group come one by one.
    "group.initial.rebalance.delay.ms": "0",
    # Raw records are gone within 24 h and salts within minutes: look often enough for both.
    "log.retention.check.interval.ms": "10000",
    "log.cleaner.backoff.ms": "5000",
}
"""Settings on which our code rests, wherever the broker runs."""


def local_properties(*, folder: str, port: int, controller_port: int, host: str) -> dict[str, str]:
    """All settings of the one local node: broker and controller in one process, loopback only."""
    return SHARED | {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{host}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": folder,
        "num.network.threads": "2",
        "num.io.threads": "4",
        "num.recovery.threads.per.data.dir": "2",
        # After a kill -9 the controller lets a broker in only when the session of its former life is over (9 s by
        # default).
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
    }


def to_text(properties: dict[str, str]) -> str:
    """As Java reads it."""
    escaped = {key: value.replace("\\", "\\\\") for key, value in properties.items()}
    return "".join(f"{key}={value}\n" for key, value in sorted(escaped.items()))
