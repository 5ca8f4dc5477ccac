"""From the broker's receipt of a batch to its clean record at a `read_committed` consumer, under a steady load."""

import time
from collections.abc import Sequence

from headcount.kafka import TopicPartition, consumer, producer
from headcount.settings import KafkaSettings
from schemas.batches import Head, headers
from schemas.codec import decode
from schemas.topics import CLEAN_BUILDS, PARTITIONS, RAW_BUILDS

WARM_UP_SECONDS = 2.0
SECONDS = 8.0
QUIET_SECONDS = 3.0


def latencies(settings: KafkaSettings, records: Sequence[tuple[Head, bytes]], *, rate: float) -> list[float]:
    """Send `rate` records a second for some seconds; gives the seconds that each took, without those of the warm-up."""
    client = producer(settings, linger_ms=0, compression_type="zstd")
    reader = consumer(
        settings, group_id="latency", isolation_level="read_committed", enable_auto_commit=False, fetch_wait_max_ms=5
    )
    reader.assign([TopicPartition(settings.name(CLEAN_BUILDS), partition, 0) for partition in range(PARTITIONS)])
    wanted = min(len(records), round(rate * SECONDS))
    arrived: list[tuple[float, bytes]] = []
    begun = heard = time.time()
    sent = 0
    while len(arrived) < wanted and time.time() - heard < QUIET_SECONDS:
        while sent < min(wanted, (time.time() - begun) * rate):
            head, value = records[sent]
            client.produce(settings.name(RAW_BUILDS), value=value, partition=sent % PARTITIONS, headers=headers(head))
            sent += 1
        client.poll(0)
        for message in reader.consume(100, 0.001):
            heard = time.time()
            arrived.append((heard, message.value() or b""))
    reader.close()
    # Decoded only now: the reader must not be what is measured.
    received = [(at, decode(CLEAN_BUILDS, value)["received_at"] / 1e6) for at, value in arrived]
    return [at - since for at, since in received if since > begun + WARM_UP_SECONDS]
