"""What the gateway's events say, read back from the raw topic, without the addresses that they hold."""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from headcount.demo import stack
from headcount.demo.children import Children
from headcount.errors import HeadcountError
from headcount.kafka import TopicPartition, consumer
from headcount.settings import KafkaSettings
from schemas.codec import decode
from schemas.topics import PARTITIONS, RAW_DOWNLOADS

_POLL_SECONDS: Final = 0.2
_ANSWERED: Final = re.compile(r"^headcount_gateway_requests_total(?:{.*})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as its event tells it. `at` in microseconds since 1970 UTC; `agent` is the User-Agent's first word."""

    at: int
    agent: str
    kind: str
    method: str
    status: int | None
    file: str | None
    is_part: bool

    @property
    def is_whole_file(self) -> bool:
        """Whether somebody asked for a whole file, and was sent on to it."""
        is_answered = self.status is not None and self.status < 400
        return self.kind == "file" and self.method == "GET" and is_answered and not self.is_part


def in_batch(batch: dict[str, Any]) -> Iterator[Seen]:
    """Give the requests of one record of the raw topic."""
    for source in batch["sources"]:
        words = (source["agent"] or "").split()
        for request in source["requests"]:
            yield Seen(
                at=request["at"],
                agent=words[0] if words else "(no agent)",
                kind=request["kind"],
                method=request["method"] or "",
                status=request["status"],
                file=request["file"],
                is_part=request["range"] is not None,
            )


def read(settings: KafkaSettings) -> list[Seen]:
    """Read every request that the raw topic holds now."""
    client = consumer(
        settings,
        group_id="headcount.demo",
        enable_partition_eof=True,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    seen: list[Seen] = []
    try:
        client.assign([TopicPartition(settings.name(RAW_DOWNLOADS), number, 0) for number in range(PARTITIONS)])
        ended: set[int | None] = set()
        while len(ended) < PARTITIONS:
            for message in client.consume(1000, 0.05):
                if message.error() is not None:
                    ended.add(message.partition())
                else:
                    seen += in_batch(decode(RAW_DOWNLOADS, message.value() or b""))
    finally:
        client.close()
    return sorted(seen, key=lambda each: each.at)


def await_requests(
    answered: Callable[[], int],
    look: Callable[[], list[Seen]],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[int, list[Seen]]:
    """Wait until all that the gateway answered is on the raw topic; give how much that is, and what is there."""
    deadline = clock() + stack.ARRIVAL_SECONDS
    before = -1
    while True:
        count, seen = answered(), look()
        # The count of the last request may be a moment behind its answer: one that stands still is all.
        if count == before and len(seen) >= count:
            return count, seen
        if clock() > deadline:
            raise HeadcountError(
                f"{len(seen)} of {count} requests are on Kafka after {stack.ARRIVAL_SECONDS:.0f} s",
                where=f"topic {RAW_DOWNLOADS.name}",
                do="see the last lines of gateway.log in the stack's logs",
            )
        before = count
        sleep(_POLL_SECONDS)


def answered_by(metrics_url: str) -> int:
    """Ask a gateway how many requests it has answered."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is on this machine
    with direct.open(metrics_url, timeout=10) as answer:
        return int(sum(map(float, _ANSWERED.findall(answer.read().decode()))))


def stack_status(children: Children) -> dict[str, Any]:
    """Ask where everything of the demo's stack is."""
    found: dict[str, Any] = json.loads(stack.call(children, "status", "--json"))
    return found
