"""Events grouped by source: what the record holds, its numbers and its limits, without Kafka."""

import itertools
from typing import Any

import pytest

from producers.publisher.batch import Batch
from producers.publisher.lines import Line
from schemas.batches import MAX_EVENTS, MAX_RECORD_BYTES, encode_batch, encode_event
from schemas.codec import decode
from schemas.topics import RAW_DOWNLOADS

REQUEST: dict[str, Any] = {"rule": "file", "kind": "file", "project": "tool", "status": 302, "conditional": False}


def beginning(address: str | None, agent: str | None = None) -> bytes:
    """What of an encoded source stands before its list of requests: all but the list's end."""
    return encode_event(RAW_DOWNLOADS, {"address": address, "agent": agent, "requests": []}).removesuffix(b"\0")


def request(at: int) -> bytes:
    one = encode_event(RAW_DOWNLOADS, {"address": None, "agent": None, "requests": [{"at": at, **REQUEST}]})
    return one.removeprefix(beginning(None) + b"\x02").removesuffix(b"\0")


def new_line() -> Line:
    numbers = itertools.count()
    return Line(RAW_DOWNLOADS, RAW_DOWNLOADS.name, 3, lambda: f"{next(numbers):032}")


def sources(batch: Batch) -> dict[str | None, list[int]]:
    return {
        one["address"]: [each["at"] for each in one["requests"]]
        for one in decode(RAW_DOWNLOADS, batch.value)["sources"]
    }


def test_a_record_groups_by_source_and_counts_requests() -> None:
    line = new_line()
    assert line.add_group(beginning("192.0.2.1"), [request(1), request(2)], 10.0) == []
    assert line.add_group(beginning("192.0.2.2"), [request(3)], 11.0) == []
    assert line.add_group(beginning("192.0.2.1"), [request(4)], 12.0) == []
    batch = line.cut()
    assert sources(batch) == {"192.0.2.1": [1, 2, 4], "192.0.2.2": [3]}
    assert (batch.head.seq, batch.head.count, batch.head.handed_over, batch.head.dropped) == (0, 4, 4, 0)
    assert line.first_at == 10.0, "the first event's time bounds how long the batch waits"
    assert not line.waits
    line.add_group(beginning("192.0.2.9"), [request(5)], 13.0)
    assert (line.cut().head.seq, line.handed_over) == (1, 5)


def test_a_record_holds_500_requests_at_most() -> None:
    line = new_line()
    batches = line.add_group(beginning("192.0.2.1"), [request(at) for at in range(1200)], 0.0)
    batches.append(line.cut())
    assert [batch.head.count for batch in batches] == [MAX_EVENTS, MAX_EVENTS, 200]
    assert [batch.head.seq for batch in batches] == [0, 1, 2]
    assert [at for batch in batches for at in sources(batch)["192.0.2.1"]] == list(range(1200))


def test_a_record_with_long_agents_stays_below_256_kib() -> None:
    line = new_line()
    batches = [
        batch
        for index in range(400)
        for batch in line.add_group(beginning(f"192.0.2.{index}", "x" * 4096), [request(index)], 0.0)
    ]
    batches.append(line.cut())
    assert len(batches) > 1
    assert max(len(batch.value) for batch in batches) <= MAX_RECORD_BYTES
    assert sum(batch.head.count for batch in batches) == 400
    assert sorted(at for batch in batches for ats in sources(batch).values() for at in ats) == list(range(400))


@pytest.mark.parametrize("count", [1, 63, 64, 500])
def test_the_bytes_are_those_that_avro_writes(count: int) -> None:
    line = new_line()
    line.add_group(beginning("2001:db8::1", "agent"), [request(at) for at in range(count)], 0.0)
    batch = line.cut()
    whole = {"address": "2001:db8::1", "agent": "agent", "requests": [{"at": at, **REQUEST} for at in range(count)]}
    assert batch.value == encode_batch(RAW_DOWNLOADS, batch.head, [encode_event(RAW_DOWNLOADS, whole)])


def test_a_batch_of_groups_comes_back_from_the_spool() -> None:
    line = new_line()
    line.add_group(beginning("192.0.2.1"), [request(1)], 0.0)
    batch = line.cut()
    assert Batch.from_bytes(batch.to_bytes()) == batch
    assert decode(RAW_DOWNLOADS, batch.empty_successor(RAW_DOWNLOADS).value)["sources"] == []


def test_a_large_batch_takes_less_room_in_the_spool_and_is_the_same_when_it_comes_back() -> None:
    line = new_line()
    line.add_group(beginning("192.0.2.1", "pip/24.0"), [request(1_795_521_600_000_000 + at) for at in range(500)], 0.0)
    batch = line.cut()
    content = batch.to_bytes()
    assert len(content) < len(batch.value) / 2
    assert Batch.from_bytes(content) == batch
    with pytest.raises(ValueError, match="cut or damaged"):
        Batch.from_bytes(content[:-20])
