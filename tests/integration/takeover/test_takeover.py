"""Takeover of a partition with a million state rows: first record within a minute, under 2 GiB (design.md section 3)."""

import hashlib
import time
from pathlib import Path

from headcount.kafka import Producer, producer
from headcount.settings import KafkaSettings
from headcount.topics import cluster_id, ensure, topic_ids
from schemas.batches import Head, encode_batch, encode_event, headers
from schemas.topics import BUILDS, CLEAN_BUILDS, RAW_BUILDS, STATE_BUILDS, Topic
from streams.sequence import Sequence
from streams.state import Draft, Position, State
from tests.build_events import event
from tests.kafka_topics import eventually, records
from tests.processes import environment, running

ROWS = 1_000_000
PRODUCERS = 2_000
PARTITION = 3
MOST_SECONDS = 60.0
MOST_KIB = 2 * 1024 * 1024
AT_ONCE = 10_000


def test_a_partition_with_a_million_state_rows_is_taken_over_in_time_and_memory(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    ensure(kafka, tuple(BUILDS.values()))
    now = int(time.time() * 1_000_000)
    known = write_state(kafka, now)
    write_raw(kafka, known)

    started = time.monotonic()
    with running(["-m", "headcount", "streams"], environment(kafka, tmp_path), tmp_path / "log") as worker:
        clean = eventually(lambda: records(kafka, CLEAN_BUILDS), is_right=bool, seconds=MOST_SECONDS)
        seconds = time.monotonic() - started
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        owned = [line for line in worker.lines() if line.get("state_rows", 0) > 1]

    highest_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    print(f"first record after {seconds:.1f} s, highest {highest_kib / 1024:.0f} MiB; {owned}")
    accounts = [record["account"] for _, record in clean]
    # The state counts: of the two events one had been accepted before, by the last row but one.
    assert [(account["accepted"], account["duplicate_event"]) for account in accounts] == [(1, 1)]
    assert [line["state_rows"] for line in owned] == [ROWS + PRODUCERS + 1]
    assert seconds < MOST_SECONDS
    assert highest_kib < MOST_KIB


def write_state(settings: KafkaSettings, now: int) -> bytes:
    """Write what a million takes of one event would have left, in the state's own rows; gives an id that it knows."""
    position = Position(0, cluster_id(settings), topic_ids(settings, (RAW_BUILDS,))[RAW_BUILDS])
    client = fast(settings)
    id_ = b""
    for first in range(0, ROWS, AT_ONCE):
        draft = Draft(State(), position)
        for offset in range(first, first + AT_ONCE):
            id_ = hashlib.blake2b(offset.to_bytes(8, "big"), digest_size=16).digest()
            draft.accept(offset, now, (id_,))
        for number in range(first * PRODUCERS // ROWS, (first + AT_ONCE) * PRODUCERS // ROWS):
            draft.producers[f"{number:032x}"] = Sequence(next=9, handed_over=90, received=90, last_at=now)
        for key, value in draft.to_rows().items():
            put(client, settings, STATE_BUILDS, key, value)
    assert client.flush(60) == 0
    return id_


def write_raw(settings: KafkaSettings, known: bytes) -> None:
    """One record of two events: one that the state knows, one that is new."""
    events = [event(1) | {"event_id": known.hex()}, event(2)]
    head = Head("e" * 32, 0, 2, 2, 0)
    client = fast(settings)
    client.produce(
        settings.name(RAW_BUILDS),
        value=encode_batch(RAW_BUILDS, head, [encode_event(RAW_BUILDS, one) for one in events]),
        partition=PARTITION,
        headers=headers(head),
    )
    assert client.flush(60) == 0


def fast(settings: KafkaSettings) -> Producer:
    return producer(
        settings, linger_ms=20, batch_size=1_000_000, queue_buffering_max_messages=1_000_000, compression_type="lz4"
    )


def put(client: Producer, settings: KafkaSettings, topic: Topic, key: bytes, value: bytes | None) -> None:
    while True:
        try:
            client.produce(settings.name(topic), key=key, value=value, partition=PARTITION)
        except BufferError:
            client.poll(0.1)
        else:
            return
