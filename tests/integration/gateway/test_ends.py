"""Workers that are killed or told to stop, and a Kafka that is away: what was answered is on Kafka."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

from headcount.settings import KafkaSettings
from tests.integration.gateway.load import Load, is_in_order
from tests.integration.gateway.serving import Server, events, gateway, wait_for_events
from tests.kafka_topics import eventually
from tests.stack import Stack

LOSS_SECONDS = 0.1


def workers(server: Server) -> list[int]:
    return [line["pid"] for line in server.process.said("a worker starts")]


def kill_a_worker(server: Server) -> tuple[Load, float, int]:
    pid = workers(server)[0]
    with Load(server.port, 16) as load:
        load.more(2000)
        killed_at = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        load.more(2000)
    return load, killed_at, pid


def test_a_killed_worker_breaks_its_own_connections_and_loses_its_last_moment(
    raw: KafkaSettings, tmp_path: Path
) -> None:
    with gateway(raw, tmp_path / "gateway", "--workers", "2") as server:
        assert server.process.ready() == "ok\n"
        load, killed_at, pid = kill_a_worker(server)
        hurt = Counter(each.rpartition("-")[0] for each in load.broken)
        assert 0 < len(hurt) < 16, "the other worker's clients saw nothing"
        assert max(hurt.values()) <= 2, (
            "its own saw it once, or again where they came back before the kernel had buried it"
        )
        new = eventually(lambda: workers(server), is_right=lambda pids: len(pids) == 3)
        assert pid not in new[1:]
        before = {file for file, at in load.answered.items() if at < killed_at - LOSS_SECONDS or at > killed_at + 1}

        def arrived() -> set[str]:
            return {event["file"] for event in events(raw)}

        # What the killed worker had spooled is adopted by another within half a minute.
        seen = eventually(arrived, is_right=lambda seen: before <= seen, seconds=60)
        assert before - seen == set()
        assert len(events(raw)) == len(seen), "none twice"
        assert server.process.ready() == "ok\n"


def stop_under_load(server: Server, *, wait: int) -> Load:
    with Load(server.port, 16) as load:
        load.more(wait)
        server.process.process.send_signal(signal.SIGTERM)
        server.process.ended()
    return load


def test_SIGTERM_loses_no_event(raw: KafkaSettings, tmp_path: Path) -> None:
    with gateway(raw, tmp_path / "gateway") as server:
        load = stop_under_load(server, wait=3000)
        assert server.process.process.returncode == 0
    seen = {event["file"] for event in wait_for_events(raw, load.total)}
    assert set(load.answered) - seen == set()
    assert len(seen - set(load.answered)) <= 16, "at most one answer a client was under way"


def test_SIGTERM_to_several_workers_loses_no_event(raw: KafkaSettings, tmp_path: Path) -> None:
    with gateway(raw, tmp_path / "gateway", "--workers", "2") as server:
        assert server.process.ready() == "ok\n"
        load = stop_under_load(server, wait=3000)
        assert server.process.process.returncode == 0
    seen = {event["file"] for event in wait_for_events(raw, load.total)}
    assert set(load.answered) - seen == set()


def ask_while_kafka_is_away(server: Server, stack: Stack) -> Load:
    with Load(server.port, 8) as load:
        load.more(1000)
        stack.kafka.kill()
        try:
            load.more(4000)
        finally:
            stack.kafka.start()
        load.more(1000)
    return load


def test_DL9_kafka_away_changes_no_answer_and_every_event_arrives_in_order(
    raw: KafkaSettings, stack: Stack, tmp_path: Path
) -> None:
    with gateway(raw, tmp_path / "gateway") as server:
        load = ask_while_kafka_is_away(server, stack)
        assert load.broken == []
        seen = wait_for_events(raw, load.total, seconds=60)
    assert {event["file"] for event in seen} == set(load.answered)
    assert len(seen) == load.total
    assert is_in_order(seen)


def test_what_a_stopped_gateway_could_not_deliver_goes_out_with_the_next(
    raw: KafkaSettings, stack: Stack, tmp_path: Path
) -> None:
    folder = tmp_path / "gateway"
    stack.kafka.kill()
    try:
        with gateway(raw, folder) as server:
            load = stop_under_load(server, wait=500)
    finally:
        stack.kafka.start()
    with gateway(raw, folder):
        seen = wait_for_events(raw, load.total, seconds=60)
    assert set(load.answered) <= {event["file"] for event in seen}
    assert is_in_order(seen)
