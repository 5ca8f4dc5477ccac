"""Following a log through everything that is done to logs (DL34): each line once, whoever restarts when."""

import gzip
import os
import random
import time
from pathlib import Path

import pytest

from headcount.errors import UnavailableError
from producers.ship.follow import QUIET_SECONDS
from producers.ship.log_file import MAX_LINE_BYTES, LogFile
from producers.ship.rotated import rotated
from tests.unit.producers.ship.conftest import Following
from tests.unit.producers.ship.log_of import Log, drain


def numbered(first: int, last: int) -> list[bytes]:
    return [b"line %d " % number + b"x" * (number % 90) for number in range(first, last)]


def test_DL34_lines_come_as_they_are_written_and_a_half_one_is_waited_for(log: Log, following: Following) -> None:
    follower = following(log.path)
    assert drain(follower) == []
    log.write(b"one", b"two")
    log.write_half(b"three and more")
    assert drain(follower) == [b"one", b"two"]
    assert drain(following(log.path, after=follower)) == []
    log.write(b"three and more", b"", b"four")
    assert drain(following(log.path, after=follower)) == drain(follower) == [b"three and more", b"", b"four"]


def test_DL34_a_renamed_file_is_finished_first_though_workers_go_on_with_it(log: Log, following: Following) -> None:
    follower = following(log.path)
    log.write(b"one")
    assert drain(follower) == [b"one"]
    log.write(b"two")
    log.rename()
    log.write(b"three")
    log.path.write_bytes(b"new one\n")  # another worker has reopened already
    assert drain(follower) == [b"two", b"three", b"new one"]
    log.write(b"late")
    assert drain(following(log.path, after=follower)) == drain(follower) == [b"late"]
    old = log.path.with_name("access.log.1")
    os.utime(old, (0, time.time() - QUIET_SECONDS - 1))
    assert drain(follower) == []
    assert [mark.name for mark in follower.marks()] == ["access.log"]
    with log.path.open("ab") as other:
        other.write(b"new two\n")
    assert drain(following(log.path, after=follower)) == [b"new two"]


def test_DL34_copytruncate_leaves_the_rest_in_the_copy(log: Log, following: Following) -> None:
    follower = following(log.path)
    log.write(*numbered(0, 100))
    assert drain(follower) == numbered(0, 100)
    log.write(b"unread")
    log.copytruncate()
    log.write(*numbered(100, 130))
    restarted = following(log.path, after=follower)
    assert drain(follower) == [b"unread", *numbered(100, 130)]
    assert drain(restarted) == [b"unread", *numbered(100, 130)]


def test_DL34_a_truncated_file_that_has_grown_longer_than_before_is_seen(log: Log, following: Following) -> None:
    follower = following(log.path)
    log.write(b"short")
    assert drain(follower) == [b"short"]
    log.copytruncate()
    log.write(*numbered(0, 50))
    assert drain(following(log.path, after=follower)) == numbered(0, 50)
    assert drain(follower) == numbered(0, 50)


def test_DL34_a_log_that_is_truncated_while_it_was_empty_to_us(log: Log, following: Following) -> None:
    follower = following(log.path)
    assert drain(follower) == []
    log.write(b"never seen here")
    log.copytruncate()
    log.write(b"new")
    assert drain(follower) == [b"never seen here", b"new"]
    assert drain(following(log.path, after=follower)) == []


def test_DL34_several_rotations_while_nobody_looked(log: Log, following: Following) -> None:
    follower = following(log.path)
    log.write(b"0")
    assert drain(follower) == [b"0"]
    log.write(b"0b")
    for number in range(1, 5):
        log.rename()
        log.reopen()
        log.pack(2)
        log.write(b"%d" % number)
    restarted = following(log.path, after=follower)
    assert sorted(each.name for each in log.path.parent.iterdir()) == [
        "access.log", "access.log.1", "access.log.2.gz", "access.log.3.gz", "access.log.4.gz",
    ]  # fmt: skip
    wanted = [b"0b", b"1", b"2", b"3", b"4"]
    assert drain(follower) == wanted
    assert drain(restarted) == wanted
    assert drain(following(log.path, after=restarted)) == []


def test_DL34_a_log_that_is_gone_is_told_of_and_the_next_is_begun(log: Log, following: Following) -> None:
    follower = following(log.path)
    log.write(*numbered(0, 9))
    drain(follower)
    log.path.unlink()
    log.reopen()
    log.write(b"other")
    lost: list[str] = []
    assert drain(following(log.path, after=follower, lost=lost.append)) == [b"other"]
    assert lost == ["gone"]
    os.truncate(log.path, 0)
    log.write(b"y")
    follower = following(log.path, lost=lost.append)
    drain(follower)
    os.truncate(log.path, 0)
    log.write(b"z")
    assert drain(follower) == [b"z"]
    assert lost == ["gone", "truncated"]


