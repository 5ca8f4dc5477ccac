"""Each guard of faust.md section 2, with a test that fails without it."""

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from headcount.errors import HeadcountError
from headcount.settings import KafkaSettings
from streams.builds.domain import builds
from streams.runtime import app as faust_app
from streams.runtime import guards
from streams.scrub.names import Names

TP0 = TP("raw", 0)


class Message:
    def __init__(self, offset: int) -> None:
        self.tp, self.offset = TP0, offset


def consumer(*, acked: list[int], pending: list[int], committed: int) -> Any:
    """Our consumer as it stands after some acknowledgements, without a broker."""
    made = faust_app._Consumer.__new__(faust_app._Consumer)
    made._acked = defaultdict(list, {TP0: list(acked)})
    made._acked_index = defaultdict(set, {TP0: set(acked)})
    made._gap = defaultdict(list)
    made._committed_offset = defaultdict(lambda: None, {TP0: committed})
    made._unacked_messages = {Message(offset) for offset in pending}
    return made


def test_F1_nothing_is_committed_at_or_above_the_smallest_unacknowledged_record() -> None:
    assert consumer(acked=[5, 6, 7], pending=[], committed=5)._new_offset(TP0) == 8
    assert consumer(acked=[5, 6, 7], pending=[6, 9], committed=5)._new_offset(TP0) == 6


def test_F1_without_the_guard_faust_would_commit_past_it() -> None:
    stock = consumer(acked=[5, 6, 7], pending=[6], committed=5)
    assert super(faust_app._Consumer, stock)._new_offset(TP0) == 8


def test_F2_an_offset_that_did_not_commit_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(self: Any, offsets: Any, start_new_transaction: bool = True) -> bool:
        self._committed_offset.update(offsets)  # as Faust does, whatever came of it
        return False

    monkeypatch.setattr(faust_app.driver.Consumer, "_commit_offsets", fails)
    ours = consumer(acked=[], pending=[], committed=5)
    assert asyncio.run(ours._commit_offsets({TP0: 9})) is False
    assert ours._committed_offset[TP0] == 5


def settings_of_app(folder: Path) -> Any:
    slot = faust_app.Slot("host", 3, folder)
    names = Names(pip=frozenset(), apt=frozenset())
    return faust_app.make_app(KafkaSettings("192.0.2.1:9092"), builds(names), slot).conf


def test_settings_that_guards_stand_on(tmp_path: Path) -> None:
    conf = settings_of_app(tmp_path)
    assert conf.processing_guarantee.value == "at_least_once", "F10: not Faust's exactly-once"
    assert conf.consumer_auto_offset_reset == "earliest", "F14"
    assert conf.broker_max_poll_interval <= 120, "F15"
    assert str(conf.datadir).startswith(str(tmp_path)), "F16: a folder per slot"
    assert conf.consumer_group_instance_id == "host-3", "F16: an identity per slot"
    assert conf.table_standby_replicas == 0
    assert conf.topic_allow_declare is False
    assert conf.web_enabled is False
    assert 0 < faust_app.TAKE_SECONDS < 1, "F12: a take ends by itself"


def test_F5_a_crash_of_faust_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[str] = []
    monkeypatch.setattr(faust_app, "die", lambda event, **fields: ends.append(event))
    app = faust_app.App.__new__(faust_app.App)
    monkeypatch.setattr(faust_app.App, "should_stop", False)
    app._crash(RuntimeError("made to fail"))
    assert ends == ["Faust crashed"]


def test_the_functions_that_we_lean_on_are_the_tested_ones() -> None:
    guards.check(faust_app.LEANED_ON)


def test_a_function_that_changed_is_noticed_by_name() -> None:
    def other() -> None:
        """Not what was tested."""

    with pytest.raises(HeadcountError, match="not the one") as changed:
        guards.check({"Consumer.ack": other})
    assert changed.value.where == "Consumer.ack"
