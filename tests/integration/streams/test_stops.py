"""Partitions that must not go on say so, others go on, and the named way out works."""

import time
from collections.abc import Callable
from pathlib import Path

from headcount.kafka import TopicPartition, admin, producer
from schemas.batches import Head, encode_batch, encode_event, headers
from schemas.topics import CLEAN_BUILDS, DEAD_BUILDS, RAW_BUILDS
from tests.build_events import event
from tests.integration.streams.conftest import Raw, once_each
from tests.kafka_topics import eventually, records
from tests.processes import headcount, running

WORKER = ["-m", "headcount", "streams"]
Log = Callable[[str], Path]


def test_records_of_bad_form_pause_a_partition_until_a_person_resumes_it(
    raw: Raw, environ: dict[str, str], log: Log
) -> None:
    for number in range(110):
        raw.send(1, value=b"garbage", producer_id=f"{number % 2:032x}")
    raw.send(1)
    topic = raw.settings.name(RAW_BUILDS)
    with running(WORKER, environ, log("worker")) as worker:
        assert raw.wait_for(800) == once_each(100)
        assert "do not decode" in eventually(worker.readyz, is_right=lambda text: "do not decode" in text)
        resumed = headcount(environ, "streams", "resume", topic, "3")
        assert (resumed.returncode, resumed.stderr) == (0, "")
        worker.said("a command changed the position")
        worker.ended()
    again = headcount(environ, "streams", "resume", topic, "3")
    assert again.returncode == 1
    assert "is not paused" in again.stderr
    with running(WORKER, environ, log("worker")):
        found = raw.wait_for(811)
    assert found == once_each(100) | {3: list(range(111))}


def test_records_that_retention_took_stop_the_partition_until_the_loss_is_accepted(
    raw: Raw, environ: dict[str, str], log: Log
) -> None:
    topic = raw.settings.name(RAW_BUILDS)
    with running(WORKER, environ, log("first")):
        raw.send(2)
        raw.wait_for(16)
    raw.send(3)
    client = admin(raw.settings)
    for future in client.delete_records([TopicPartition(topic, 5, 4)]).values():
        future.result()
    with running(WORKER, environ, log("second")) as worker:
        (line,) = worker.said("partition stopped")
        assert "records 2 to 3 were deleted" in line["what"]
        accepted = headcount(environ, "ledger", "accept", topic, "5")
        assert (accepted.returncode, accepted.stderr) == (0, "")
        worker.said("a command changed the position")
        worker.ended()
    with running(WORKER, environ, log("third")):
        assert raw.wait_for(38) == once_each(5) | {5: [0, 1, 4]}


def test_offsets_without_records_stop_the_partition_until_they_are_accepted(
    raw: Raw, environ: dict[str, str], log: Log
) -> None:
    topic = raw.settings.name(RAW_BUILDS)
    raw.send(1)
    writer = producer(raw.settings, transactional_id="somebody")
    writer.init_transactions(30)
    writer.begin_transaction()
    writer.produce(topic, value=b"in a transaction", partition=5)
    writer.commit_transaction(30)  # its marker takes an offset and is no record
    raw.send(1)
    with running(WORKER, environ, log("first")) as worker:
        (line,) = worker.said("partition stopped")
        assert "no records at offsets 2 to 2" in line["what"]
        assert raw.wait_for(16) == once_each(2)
        accepted = headcount(environ, "ledger", "accept", topic, "5")
        assert (accepted.returncode, accepted.stderr) == (0, "")
        worker.said("a command changed the position")
        worker.ended()
    with running(WORKER, environ, log("second")):
        assert raw.wait_for(17) == once_each(2) | {5: [0, 1, 3]}


def test_replay_puts_back_what_was_refused_and_twice_counts_once(raw: Raw, environ: dict[str, str], log: Log) -> None:
    soon = time.time() + 605
    ahead = event(1, started_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(soon)))
    head = Head("e" * 32, 0, 1, 1, 0)
    client = producer(raw.settings)
    value = encode_batch(RAW_BUILDS, head, [encode_event(RAW_BUILDS, ahead)])
    client.produce(raw.settings.name(RAW_BUILDS), value=value, partition=2, headers=headers(head))
    client.flush(10)
    with running(WORKER, environ, log("worker")):
        raw.wait_for(1)
        (letter,) = [letter for _, letter in records(raw.settings, DEAD_BUILDS)]
        assert letter["reason"] == "started_at_ahead"
        other = headcount(environ, "replay", "--reason", "kind", "--json")
        assert other.stdout == '{"replayed": 0, "again": 0, "expired": 0}\n'
        eventually(time.time, is_right=lambda now: now > soon - 599)
        first = headcount(environ, "replay", "--json")
        assert (first.stdout, first.stderr) == ('{"replayed": 1, "again": 0, "expired": 0}\n', "")
        second = headcount(environ, "replay", "--json")
        assert second.stdout == '{"replayed": 0, "again": 1, "expired": 0}\n'
        raw.wait_for(2)
    accounts = [record["account"] for _, record in records(raw.settings, CLEAN_BUILDS)]
    assert [account["accepted"] for account in accounts] == [0, 1]
    assert [account["received"] for account in accounts] == [1, 1]
