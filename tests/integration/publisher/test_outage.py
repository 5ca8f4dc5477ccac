"""Kafka away, hosts killed and forked: nothing that was accepted is lost, and nothing is counted under a wrong number."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from headcount.settings import KafkaSettings
from headcount.topics import ensure
from producers.publisher import Publisher
from schemas.topics import BUILDS, RAW_BUILDS
from tests.build_events import event
from tests.kafka_topics import eventually, records
from tests.stack import Stack

TREE = Path(__file__).parents[3]


@pytest.fixture
def raw(kafka: KafkaSettings) -> KafkaSettings:
    ensure(kafka, tuple(BUILDS.values()))
    return kafka


def ids(settings: KafkaSettings) -> Counter[str]:
    return Counter(one["event_id"] for _, batch in records(settings, RAW_BUILDS) for one in batch["events"])


def numbers(settings: KafkaSettings) -> dict[tuple[str, int], list[int]]:
    seen: dict[tuple[str, int], list[int]] = {}
    for message, batch in records(settings, RAW_BUILDS):
        seen.setdefault((batch["producer_id"], message.partition()), []).append(batch["seq"])
    return seen


def test_events_arrive_once_numbered_with_running_totals(raw: KafkaSettings, tmp_path: Path) -> None:
    with Publisher(raw, spool_dir=tmp_path) as publisher:
        for number in range(3000):
            assert publisher.publish(RAW_BUILDS, event(number), source=f"p{number % 50}/1")
        assert publisher.flush(20) == 0
    assert ids(raw) == Counter(event(number)["event_id"] for number in range(3000))
    totals: Counter[tuple[str, int]] = Counter()
    for message, batch in records(raw, RAW_BUILDS):
        line = (batch["producer_id"], message.partition())
        totals[line] += len(batch["events"])
        assert batch["handed_over"] == totals[line]
        assert dict(message.headers()) == {
            "producer_id": batch["producer_id"].encode(),
            "seq": str(batch["seq"]).encode(),
            "count": str(len(batch["events"])).encode(),
            "handed_over": str(batch["handed_over"]).encode(),
            "dropped": b"0",
        }
    assert all(seqs == list(range(len(seqs))) for seqs in numbers(raw).values())
    assert list(tmp_path.iterdir()) == [], "an empty spool leaves nothing behind"


def test_B33_kafka_away_then_back_delivers_in_order(raw: KafkaSettings, stack: Stack, tmp_path: Path) -> None:
    with Publisher(raw, spool_dir=tmp_path) as publisher:
        stack.kafka.kill()
        try:
            for number in range(400):
                assert publisher.publish(RAW_BUILDS, event(number), source=f"p{number % 50}/1")
                if number % 20 == 0:
                    publisher.flush(0.02)
            assert publisher.flush(0.5) == 400
        finally:
            stack.kafka.start()
        assert publisher.flush(60) == 0
    assert ids(raw) == Counter(event(number)["event_id"] for number in range(400))
    assert all(seqs == list(range(len(seqs))) for seqs in numbers(raw).values())


HOST = """
import sys
from producers.publisher import Publisher
from headcount.settings import KafkaSettings
from schemas.topics import RAW_BUILDS
from tests.build_events import event
bootstrap, prefix, spool, first, last = sys.argv[1:]
publisher = Publisher(KafkaSettings(bootstrap, topic_prefix=prefix), spool_dir=spool)
for number in range(int(first), int(last)):
    publisher.publish(RAW_BUILDS, event(number), source=f"p{number % 50}/1")
