import errno
import json
import os
import resource
import stat
from pathlib import Path

import pytest

from headcount.errors import HeadcountError, UnavailableError
from headcount.up.state import ROLES, StateDir, explain_os_error, write_atomically


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    made = StateDir(tmp_path / "state")
    made.create()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_reads_state_and_secrets(state: StateDir) -> None:
    state.secrets()
    state.write_stack({"state": "ready"})
    assert mode(state.root) == 0o700
    assert mode(state.root / "secrets.json") == 0o600
    assert mode(state.stack_file) == 0o600


def test_secrets_are_made_once_and_one_for_each_role(state: StateDir) -> None:
    first = state.secrets()
    assert set(first) == set(ROLES)
    assert len(set(first.values())) == len(ROLES)
    assert state.secrets() == first
    assert all(
        "'" not in password and "@" not in password for password in first.values()
    )  # SQL and URL need no quoting


def test_a_format_of_the_future_is_refused(state: StateDir) -> None:
    (state.root / "format").write_text("2\n")
    with pytest.raises(HeadcountError, match="format '2', and this headcount reads up to 1"):
        state.create()


def test_a_format_file_that_is_no_number_is_refused(state: StateDir) -> None:
    (state.root / "format").write_text("")
    with pytest.raises(HeadcountError):
        state.create()


def test_a_state_that_was_never_used_has_an_empty_stack(state: StateDir) -> None:
    assert state.read_stack() == {}


def test_the_lock_is_held_once(state: StateDir) -> None:
    first = state.lock()
    assert first is not None
    assert state.lock() is None
    first.close()
    again = state.lock()
    assert again is not None
    again.close()


def test_a_reader_never_sees_half_a_file(state: StateDir) -> None:
    state.write_stack({"n": 1})
    before = state.stack_file.open()
    state.write_stack({"n": 2})
    assert json.load(before) == {"n": 1}
    before.close()
    assert [path.name for path in state.root.glob(".*")] == []


def test_a_place_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError) as refusal:
        StateDir(tmp_path / "file" / "state").create()
    assert str(tmp_path / "file") in refusal.value.where


@pytest.mark.parametrize(
    ("number", "what"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EACCES, "no permission to write there"),
        (errno.EROFS, "no permission to write there"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_disk_refuses_is_said_in_words(number: int, what: str) -> None:
    explained = explain_os_error(OSError(number, os.strerror(number), "/data/x"), Path("/data"))
    assert explained.what == what
    assert explained.where == "/data/x"


def test_a_write_that_the_disk_cuts_short_leaves_the_old_file(state: StateDir) -> None:
    state.write_stack({"n": 1})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write_atomically(state.stack_file, "x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert state.read_stack() == {"n": 1}
    assert [path.name for path in state.root.glob(".*")] == []
