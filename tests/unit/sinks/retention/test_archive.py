"""Files of the archive: whole or not at all, each row once, and never a folder that was not there."""

import gzip
import os
from collections.abc import Generator, Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinks.retention.archive import Archive, ArchiveError

DAY = date(2026, 3, 2)


def lines(*rows: str) -> Generator[str]:
    yield from rows


def content(folder: Path) -> list[str]:
    text = ""
    for path in sorted(folder.glob("*.jsonl.gz")):
        text += gzip.decompress(path.read_bytes()).decode()
    return text.splitlines()


def test_B45_rows_are_lines_and_the_file_has_its_day(tmp_path: Path) -> None:
    assert Archive(tmp_path).write("builds", DAY, lines('{"a": 1}', '{"a": "ü"}')) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["builds-2026-03-02.jsonl.gz"]
    assert content(tmp_path) == ['{"a": 1}', '{"a": "ü"}']


def test_B45_only_what_is_new_makes_another_file(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.write("builds", DAY, lines("1", "2"))
    assert archive.write("builds", DAY, lines("1", "2")) == 0
    assert archive.write("builds", DAY, lines("2", "3", "3")) == 1
    assert archive.write("builds", date(2026, 3, 3), lines("1")) == 1
    assert archive.write("builds", DAY, lines()) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"builds-2026-03-02.jsonl.gz", "builds-2026-03-02.2.jsonl.gz", "builds-2026-03-03.jsonl.gz"}
    assert gzip.decompress((tmp_path / "builds-2026-03-02.2.jsonl.gz").read_bytes()) == b"3\n"


def test_B45_a_reader_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def failing() -> Generator[str]:
        yield "1"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Archive(tmp_path).write("builds", DAY, failing())
    assert list(tmp_path.glob("*.jsonl.gz")) == []
    # What is left of it is no archive, and the next try writes over it.
    assert Archive(tmp_path).write("builds", DAY, lines("1", "2")) == 2
    assert content(tmp_path) == ["1", "2"]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_B45_a_full_disk_is_an_error_and_no_file(tmp_path: Path) -> None:
    (tmp_path / ".builds-2026-03-02.jsonl.gz.partial").symlink_to("/dev/full")
    with pytest.raises(ArchiveError, match="none are dropped"):
        Archive(tmp_path).write("builds", DAY, lines(*(os.urandom(50).hex() for _ in range(50_000))))
    assert list(tmp_path.iterdir()) == []


def test_B45_a_file_that_does_not_read_back_is_an_error_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(descriptor: int) -> None:
        """What a broken disk does: half of it is not there."""
        os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)

    monkeypatch.setattr(os, "fsync", torn)
    with pytest.raises(ArchiveError):
        Archive(tmp_path).write("builds", DAY, lines(*map(str, range(1000))))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", [0, 1, 10, 60])
def test_B45_an_older_file_that_is_torn_is_an_error(tmp_path: Path, left: int) -> None:
    Archive(tmp_path).write("builds", DAY, lines(*map(str, range(1000))))
    path = tmp_path / "builds-2026-03-02.jsonl.gz"
    path.write_bytes(path.read_bytes()[:left])
    if left == 0:
        # An empty file has no rows; so ours are written.
        assert Archive(tmp_path).write("builds", DAY, lines("1")) == 1
    else:
        with pytest.raises(ArchiveError):
            Archive(tmp_path).write("builds", DAY, lines("1"))


def test_B45_a_folder_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as raised:
        Archive(tmp_path / "not-mounted").write("builds", DAY, lines("1"))
    assert raised.value.where == f"HEADCOUNT_ARCHIVE_DIR={tmp_path / 'not-mounted'}"
    assert not (tmp_path / "not-mounted").exists()


ROWS = st.lists(
    st.text(st.characters(exclude_characters="\n\r\x85\u2028\u2029\x1c\x1d\x1e\x0b\x0c", codec="utf-8")), max_size=5
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(ROWS, max_size=4))
def test_B45_whatever_is_written_when_each_row_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, takes: Iterable[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    for take in takes:
        Archive(folder).write("builds", DAY, lines(*take))
    assert sorted(content(folder)) == sorted({row for take in takes for row in take})
