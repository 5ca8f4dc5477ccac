"""The gateway at half load for an hour: whether its memory stays flat, and whether every event arrives.

Too long for a run of all benchmarks: it is run only when it is asked for. GATEWAY_SOAK_MINUTES makes it shorter.
"""

import os
import sys
from typing import Final

from benchmarks.broker import stack
from benchmarks.figures import Figure
from benchmarks.gateway import CONNECTIONS, count_events, gateway_server, wrk
from benchmarks.gateway_outage import DELAY_MS
from headcount.topics import ensure
from schemas.topics import RAW_DOWNLOADS

MINUTES: Final = int(os.environ.get("GATEWAY_SOAK_MINUTES", "60"))
WARM_MINUTES: Final = 2
"""Until then caches and the client library's buffers fill."""

MIB: Final = 1024 * 1024


def run() -> list[Figure]:
    """Measure; fails where a request failed or an event is missing."""
    memory: list[float] = []
    rounds = []
    with stack() as (servers, folder):
        settings = servers.kafka_settings(servers.fresh_prefix())
        ensure(settings, (RAW_DOWNLOADS,))
        with gateway_server(settings, folder) as (process, port):
            for minute in range(MINUTES):
                rounds.append(wrk(port, folder, seconds=60, delay_ms=DELAY_MS))
                memory.append(process.memory_info().rss / MIB)
                print(f"minute {minute + 1}: {memory[-1]:.0f} MiB", file=sys.stderr, flush=True)
        answers = sum(each.answers for each in rounds)
        events = count_events(settings, least=answers)
    assert sum(each.failed for each in rounds) == 0
    # Each round may leave the last answers of its connections unread.
    assert 0 <= events - answers <= (MINUTES + 1) * CONNECTIONS, f"{events} events of {answers} answers"
    return [
        Figure(f"gateway for {MINUTES} minutes", answers / MINUTES / 60, "requests/s"),
        Figure("p99, the worst minute", max(each.p99 for each in rounds), "ms", lower=True),
        Figure(
            f"memory after {min(WARM_MINUTES, MINUTES)} minutes",
            memory[min(WARM_MINUTES, MINUTES) - 1],
            "MiB",
            lower=True,
        ),
        Figure("memory at the end", memory[-1], "MiB", lower=True),
    ]
