"""Which database a command talks to."""

from pathlib import Path

import pytest

from headcount.errors import SettingError
from headcount.settings import load
from headcount.up.state import StateDir
from sinks.dsn import Role, dsn_of

OWN = "postgresql://someone:secret@db.example.org/headcount"


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    state = StateDir(tmp_path)
    state.create()
    return state


def test_the_setting_of_the_role_wins(state: StateDir) -> None:
    state.write_stack({"database": "postgresql://headcount_reader:x@127.0.0.1:5555/headcount"})
    loaded = load({"HEADCOUNT_STATE_DIR": str(state.root), "HEADCOUNT_DATABASE_READER": OWN})
    assert dsn_of(loaded, Role.READER) == OWN


def test_the_local_stack_answers_when_nothing_is_set(state: StateDir) -> None:
    state.write_stack({"database": "postgresql://headcount_reader:x@127.0.0.1:5555/headcount"})
    loaded = load({"HEADCOUNT_STATE_DIR": str(state.root)})
    password = state.secrets()["headcount_sink"]
    assert dsn_of(loaded, Role.SINK) == f"postgresql://headcount_sink:{password}@127.0.0.1:5555/headcount"


def test_a_role_without_a_dsn_never_falls_back_to_another_database(state: StateDir) -> None:
    state.write_stack({"database": "postgresql://headcount_reader:x@127.0.0.1:5555/headcount"})
    loaded = load({"HEADCOUNT_STATE_DIR": str(state.root), "HEADCOUNT_DATABASE": OWN})
    with pytest.raises(SettingError) as raised:
        dsn_of(loaded, Role.SINK)
    assert raised.value.where == "HEADCOUNT_DATABASE_SINK"


def test_no_database_at_all_says_what_to_do(state: StateDir) -> None:
    with pytest.raises(SettingError, match="no database is named") as raised:
        dsn_of(load({"HEADCOUNT_STATE_DIR": str(state.root)}), Role.READER)
    assert "headcount up" in raised.value.do
