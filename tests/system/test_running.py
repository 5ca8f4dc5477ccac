"""A stack that is up: what its commands say, and what happens when a part of it dies."""

import json
import os
import signal
import urllib.request
from collections.abc import Callable
from typing import Any

import psycopg

from tests.system.conftest import Place

Eventually = Callable[[Callable[[], bool]], None]


def test_status_says_where_everything_listens(running: Place) -> None:
    status = running.status()
    assert status["state"] == "ready"
    assert status["kafka"].startswith("127.0.0.1:")
    assert status["collector"] is None
    with urllib.request.urlopen(f"{status['gateway']}/pixel/example", timeout=10) as pixel:
        assert (pixel.status, pixel.headers["Content-Type"]) == (200, "image/png")
    assert status["state_dir"] == str(running.state_dir)
    assert list(status["processes"]) == ["kafka", "postgres", "gateway", "streams", "sink"]
    for row in status["processes"].values():
        assert (row["state"], row["restarts"]) == ("running", 0)
        os.kill(row["pid"], 0)
    with psycopg.connect(status["database"]) as connection:
        row = connection.execute("SELECT current_user, current_setting('TimeZone')").fetchone()
        assert row == ("headcount_reader", "UTC")


def test_every_process_of_ours_serves_metrics_and_is_ready(running: Place) -> None:
    metrics = running.status()["metrics"]
    assert list(metrics) == ["gateway", "streams", "sink"]
    for url in metrics.values():
        with urllib.request.urlopen(url) as answer:
            assert b"headcount_" in answer.read()
        with urllib.request.urlopen(url.replace("/metrics", "/readyz")) as answer:
            assert answer.status == 200


def test_status_for_a_person_has_no_escape_codes(running: Place) -> None:
    text = running.must("status")
    assert "kafka" in text
    assert "\x1b" not in text


def test_the_doctor_finds_everything_well(running: Place) -> None:
    rows = [json.loads(line) for line in running.must("doctor", "--json").splitlines()]
    assert [row["check"] for row in rows if not row["ok"]] == []
    assert all(set(row) == {"check", "ok", "found", "advice"} for row in rows)
    assert {"python", "java", "jars", "kafka", "database", "topics", "completeness", "sink-ready"} <= {
        row["check"] for row in rows
    }


def test_a_second_up_says_that_it_already_runs(running: Place) -> None:
    before = running.status()
    refused = running.run("up")
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    assert str(running.state_dir) in refused.stderr
    assert "already runs" in running.must("up", "--detach")
    assert running.status() == before


def test_what_is_killed_comes_back_and_is_counted(running: Place, eventually: Eventually) -> None:
    before = running.status()["processes"]
    for name in ("sink", "kafka"):
        os.kill(before[name]["pid"], signal.SIGKILL)

    def is_back() -> bool:
        now: dict[str, Any] = running.status()["processes"]
        return all(row["state"] == "running" for row in now.values()) and now["kafka"]["restarts"] == 1

    eventually(is_back)
    after = running.status()["processes"]
    assert after["sink"]["restarts"] >= 1
    assert after["kafka"]["pid"] != before["kafka"]["pid"]
    assert after["postgres"] == before["postgres"]


def test_a_kafka_of_ones_own_is_used_and_no_other_started(running: Place, place: Place) -> None:
    own = running.status()["kafka"]
    place.must("up", "--detach", HEADCOUNT_KAFKA=own, HEADCOUNT_KAFKA_TOPIC_PREFIX="other.")
    status = place.status()
    assert status["kafka"] == own
    assert list(status["processes"]) == ["postgres", "gateway", "streams", "sink"]
    place.must("down")
    assert running.status()["processes"]["kafka"]["state"] == "running"