def test_DL34_rotated_files_of_yesterday_in_order(tmp_path: Path, following: Following) -> None:
    for name, text in {"1": b"c\nd", "2": b"b\n", "10": b"a\n"}.items():
        content = text if name == "1" else gzip.compress(text)
        (tmp_path / f"access.log.{name}{'' if name == '1' else '.gz'}").write_bytes(content)
    (tmp_path / "access.log").write_bytes(b"e\n")
    for other in ("access.log.bak", "error.log.1", "access.log.1.gz", "access.log.gz"):
        (tmp_path / other).write_bytes(b"no\n")
    old = tmp_path / "access.log.1"
    os.utime(old, (0, time.time() - QUIET_SECONDS - 1))
    follower = following(tmp_path / "access.log", with_rotated=True)
    assert drain(follower) == [b"a", b"b", b"c", b"d", b"e"]
    assert drain(following(tmp_path / "access.log")) == [b"e"]


def test_DL34_names_of_rotated_files(tmp_path: Path) -> None:
    names = (
        "access.log-20261101.gz", "access.log-20261102", "access-20261103.log", "access.log.12.gz", "access.log.9",
        "access.log.1",
    )  # fmt: skip
    for name in (*names, "access.log", "access.log.9.gz", "access.log.old", "xaccess.log.1", "access.log.1~"):
        (tmp_path / name).touch()
    assert [each.name for each in rotated(tmp_path / "access.log")] == list(names)


def test_DL34_a_line_over_64_kib_is_passed_over_and_nothing_else(log: Log, following: Following) -> None:
    log.write(b"a", b"x" * MAX_LINE_BYTES, b"y" * (MAX_LINE_BYTES + 1), b"b", b"z" * 3_000_000, b"c")
    follower = following(log.path)
    assert drain(follower) == [b"a", b"x" * MAX_LINE_BYTES, None, b"b", None, b"c"]
    log.write_half(b"w" * 2_000_000)
    assert drain(follower) == []
    restarted = following(log.path, after=follower)
    log.write(b"w" * 2_000_000, b"d")
    assert drain(follower) == drain(restarted) == [None, b"d"]
    assert drain(following(log.path, after=follower)) == drain(following(log.path, after=restarted)) == []


def test_DL34_a_packed_file_that_ends_early_says_so(tmp_path: Path) -> None:
    path = tmp_path / "access.log.1.gz"
    path.write_bytes(gzip.compress(os.urandom(5000).hex().encode() + b"\n")[:3000])
    file = LogFile(path)
    with pytest.raises(UnavailableError, match="cannot be read"):
        file.read(10, 1 << 20)
    file.close()


OPERATIONS = ("write", "write", "write", "rotate", "rotate", "reopen", "pack", "look", "restart")


@pytest.mark.parametrize("seed", range(120))
def test_DL34_whatever_is_done_to_a_log_each_line_comes_once(
    log: Log, following: Following, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Two followers beside a log that is maltreated: one reads on and on, one is started anew all the time and is slow."""
    if seed % 4 < 2:
        monkeypatch.setattr("producers.ship.follow.QUIET_SECONDS", -1.0)  # nobody writes to a file behind a reopen here
    chance = random.Random(seed)
    steady, restarted = following(log.path), following(log.path)
    seen: tuple[list[bytes | None], list[bytes | None]] = ([], [])
    lost: list[str] = []
    is_renamed = False
    for _ in range(60):
        match chance.choice(OPERATIONS):
            case "write":
                log.write(*numbered(len(log.written), len(log.written) + chance.choice((1, 2, 30))))
            case "rotate" if seed % 2:
                log.copytruncate()
            case "rotate" if not is_renamed:
                log.rename()
                is_renamed = True
            case "reopen":
                log.reopen()
                is_renamed = False
            case "pack" if not is_renamed:
                log.pack(2)
            case "look":
                seen[0].extend(drain(steady, lines=chance.choice((1, 7, 4_000))))
            case "restart":
                restarted = following(log.path, after=restarted, lost=lost.append)
                if chance.random() < 0.7:
                    taken = restarted.take(chance.choice((1, 5, 4_000)), 1 << 20)
                    seen[1].extend(raw.text and raw.text.rstrip(b"\n") for raw in (taken[1] if taken else ()))
    log.reopen()
    seen[0].extend(drain(steady))
    seen[1].extend(drain(restarted))
    assert lost == []
    assert [sorted(map(str, each)) for each in seen] == [sorted(map(str, log.written))] * 2
