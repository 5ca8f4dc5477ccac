"""docker-compose.yml is never run here (there is no Docker engine): it is held to what the code knows instead."""

import re
from pathlib import Path
from typing import Any

import yaml

from headcount import settings
from headcount.metrics import Metrics
from headcount.up import jars
from headcount.up.kafka_properties import SHARED
from headcount.up.postgres_server import bootstrap_sql
from headcount.up.prepare import STEPS
from headcount.up.processes import PROCESSES
from headcount.up.state import ROLES

ROOT = Path(__file__).parents[4]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def test_every_image_is_pinned() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    assert len(images) == 4
    assert all(image.rsplit(":", 1)[1][-1].isdigit() for image in images)
    assert "FROM python:3.11." in (ROOT / "Dockerfile").read_text()


def test_our_settings_are_those_that_the_code_knows() -> None:
    for service in OURS.values():
        environment = {
            name: value.split("${")[0] + "x@postgres/h" if "${" in value else value
            for name, value in service["environment"].items()
        }
        loaded = settings.load(environment)
        assert loaded.kafka is not None
        assert loaded.database.owner is not None
        assert loaded.database.sink is not None


def test_the_broker_is_set_up_as_the_local_one() -> None:
    environment = SERVICES["kafka"]["environment"]
    assert {name: environment.get("KAFKA_" + name.upper().replace(".", "_")) for name in SHARED} == SHARED


def test_the_broker_and_the_database_have_the_local_versions() -> None:
    broker = next(jar for jar in jars.locked_jars() if ":kafka_2.13:" in jar.coordinates)
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{broker.coordinates.split(':')[2]}"
    assert SERVICES["postgres"]["image"].startswith("postgres:18.")


def test_the_same_processes_run() -> None:
    words = {tuple(service["command"]) for service in OURS.values() if "command" in service}
    assert words >= {process.words for process in PROCESSES}
    assert {service["entrypoint"][-1] for service in OURS.values() if "entrypoint" in service} == set(STEPS)


def test_roles_are_made_as_in_the_local_database() -> None:
    script = (ROOT / "deploy" / "postgres" / "roles.sh").read_text().splitlines()
    passwords = {role: f":'{role.removeprefix('headcount_')}'" for role in ROLES}
    expected = bootstrap_sql(passwords).replace("''", "'").replace("':", ":").splitlines()[1:]
    assert [
        line.rstrip() for line in script[script.index(next(x for x in script if x.startswith("CREATE ROLE"))) : -1]
    ] == expected


def test_nothing_listens_beyond_loopback() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_prometheus_asks_our_processes_and_alerts_on_metrics_that_exist() -> None:
    folder = ROOT / "deploy" / "prometheus"
    targets = yaml.safe_load((folder / "prometheus.yml").read_text())["scrape_configs"][0]["static_configs"][0][
        "targets"
    ]
    assert {target.split(":")[0] for target in targets} >= {process.name for process in PROCESSES}
    names = {
        suffixed
        for metric in Metrics().registry.collect()
        for suffixed in (metric.name, f"{metric.name}_total", f"{metric.name}_bucket")
    }
    rules = yaml.safe_load((folder / "alerts.yml").read_text())["groups"][0]["rules"]
    used = {name for rule in rules for name in re.findall(r"\bheadcount_\w+", rule["expr"])}
    assert used
    assert used - names == set()
