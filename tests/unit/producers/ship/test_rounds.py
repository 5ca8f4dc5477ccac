"""Rounds, their numbers, and a shipper that dies at every step (DL34). Kafka is a list here; log and disk are real."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headcount.errors import HeadcountError, UnavailableError
from headcount.metrics import Metrics
from headcount.settings import KafkaSettings
from producers.gateway.manifest import read_manifest
from producers.gateway.server.client import Proxies
from producers.publisher.lines import NEW_SERIES_SECONDS
from producers.ship.delivery import Delivery
from producers.ship.events import Events
from producers.ship.follow import Follower
from producers.ship.log_file import LogFile
from producers.ship.manifest_watch import ManifestWatch
from producers.ship.position import Numbers, Position, PositionFile, folder_of
from producers.ship.record import Record
from producers.ship.rounds import Rounds
from producers.ship.series import begun
from producers.ship.shipper import Counts, Shipper
from schemas.codec import decode
from schemas.topics import DEAD_DOWNLOADS, RAW_DOWNLOADS
from tests.unit.producers.ship.conftest import Following
from tests.unit.producers.ship.log_of import Log, json_line
from tests.unit.producers.ship.test_lines import MANIFEST

SETTINGS = KafkaSettings("127.0.0.1:1", topic_prefix="p.")


class KilledError(Exception):
    """kill -9, as far as a test in one process can have it."""


class Broker(Delivery):
    """Takes records, and kills us now and then: before, in the middle or after."""

    def __init__(self, got: list[Record], chance: random.Random | None = None) -> None:
        super().__init__(SETTINGS, metrics=Metrics(), is_stopping=lambda: False, wait=lambda seconds: None)
        self._chance, self._got = chance, got

    def deliver(self, records: Sequence[Record]) -> bool:
        if self._chance is not None and self._chance.random() < 0.3:
            self._got += records[: self._chance.randint(0, len(records))]
            raise KilledError
        self._got += records
        return True


def rounds(numbers: dict[int, Numbers] | None = None, since: int | None = None, has_begun: bool = False) -> Rounds:
    events = Events(read_manifest(MANIFEST, "gateway.toml"), proxies=Proxies(), host="downloads.example.org")
    return Rounds(SETTINGS, events, numbers or {}, since=since, has_begun=has_begun)


def shipper(file: PositionFile, position: Position, follower: Follower, delivery: Delivery, **more: Any) -> Shipper:
    return Shipper(
        file,
        position,
        follower=follower,
        rounds=rounds(dict(position.numbers), position.since, position.has_begun),
        delivery=delivery,
        metrics=Metrics(),
        is_stopping=more.pop("is_stopping", lambda: False),
        wait=more.pop("wait", lambda seconds: None),
    )


def batches(got: Sequence[Record]) -> list[dict[str, Any]]:
    """What streams keep: of one number the first, whose bytes any other has too."""
    kept: dict[tuple[str, int, int], bytes] = {}
    for record in got:
        if record.topic == SETTINGS.name(RAW_DOWNLOADS):
            batch = decode(RAW_DOWNLOADS, record.value)
            key = (batch["producer_id"], record.partition, batch["seq"])
            assert kept.setdefault(key, record.value) == record.value
    return [decode(RAW_DOWNLOADS, value) for value in kept.values()]


def files(got: Sequence[Record]) -> Counter[str]:
    return Counter(
        request["file"] for batch in batches(got) for source in batch["sources"] for request in source["requests"]
    )


def lines(first: int, last: int) -> list[bytes]:
    return [
        json_line(uri=f"/tool/1.0/f{number}.zip", address=f"192.0.2.{number % 40}")
        if number % 50
        else b"broken %d" % number
        for number in range(first, last)
    ]


@pytest.mark.parametrize("seed", range(25))
def test_DL34_killed_at_any_step_no_line_is_lost_and_none_counts_twice(
    log: Log, tmp_path: Path, following: Following, seed: int
) -> None:
    chance = random.Random(seed)
    got: list[Record] = []
    while True:
        is_last = len(log.written) > 3_000
        if not is_last:
            log.write(*lines(len(log.written), len(log.written) + chance.choice((1, 40, 700))))
            chance.choice((log.copytruncate, lambda: None, lambda: None))()
        file = PositionFile(tmp_path / "position")
        position = file.read()
        follower = following(log.path, **{"marks": position.files, "done": position.done})
        try:
            delivery = Broker(got, None if is_last else chance)
            shipper(file, position, follower, delivery).run(once=True)
        except KilledError:
            continue
        finally:
            file.close()
        if is_last:
            break
    wanted = [number for number in range(len(log.written)) if number % 50]
    assert files(got) == Counter(f"f{number}.zip" for number in wanted)
    keys = {record.key for record in got if record.topic == SETTINGS.name(DEAD_DOWNLOADS)}
    assert len(keys) == len(log.written) - len(wanted)
    _add_up(got)


def _add_up(got: Sequence[Record]) -> None:
    totals: dict[tuple[str, int], tuple[int, int]] = {}
    for batch in sorted(batches(got), key=lambda batch: int(batch["seq"])):
        partition = next(
            record.partition
            for record in got
            if dict(record.headers).get("producer_id") == batch["producer_id"].encode()
        )
        seq, total = totals.get((batch["producer_id"], partition), (0, 0))
        assert batch["seq"] == seq
        total += sum(len(source["requests"]) for source in batch["sources"])
        assert (batch["handed_over"], batch["dropped"]) == (total, 0)
        totals[batch["producer_id"], partition] = (seq + 1, total)


def test_DL34_a_round_is_on_disk_for_us_alone_before_it_is_sent(log: Log, tmp_path: Path, following: Following) -> None:
    log.write(*lines(1, 10))
    file = PositionFile(tmp_path / "position")

    class Looking(Broker):
        def deliver(self, records: Sequence[Record]) -> bool:
            assert file.read().pending == tuple(records)
            assert file.path.stat().st_mode & 0o777 == 0o600
            return super().deliver(records)

    got: list[Record] = []
    shipper(file, Position(), following(log.path), Looking(got)).run(once=True)
    assert sum(files(got).values()) == 9
    assert file.read().pending == ()
    assert "192.0.2." not in file.path.read_text()
    file.close()


def test_DL34_a_letter_says_where_the_line_is_and_nothing_of_it(log: Log) -> None:
    log.write(b"ok", b"canary " * 3, b"y" * 70_000, json_line(status="canary"))
    opened = LogFile(log.path)
    records, outcomes = rounds().records(opened, opened.read(10, 1 << 20))
    opened.close()
    found = [decode(DEAD_DOWNLOADS, record.value) for record in records]
    assert [(letter["reason"], letter["detail"]) for letter in found] == [
        ("line", "line"), ("line", "line"), ("line_too_long", None), ("line", "status"),
    ]  # fmt: skip
    content = log.path.read_bytes()
    for letter, record, text in zip(found, records, log.written, strict=True):
        name, inode, offset, at = letter["position"].split(":")
        assert int(at) == letter["received_at"]
        assert (name, int(inode)) == ("access.log", log.path.stat().st_ino)
        assert content[int(offset) :].startswith(text + b"\n")
        assert record.key == letter["position"].encode()
        assert b"canary" not in record.value
        assert letter["event"] is None
    assert (outcomes.events, sum(outcomes.refused.values())) == (0, 4)


def test_DL34_from_a_day_on(log: Log) -> None:
    long = b"x" * 70_000
    log.write(
        b"broken", long, json_line(at="1795521599.999"), json_line(), b"broken", json_line(at="1795521599.0"), long
    )
    opened = LogFile(log.path)
    records, outcomes = rounds(since=1_795_521_600_000_000).records(opened, opened.read(10, 1 << 20))
    opened.close()
    assert sum(files(records).values()) == 1
    assert outcomes.lines == {"early": 4, "event": 1}
    assert outcomes.refused == {"line": 1, "line_too_long": 1}
    counts = Counts()
    counts.add(7, outcomes)
    assert counts.row() == {"lines": 7, "events": 1, "refused": 2, "early": 4}


def test_DL34_from_a_day_on_and_started_anew(log: Log, tmp_path: Path, following: Following) -> None:
    file = PositionFile(tmp_path / "position")
    got: list[Record] = []
    position, counts = Position(since=1_795_521_600_000_000), Counts()
    for text in (b"broken", json_line(), b"broken", json_line(at="1795521599.0")):
        log.write(text)
        follower = following(log.path, marks=position.files, done=position.done)
        one = shipper(file, position, follower, Broker(got))
        one.run(once=True)
        position = file.read()
        counts.others.update(one.counts.row())
    assert counts.others == {"lines": 4, "events": 1, "refused": 1, "early": 2}
    file.close()


def test_DL34_numbers_go_on_but_for_a_line_that_was_silent_for_a_day(log: Log) -> None:
    log.write(json_line(), json_line())

    def heads(known: Callable[[Numbers], Numbers]) -> tuple[dict[str, Any], dict[str, Any]]:
        opened = LogFile(log.path)
        first = rounds()
        one = batches(first.records(opened, opened.read(1, 1 << 20))[0])[0]
        numbers = {partition: known(each) for partition, each in first.numbers().items()}
        two = batches(rounds(numbers).records(opened, opened.read(1, 1 << 20))[0])[0]
        opened.close()
        return one, two

    one, two = heads(lambda each: each)
    assert (two["producer_id"], two["seq"], two["handed_over"]) == (one["producer_id"], 1, 2)
    one, two = heads(lambda each: replace(each, cut_at=time.time() - NEW_SERIES_SECONDS - 1))
    assert two["producer_id"] != one["producer_id"]
    assert (two["seq"], two["handed_over"]) == (0, 1)


def test_DL34_on_another_cluster_the_numbers_begin_anew(log: Log) -> None:
    log.write(*lines(1, 1_500))
    opened = LogFile(log.path)
    first = rounds()
    records, _ = first.records(opened, opened.read(4_000, 1 << 22))
    opened.close()
    position = Position(numbers=first.numbers(), pending=tuple(records), series="a/1")
    assert begun(position, SETTINGS, "a/1") is position
    moved = begun(position, SETTINGS, "b/2")
    assert (moved.series, moved.numbers) == ("b/2", {})
    assert files(moved.pending) == files(records)
    ids = {batch["producer_id"] for batch in batches(records)}
    assert not ids & {batch["producer_id"] for batch in batches(moved.pending)}
    _add_up(moved.pending)
    for record in moved.pending:
        if record.key is None:
            batch = decode(RAW_DOWNLOADS, record.value)
            assert dict(record.headers)["seq"] == str(batch["seq"]).encode()


def test_DL34_asked_to_stop_it_ends_after_the_round_in_hand(log: Log, tmp_path: Path, following: Following) -> None:
    log.write(*lines(1, 9_000))
    file = PositionFile(tmp_path / "position")
    got: list[Record] = []
    one = shipper(file, Position(), following(log.path), Broker(got), is_stopping=lambda: len(got) > 0)
    one.run(once=False)
    assert one.counts.lines == 4_000
    assert sum(files(got).values()) == one.counts.events
    assert file.read().pending == ()
    file.close()


def test_DL34_two_shippers_of_one_log_and_positions_that_are_none(tmp_path: Path) -> None:
    file = PositionFile(tmp_path / "position")
    with pytest.raises(UnavailableError, match="another shipper"):
        PositionFile(tmp_path / "position")
    position = Position(numbers={3: Numbers("a" * 32, 4, 5, 6.5)}, series="x/y", since=7)
    file.write(position, durable=True)
    assert file.read() == position
    for text in ("", "{}", "[]", json.dumps(json.loads(file.path.read_text()) | {"format": 99})):
        file.path.write_text(text)
        with pytest.raises(HeadcountError, match="no position of ours"):
            file.read()
    file.close()
    assert folder_of(tmp_path / "a" / "x.log", tmp_path) != folder_of(tmp_path / "b" / "x.log", tmp_path)


def test_DL33_a_changed_manifest_is_used_and_a_broken_one_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(MANIFEST)
    used: list[str] = []
    metrics = Metrics()
    watch = ManifestWatch(path, lambda manifest: used.append(manifest.domains[0].host), metrics=metrics)
    for _ in range(3):
        watch.look()
    assert used == []
    for text, hosts in ((MANIFEST.replace("downloads", "dl"), 1), ("nonsense", 1), (MANIFEST, 2)):
        path.write_text(text)
        watch.look()  # it may be half written
        watch.look()
        watch.look()
        assert len(used) == hosts
        broken = metrics.registry.get_sample_value("headcount_gateway_broken", {"what": "manifest"})
        assert broken == (text == "nonsense")
    assert used == ["dl.example.org", "downloads.example.org"]
