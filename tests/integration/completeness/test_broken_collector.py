"""M4, and M1 on the way: C8 breaks as it did upstream (an output folder moves), and the alert is seen where people look.

Builds by the library on a container that answers from a table, through the real publisher, Kafka, streams and sink.
"""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from headcount.settings import KafkaSettings
from headcount.topics import ensure
from producers.builds import BuildTelemetry, Ref
from producers.publisher import Publisher
from schemas.topics import BUILDS
from sinks.migrate import migrate
from tests.kafka_topics import eventually
from tests.processes import Running, environment, headcount, running
from tests.stack import Database
from tests.unit.producers.builds.container import Container

BUILDS_A_DAY = 60
FINAL = {"version": 2, "doctype": "sphinx", "build": {"os": "ubuntu-24.04", "tools": {"python": "3.12"}}}
REPORT = json.dumps({"extensions": ["myst_parser"], "html_theme": "furo"}).encode()
OUTPUT = "/src/_readthedocs/html"


class Host:
    """A host whose builds leave their report under `output`."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._number = 0

    def build(self, times: int, *, reports_under: str) -> None:
        for _ in range(times):
            self._number += 1
            files = {f"{reports_under}/json/telemetry.json": REPORT}
            telemetry = BuildTelemetry(
                self._publisher,
                project=Ref(self._number % 7, "kiln"),
                version=Ref(1, "latest"),
                build_id=self._number,
                runner=Container(),
                read_file=lambda path, max_bytes, files=files: files.get(path),
                checkout="/src",
                output=OUTPUT,
                commit="5d1c0ffe",
                vcs="git",
            )
            telemetry.config(user={"version": 2}, final=FINAL)
            telemetry.collect()
            telemetry.finish(success=True)
        assert self._publisher.flush(60) == 0


class Pipeline:
    """Streams and sink that run, and what their metrics and the command line say."""

    def __init__(self, environ: dict[str, str], streams: Running, sink: Running) -> None:
        self._environ = environ
        self._processes = {"streams": streams, "sink": sink}

    def query(self, name: str) -> list[dict[str, Any]]:
        done = headcount(self._environ, "query", name, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def alerts(self) -> set[tuple[str, str]]:
        return {(row["alert"], row["name"]) for row in self.query("completeness_alerts")}

    def received(self) -> int:
        return sum(row["builds"] for row in self.query("completeness") if row["collector"] == "doctool")

    def metrics(self, process: str) -> str:
        url = next(line["metrics"] for line in self._processes[process].lines() if "metrics" in line)
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def firing(self) -> set[str]:
        lines = [line for line in self.metrics("sink").splitlines() if line.startswith("headcount_completeness_alert{")]
        return {line.partition(" ")[0] for line in lines if line.endswith(" 1.0")}

    def said(self) -> list[dict[str, Any]]:
        return [line for line in self._processes["sink"].lines() if line["event"] == "completeness: an alert fires"]


@pytest.fixture
def pipeline(kafka: KafkaSettings, database: Database, tmp_path: Path) -> Iterator[Pipeline]:
    ensure(kafka, tuple(BUILDS.values()))
    migrate(database.owner)
    environ = environment(kafka, tmp_path / "state", database)
    with ExitStack() as stack:
        streams, sink = (
            stack.enter_context(running(["-m", "headcount", name], environ, tmp_path / f"{name}.log"))
            for name in ("streams", "sink")
        )
        yield Pipeline(environ, streams, sink)


def test_M4_C8_breaks_and_the_alert_is_seen(pipeline: Pipeline, kafka: KafkaSettings, tmp_path: Path) -> None:
    with Publisher(kafka, spool_dir=tmp_path / "spool") as publisher:
        host = Host(publisher)
        host.build(BUILDS_A_DAY, reports_under=OUTPUT)
        assert eventually(pipeline.received, is_right=lambda n: n == BUILDS_A_DAY, seconds=60) == BUILDS_A_DAY
        assert pipeline.alerts() == set()
        quiet = 'headcount_completeness_alert{alert="knowledge_low",name="doctool"} 0.0'
        assert quiet in pipeline.metrics("sink")

        host.build(BUILDS_A_DAY, reports_under="/src/_build/moved")
        both = 2 * BUILDS_A_DAY
        assert eventually(pipeline.received, is_right=lambda n: n == both, seconds=60) == both
    assert pipeline.alerts() == {("knowledge_low", "doctool")}
    (row,) = pipeline.query("completeness_alerts")
    assert (row["found"], row["total"], row["share"]) == (60, 120, 0.5)

    firing = {'headcount_completeness_alert{alert="knowledge_low",name="doctool"}'}
    assert eventually(pipeline.firing, is_right=lambda found: found == firing, seconds=40) == firing
    assert [(line["alert"], line["name"], line["share"]) for line in pipeline.said()] == [
        ("knowledge_low", "doctool", 0.5)
    ]
    streams, sink = pipeline.metrics("streams"), pipeline.metrics("sink")
    assert 'headcount_collector_results_total{collector="doctool",status="missing"} 60.0' in streams
    assert 'headcount_collector_results_total{collector="doctool",status="ok"} 60.0' in streams
    assert 'headcount_collector_duration_seconds_count{collector="doctool"} 120.0' in streams
    assert 'headcount_collector_known_total{collector="doctool"} 60.0' in sink
    assert 'headcount_field_filled_total{field="doctool.extensions"} 60.0' in sink
    assert 'headcount_field_expected_total{field="doctool.extensions"} 120.0' in sink