publisher.flush(0.3)
print("spooled", flush=True)
sys.stdin.read()
"""


def start_host(settings: KafkaSettings, spool: Path, first: int, last: int) -> "subprocess.Popen[str]":
    words = [settings.bootstrap, settings.topic_prefix, str(spool), str(first), str(last)]
    return subprocess.Popen(
        [sys.executable, "-c", HOST, *words], cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_killed_host_leaves_its_spool_to_the_next_one(raw: KafkaSettings, stack: Stack, tmp_path: Path) -> None:
    stack.kafka.kill()
    try:
        host = start_host(raw, tmp_path, 0, 200)
        assert host.stdout is not None
        assert host.stdout.readline() == "spooled\n"
        host.send_signal(signal.SIGKILL)
        host.communicate()
        files = list(tmp_path.glob("*/*.batch"))
        assert files
        assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    finally:
        stack.kafka.start()
    with Publisher(raw, spool_dir=tmp_path) as publisher:
        publisher.flush(0.1)
        seen = eventually(lambda: ids(raw), is_right=lambda seen: len(seen) == 200)
        assert publisher.flush(20) == 0
    assert seen == Counter(event(number)["event_id"] for number in range(200))
    assert list(tmp_path.iterdir()) == []


def test_a_living_host_keeps_its_spool_to_itself(raw: KafkaSettings, stack: Stack, tmp_path: Path) -> None:
    stack.kafka.kill()
    try:
        host = start_host(raw, tmp_path, 0, 50)
        assert host.stdout is not None
        assert host.stdout.readline() == "spooled\n"
        with Publisher(raw, spool_dir=tmp_path) as publisher:
            assert publisher.flush(0.2) == 0, "it has nothing of its own and adopts nothing of the living"
    finally:
        stack.kafka.start()
    eventually(lambda: ids(raw), is_right=lambda seen: len(seen) == 50)
    host.communicate()
    assert ids(raw) == Counter(event(number)["event_id"] for number in range(50))


def test_over_its_cap_the_oldest_go_and_are_counted(raw: KafkaSettings, stack: Stack, tmp_path: Path) -> None:
    with Publisher(raw, spool_dir=tmp_path, spool_bytes=1 << 17) as publisher:
        stack.kafka.kill()
        try:
            for number in range(3000):
                publisher.publish(RAW_BUILDS, event(number), source="one/1")
                if number % 10 == 9:
                    publisher.flush(0.01)
            publisher.flush(0.2)
            size = sum(file.stat().st_size for file in tmp_path.glob("*/*.batch"))
        finally:
            stack.kafka.start()
        assert publisher.flush(60) == 0
    assert size < 1.2 * (1 << 17)
    batches = sorted((batch for _, batch in records(raw, RAW_BUILDS)), key=lambda batch: batch["seq"])
    received = sum(len(batch["events"]) for batch in batches)
    assert 0 < received < 3000
    assert batches[-1]["handed_over"] == 3000
    assert batches[-1]["dropped"] == 3000 - received
    assert event(2999)["event_id"] in ids(raw), "the newest are kept"


def test_after_a_fork_the_child_is_a_producer_of_its_own(raw: KafkaSettings, tmp_path: Path) -> None:
    publisher = Publisher(raw, spool_dir=tmp_path)
    publisher.publish(RAW_BUILDS, event(0), source="p0/1")
    child = os.fork()
    if child == 0:
        publisher.publish(RAW_BUILDS, event(1), source="p0/1")
        left = publisher.flush(20)
        os._exit(left)
    assert os.waitpid(child, 0)[1] == 0
    publisher.publish(RAW_BUILDS, event(2), source="p0/1")
    assert publisher.flush(20) == 0
    publisher.close()
    assert ids(raw) == Counter(event(number)["event_id"] for number in range(3))
    assert len({batch["producer_id"] for _, batch in records(raw, RAW_BUILDS)}) == 2


def test_what_does_not_fit_the_schema_is_counted_not_raised(raw: KafkaSettings, tmp_path: Path) -> None:
    with Publisher(raw, spool_dir=tmp_path) as publisher:
        assert not publisher.publish(RAW_BUILDS, {"steps": 1}, source="x")
        assert not publisher.publish(RAW_BUILDS, event(1) | {"kind": "x" * (1 << 20)}, source="x")
        assert publisher.flush(5) == 0
        dropped = publisher.metrics.registry.get_sample_value
        assert dropped("headcount_dropped_events_total", {"cause": "schema"}) == 1
        assert dropped("headcount_dropped_events_total", {"cause": "too_large"}) == 1


def test_a_spool_that_cannot_be_written_loses_and_says_so(stack: Stack, tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("no folder")
    settings = KafkaSettings("127.0.0.1:1")
    with Publisher(settings, spool_dir=nowhere / "spool") as publisher:
        for number in range(200):
            assert publisher.publish(RAW_BUILDS, event(number), source=f"p{number}/1")
            publisher.flush(0.005)
        assert publisher.flush(0.3) <= 200
