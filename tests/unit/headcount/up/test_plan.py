from collections.abc import Mapping
from pathlib import Path

import pytest

from headcount import settings
from headcount.errors import SettingError
from headcount.up.plan import Plan, make_plan
from headcount.up.processes import PROCESSES
from headcount.up.state import StateDir


def plan(tmp_path: Path, environ: Mapping[str, str], last_ports: Mapping[str, int] | None = None) -> Plan:
    state = StateDir(tmp_path / "state")
    state.create()
    return make_plan(
        state,
        settings.load(environ),
        environ,
        cache=tmp_path,
        last_ports=last_ports or {},
        kafka_port=None,
        postgres_port=None,
    )


def test_our_processes_are_told_what_settings_know(tmp_path: Path) -> None:
    made = plan(tmp_path, {"HEADCOUNT_METRICS_PORT": "1", "HEADCOUNT_LOG_LEVEL": "debug"})
    told = settings.load(made.environment)  # refuses a name or a value that it does not know
    assert told.kafka is not None
    assert told.kafka.bootstrap == made.bootstrap
    assert told.database.owner is not None
    assert told.database.sink is not None
    assert told.database.reader is not None
    assert len({told.database.owner.value, told.database.sink.value, told.database.reader.value}) == 3
    assert told.process.state_dir == tmp_path / "state"
    assert told.process.log_level == "debug"
    assert "HEADCOUNT_METRICS_PORT" not in made.environment  # each has its own


def test_a_kafka_of_the_users_own_is_used_instead(tmp_path: Path) -> None:
    made = plan(tmp_path, {"HEADCOUNT_KAFKA": "broker:9092", "HEADCOUNT_KAFKA_SECURITY_PROTOCOL": "SSL"})
    assert made.kafka is None
    assert made.postgres is not None
    assert made.bootstrap == "broker:9092"
    assert made.environment["HEADCOUNT_KAFKA_SECURITY_PROTOCOL"] == "SSL"
    assert "kafka" not in made.ports


def test_a_database_of_the_users_own_is_used_instead(tmp_path: Path) -> None:
    own = {
        "HEADCOUNT_DATABASE": "postgresql://o:p@db/h",
        "HEADCOUNT_DATABASE_SINK": "postgresql://s:p@db/h",
        "HEADCOUNT_DATABASE_READER": "postgresql://r:p@db/h",
    }
    made = plan(tmp_path, own)
    assert made.postgres is None
    assert made.reader == own["HEADCOUNT_DATABASE_READER"]
    assert {name: made.environment[name] for name in own} == own


def test_a_database_without_a_role_to_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refusal:
        plan(tmp_path, {"HEADCOUNT_DATABASE": "postgresql://o:secret@db/h"})
    assert refusal.value.where == "HEADCOUNT_DATABASE_SINK"
    assert "secret" not in str(refusal.value)


def test_a_second_start_listens_where_the_first_did(tmp_path: Path) -> None:
    first = plan(tmp_path, {})
    assert plan(tmp_path, {}, first.ports).ports == first.ports
    assert set(first.ports) >= {"kafka", "kafka-controller", "postgres", *(process.name for process in PROCESSES)}
    assert len(set(first.ports.values())) == len(first.ports)
