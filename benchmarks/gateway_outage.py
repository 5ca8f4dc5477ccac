"""The gateway while Kafka is stopped: latency before and meanwhile, and whether every event arrives afterwards.

Half load: each connection waits a little between its requests, so that latency is not that of a full queue.
"""

import os
from pathlib import Path
from typing import Final

from benchmarks.broker import stack
from benchmarks.cores import OTHERS, core
from benchmarks.figures import Figure
from benchmarks.gateway import CONNECTIONS, count_events, gateway_server, wrk
from headcount.topics import ensure
from schemas.topics import RAW_DOWNLOADS

SECONDS: Final = int(os.environ.get("GATEWAY_OUTAGE_SECONDS", "60"))
DELAY_MS: Final = 3
SLOWER: Final = 2.0


def run() -> list[Figure]:
    """Measure; fails where an event is missing."""
    with stack() as (servers, folder):
        settings = servers.kafka_settings(servers.fresh_prefix())
        ensure(settings, (RAW_DOWNLOADS,))
        with gateway_server(settings, folder) as (_, port):
            first = wrk(port, folder, seconds=2, delay_ms=DELAY_MS)
            before = wrk(port, folder, seconds=min(20, SECONDS), delay_ms=DELAY_MS)
            servers.kafka.kill()
            away = wrk(port, folder, seconds=SECONDS, delay_ms=DELAY_MS)
            spooled = _spooled_bytes(folder / "gateway-state")
            with core(OTHERS):
                servers.kafka.start()
            answers = first.answers + before.answers + away.answers
            events = count_events(settings, least=answers)
    assert before.failed == away.failed == 0
    assert 0 <= events - answers <= 3 * CONNECTIONS, f"{events} events of {answers} answers"
    return [
        Figure("gateway at half load", before.rate, "requests/s"),
        Figure(f"Kafka stopped for {SECONDS} s", away.rate, "requests/s"),
        Figure("p99 before", before.p99, "ms", lower=True),
        Figure("p99 meanwhile", away.p99, "ms", SLOWER * before.p99, before.p99, lower=True),
        Figure("spooled meanwhile", spooled / away.answers, "bytes/event"),
    ]


def _spooled_bytes(state: Path) -> int:
    return sum(file.stat().st_size for file in state.rglob("*.batch"))
