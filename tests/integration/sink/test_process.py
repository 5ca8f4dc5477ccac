"""The real process: health while it works and when it stops, SIGTERM drains, kill -9 and SIGSTOP lose and double nothing."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from headcount.up.ports import choose_port
from tests.integration.sink.conftest import SECONDS, Clean, Rows
from tests.integration.sink.records import build_event
from tests.stack import Database

BUILDS = "SELECT count(*) FROM headcount_store.builds"


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Process:
    def __init__(self, environment: dict[str, str]) -> None:
        self.port = choose_port(given=None, last=None, taken=set(), what="metrics", option="-")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "headcount", "sink"],
            env=environment | {"HEADCOUNT_METRICS_PORT": str(self.port)},
            stderr=subprocess.PIPE,
        )

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError:
            return 0, ""

    def end(self, how: signal.Signals) -> list[dict[str, object]]:
        self.process.send_signal(how)
        _, log = self.process.communicate(timeout=SECONDS)
        return [json.loads(line) for line in log.splitlines() if line.startswith(b"{")]


@pytest.fixture
def environment(clean: Clean, db: Database) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HEADCOUNT_")}
    return ours | {
        "HEADCOUNT_KAFKA": clean.settings.bootstrap,
        "HEADCOUNT_KAFKA_TOPIC_PREFIX": clean.settings.topic_prefix,
        "HEADCOUNT_DATABASE_SINK": db.sink,
        "HEADCOUNT_DATABASE_READER": db.reader,
        # The builds of tests have dates of their own, which retention would find too old one day.
        "HEADCOUNT_BUILDS_DAYS": "36500",
    }


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[[], Process]]:
    started: list[Process] = []

    def start_one() -> Process:
        started.append(Process(environment))
        return started[-1]

    yield start_one
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


def test_it_serves_its_health_and_drains_on_sigterm(clean: Clean, start: Callable[[], Process], rows: Rows) -> None:
    now = int(time.time() * 1e6)
    clean.write(0, clean.record(0, [build_event("1")], received_at=now))
    sink = start()
    wait(lambda: rows.one(BUILDS) == 1)
    wait(lambda: sink.get("/readyz") == (200, "ok\n"))
    assert sink.get("/healthz") == (200, "ok\n")
    status, metrics = sink.get("/metrics")
    assert status == 200
    assert 'headcount_events_total{direction="in",stage="sink"} 1.0' in metrics
    assert 'headcount_ledger_difference{identity="builds"} 0.0' in metrics
    log = sink.end(signal.SIGTERM)
    assert sink.process.returncode == 0
    assert log[-1]["event"] == "the sink has stopped; what it had in hand is applied"


def test_a_hole_turns_readiness_red_and_the_named_command_is_the_way_on(
    clean: Clean, start: Callable[[], Process], rows: Rows, environment: dict[str, str]
) -> None:
    clean.write(3, clean.record(0, [build_event("1")]), clean.record(4, [build_event("2")]))
    sink = start()
    wait(lambda: "ledger accept" in sink.get("/readyz")[1])
    status, text = sink.get("/readyz")
    assert status == 503
    assert "raw offsets 1..3 are missing" in text

    def headcount(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "headcount", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)

    ledger = headcount("ledger")
    assert "raw offsets 1..3 are missing" in ledger.stdout
    way_on = f"headcount ledger accept {clean.raw_topic} 3"
    assert way_on in ledger.stdout
    stopped = [
        row["stopped"] for row in map(json.loads, headcount("ledger", "--json").stdout.splitlines()) if row["stopped"]
    ]
    assert [(row["first_missing"], row["last_missing"]) for row in stopped] == [(1, 3)]

    accepted = headcount(*way_on.split()[1:], "--json")
    assert (accepted.returncode, json.loads(accepted.stdout)["first_missing"]) == (0, 1)
    wait(lambda: rows.one(BUILDS) == 2)
    wait(lambda: sink.get("/readyz")[0] == 200)
    log = sink.end(signal.SIGTERM)
    assert [line["missing_raw_offsets"] for line in log if line["event"] == "partition stopped"] == ["1..3"]
    assert headcount("ledger", "accept", clean.topic, "3").returncode == 1
    assert headcount("ledger", "check").returncode == 0


def test_kill_9_at_random_moments_loses_and_doubles_nothing(
    clean: Clean, start: Callable[[], Process], rows: Rows
) -> None:
    total = 0
    for round_ in range(3):
        for partition in range(8):
            records = [
                clean.record(round_ * 30 + n, [build_event(f"{partition}-{round_}-{n}-{m}") for m in range(5)])
                for n in range(30)
            ]
            clean.write(partition, *records)
            total += 150
        sink = start()
        seen = rows.one(BUILDS)
        wait(lambda: rows.one(BUILDS) > seen)  # noqa: B023 - called in this round only
        sink.end(signal.SIGKILL)
    start()
    wait(lambda: rows.one(BUILDS) == total)
    sums = "SELECT sum(received), sum(added), sum(kept_without_fact), sum(difference) FROM headcount.ledger"
    assert rows(sums) == [(total, total, 0, 0)]


def test_a_sink_that_was_stopped_and_woken_adds_nothing_twice(
    clean: Clean, start: Callable[[], Process], rows: Rows
) -> None:
    clean.write(0, clean.record(0, [build_event("1")]))
    zombie = start()
    wait(lambda: rows.one(BUILDS) == 1)
    zombie.process.send_signal(signal.SIGSTOP)
    clean.write(0, clean.record(1, [build_event("2")]))
    # Takes over when the group's session has timed out (6 s).
    start()
    wait(lambda: rows.one(BUILDS) == 2)
    zombie.process.send_signal(signal.SIGCONT)
    clean.write(0, clean.record(2, [build_event("3")]))
    wait(lambda: rows.one(BUILDS) == 3)
    assert rows("SELECT received, added, kept_without_fact, difference FROM headcount.ledger") == [(3, 3, 0, 0)]
