"""Settings: `HEADCOUNT_…` variables and one TOML file, read once, checked whole, passed down; no unknown name passes.

A TOML file (named by `HEADCOUNT_CONFIG`) has the same names in lower case without the prefix; a variable wins over it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import platformdirs

from headcount.errors import SettingError
from headcount.setting import Setting, addresses, choice, dsn_of, networks, whole, words
from schemas.topics import Topic

PREFIX: Final = "HEADCOUNT_"


_DAYS: Final = "a whole number from 1 to 36500"

SETTINGS: Final[Mapping[str, Setting]] = {
    "config": Setting("TOML file with these settings.", Path, "a path"),
    "state_dir": Setting("Folder of the local stack's state.", Path, "a path"),
    "kafka": Setting("Kafka's bootstrap servers.", addresses, "host:port[,host:port…]"),
    "kafka_security_protocol": choice("How to talk to Kafka.", "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "kafka_sasl_mechanism": choice("SASL mechanism.", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    "kafka_sasl_username": Setting("SASL user."),
    "kafka_sasl_password": Setting("SASL password.", secret=True),
    "kafka_ssl_ca_location": Setting("File with the CA's certificates.", Path, "a path"),
    "kafka_ssl_certificate_location": Setting("File with our certificate.", Path, "a path"),
    "kafka_ssl_key_location": Setting("File with our private key.", Path, "a path"),
    "kafka_ssl_key_password": Setting("Password of our private key.", secret=True),
    "kafka_replication_factor": Setting("Replicas of our topics.", whole(1, 32), "a whole number from 1 to 32"),
    "kafka_topic_prefix": Setting("Stands before every topic's name."),
    "database": dsn_of("owner"),
    "database_sink": dsn_of("sink"),
    "database_reader": dsn_of("reader"),
    "spool_dir": Setting("Folder where a producer keeps events while Kafka is away.", Path, "a path"),
    "spool_bytes": Setting("Size of the spool, bytes.", whole(1 << 20, 1 << 40), "a whole number from 1048576 on"),
    "builds_days": Setting("How long builds are kept, days after they started.", whole(1, 36500), _DAYS),
    "weeks_days": Setting(
        "How long the weekly series reach back, days.", whole(7, 36500), "a whole number from 7 to 36500"
    ),
    "ledger_days": Setting(
        "How long the ledger, refusals, poison rows and completeness are kept in detail, days.", whole(1, 36500), _DAYS
    ),
    "archive_dir": Setting(
        "Folder where rows are written before retention drops them; not set: nowhere.", Path, "a path"
    ),
    "metrics_host": Setting("Address on which /metrics, /healthz and /readyz are served."),
    "metrics_port": Setting("Port of the same; 0 takes a free one.", whole(0, 65535), "a port"),
    "restarts": Setting(
        "How often its supervisor has started this process again.", whole(0, 10**9), "a whole number from 0 on"
    ),
    "log_level": choice("Least level that is logged.", "debug", "info", "warning", "error"),
    "gateway_manifest": Setting("Manifest of the gateway, where --manifest names none.", Path, "a path"),
    "gateway_hosts": Setting("Addresses that the gateway listens on, where --host names none.", words, "address,…"),
    "gateway_port": Setting(
        "Port of the same, where --port names none; 0 takes a free one.", whole(0, 65535), "a port"
    ),
    "gateway_trusted_proxies": Setting(
        "Networks whose X-Forwarded-For the gateway believes, where --trusted-proxy names none.",
        networks,
        "192.0.2.0/24,2001:db8::1,…",
    ),
    "public_names": Setting(
        "Names and prefixes (name*) of the operator's own packages that are not private.", words, "name,prefix*,…"
    ),
}
"""Every setting by its name in the TOML file; the variable is `HEADCOUNT_` and the name in capitals."""


def variable(name: str) -> str:
    """Give the environment variable of a setting."""
    return PREFIX + name.upper()


@dataclass(frozen=True, slots=True)
class Secret:
    """Text that shows in no `repr` and no log."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach Kafka, and what the operator chose about our topics. `security` has librdkafka's names."""

    bootstrap: str
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    replication_factor: int = 1
    topic_prefix: str = ""

    def name(self, topic: Topic) -> str:
        """Give the topic's full name on this cluster."""
        return self.topic_prefix + topic.name


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """A DSN for each role; a role without one is null. Postgres' own words refuse what a role may not do."""

    owner: Secret | None
    sink: Secret | None
    reader: Secret | None


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """Where a producer keeps events while Kafka is away, and how many bytes of them."""

    folder: Path
    max_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long the sink's daily job keeps what, and where it writes rows before it drops them; null: nowhere."""

    builds_days: int = 180
    weeks_days: int = 1096
    ledger_days: int = 400
    archive_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """What every process of ours needs beside its work."""

    state_dir: Path
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    restarts: int = 0
    log_level: str = "info"


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What the gateway serves, where, and the networks of the proxies before it, where its command line names none."""

    manifest: Path | None = None
    hosts: tuple[str, ...] = ("127.0.0.1", "::1")
    port: int | None = None
    trusted_proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. `kafka` is null where none is named."""

    process: ProcessSettings
    kafka: KafkaSettings | None
    database: DatabaseSettings
    spool: SpoolSettings
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    gateway: GatewaySettings = GatewaySettings()
    public_names: tuple[str, ...] = ()


