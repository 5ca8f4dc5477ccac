"""The spool's folder and the numbers of a line, without Kafka."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headcount.metrics import Metrics
from headcount.settings import KafkaSettings
from producers.publisher import lines
from producers.publisher.batch import Batch
from producers.publisher.lines import Line
from producers.publisher.sender import Sender
from producers.publisher.spool import Spool
from schemas.batches import Head
from schemas.topics import RAW_BUILDS

Make = Callable[..., Spool]


@pytest.fixture
def make_spool(tmp_path: Path) -> Iterator[Make]:
    made: list[Spool] = []

    def make(name: str, *, max_bytes: int = 1 << 20) -> Spool:
        made.append(Spool(tmp_path / "spool", max_bytes=max_bytes, name=name))
        return made[-1]

    yield make
    for spool in made:
        spool.close()


def batch(seq: int, size: int = 100) -> Batch:
    return Batch("topic", 0, Head("a" * 32, seq, 1, seq + 1, 0), time.time(), bytes(size))


def test_a_batch_reads_as_it_was_written(make_spool: Make) -> None:
    spool = make_spool("own")
    kept = spool.write(batch(7))
    read = spool.read(kept)
    assert read is not None
    assert (read.head, read.value, read.line) == (batch(7).head, batch(7).value, batch(7).line)
    assert spool.bytes == kept.path.stat().st_size
    spool.remove(kept)
    assert (spool.bytes, len(spool)) == (0, 0)


def test_a_folder_that_is_removed_under_us_is_made_again(make_spool: Make, tmp_path: Path) -> None:
    spool = make_spool("own")
    spool.write(batch(0))
    shutil.rmtree(tmp_path / "spool")
    assert spool.write(batch(1)).path.exists()
    assert make_spool("other").adopt() == [], "and it is ours again"


def test_the_living_are_not_adopted_and_the_dead_are_in_order(make_spool: Make) -> None:
    living, dead = make_spool("living"), make_spool("dead")
    for seq in range(3):
        living.write(batch(seq))
        dead.write(batch(seq))
    dead.close()
    other = make_spool("other")
    adopted = [other.read(kept) for kept in other.adopt()]
    assert [one.head.seq for one in adopted if one is not None] == [0, 1, 2]


def test_what_is_adopted_goes_out_in_the_order_of_its_numbers(make_spool: Make) -> None:
    dead, own = make_spool("dead"), make_spool("own")
    for seq in (2, 0, 1, 3):
        dead.write(batch(seq))
    dead.close()
    sender = Sender(KafkaSettings("127.0.0.1:1"), own, metrics=Metrics(), lost=lambda batch, cause: False)
    sender._adopt()
    waiting = [own.read(kept) for kept in sender._backlog]
    assert [one.head.seq for one in waiting if one is not None] == [0, 1, 2, 3]
    assert [len(one.value) for one in waiting if one is not None] == [100] * 4


def test_the_oldest_are_surplus_over_the_cap(make_spool: Make) -> None:
    spool = make_spool("own", max_bytes=1000)
    kept = [spool.write(batch(seq, 300)) for seq in range(4)]
    assert list(spool.surplus(lambda each: each != kept[0])) == kept[1:3]


def new_line() -> Line:
    numbers = iter("abcdef")
    return Line(RAW_BUILDS, "topic", 0, lambda: next(numbers) * 32)


def test_a_loss_is_reported_in_the_series_that_had_handed_it_over(monkeypatch: pytest.MonkeyPatch) -> None:
    line = new_line()
    line.add(b"event", 0.0)
    first = line.cut().head
    later = time.time() + lines.NEW_SERIES_SECONDS + 1
    monkeypatch.setattr(lines.time, "time", lambda: later)
    line.lose(1, 0.0)
    assert line.waits
    report = line.cut().head
    assert (report.producer_id, report.seq, report.count) == (first.producer_id, 1, 0)
    assert (report.handed_over, report.dropped) == (1, 1)


def test_a_line_that_was_silent_for_a_day_begins_a_new_series(monkeypatch: pytest.MonkeyPatch) -> None:
    line = new_line()
    line.add(b"event", 0.0)
    first = line.cut().head
    later = time.time() + lines.NEW_SERIES_SECONDS + 1
    monkeypatch.setattr(lines.time, "time", lambda: later)
    line.add(b"event", 0.0)
    second = line.cut().head
    assert second.producer_id != first.producer_id
    assert (second.seq, second.handed_over) == (0, 1)