def load(environ: Mapping[str, str]) -> Settings:
    """Read and check all settings.

    Raises SettingError, which names the setting, what was given and what is allowed.
    """
    values = _from_file(environ.get(variable("config"))) | _from_environment(environ)
    state_dir = values.get("state_dir", default_state_dir())
    process = {
        name: values[name] for name in ("metrics_host", "metrics_port", "restarts", "log_level") if name in values
    }
    spool = {"max_bytes": values["spool_bytes"]} if "spool_bytes" in values else {}
    return Settings(
        process=ProcessSettings(state_dir=state_dir, **process),
        kafka=_kafka(values),
        database=DatabaseSettings(
            **{role: Secret(values[name]) if name in values else None for role, name in _DSN_NAMES.items()}
        ),
        spool=SpoolSettings(folder=values.get("spool_dir", state_dir / "spool"), **spool),
        retention=RetentionSettings(
            **{each.name: values[each.name] for each in fields(RetentionSettings) if each.name in values}
        ),
        gateway=GatewaySettings(
            **{
                each.name: values[f"gateway_{each.name}"]
                for each in fields(GatewaySettings)
                if f"gateway_{each.name}" in values
            }
        ),
        public_names=values.get("public_names", ()),
    )


_DSN_NAMES: Final = {"owner": "database", "sink": "database_sink", "reader": "database_reader"}
_OURS: Final = ("kafka_replication_factor", "kafka_topic_prefix")


def default_state_dir() -> Path:
    """Give the state folder that is used when none is named: under the user's data folder."""
    return Path(platformdirs.user_data_dir("headcount"))


def _kafka(values: Mapping[str, Any]) -> KafkaSettings | None:
    if "kafka" not in values:
        return None
    security = {
        name.removeprefix("kafka_").replace("_", "."): str(value)
        for name, value in values.items()
        if name.startswith("kafka_") and name not in _OURS
    }
    return KafkaSettings(
        bootstrap=values["kafka"],
        security=security,
        replication_factor=values.get("kafka_replication_factor", 1),
        topic_prefix=values.get("kafka_topic_prefix", ""),
    )


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    given = {name: text for name, text in environ.items() if name.startswith(PREFIX) and text != ""}
    return {
        name.removeprefix(PREFIX).lower(): _parse(name.removeprefix(PREFIX).lower(), text, where=name)
        for name, text in given.items()
    }


def _from_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        rows = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(
            f"the settings file cannot be read: {error.strerror}",
            where=path,
            do=f"mend {variable('config')} or the file",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"the settings file is no TOML: {error}", where=path, do="mend that line") from error
    return {name: _parse(name, _as_text(name, value, path), where=f"{path}: {name}") for name, value in rows.items()}


def _as_text(name: str, value: Any, path: str) -> str:
    if isinstance(value, dict):
        # Its values are not shown: there may be a password among them.
        raise SettingError("there are no tables here", where=f"{path}: [{name}]", do="write all names on the top level")
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _parse(name: str, text: str, *, where: str) -> Any:
    setting = SETTINGS.get(name)
    if setting is None:
        raise SettingError(
            "there is no such setting", where=where, do="mend its name; there are " + ", ".join(map(variable, SETTINGS))
        )
    try:
        return setting.parse(text)
    except ValueError as error:
        given = "the given value" if setting.secret else repr(text)
        # The cause has the value in it, and a traceback would show it.
        cause = None if setting.secret else error
        raise SettingError(f"{given} is not allowed", where=where, do=f"give {setting.allowed}") from cause


def need_kafka(settings: Settings) -> KafkaSettings:
    """Give the Kafka settings of a process that cannot do without. Raises SettingError."""
    if settings.kafka is None:
        raise SettingError(
            "no Kafka is named", where=variable("kafka"), do="set it to host:port, or start one with `headcount up`"
        )
    return settings.kafka
