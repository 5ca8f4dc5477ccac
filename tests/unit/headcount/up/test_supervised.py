import os
import signal
from functools import partial
from pathlib import Path

from headcount.up.child import Child, Command
from headcount.up.probe import wait_until
from headcount.up.supervised import Supervised


def supervised(tmp_path: Path, *argv: str) -> Supervised:
    launch = partial(Child.start, Command("test", argv, dict(os.environ), tmp_path / "test.log"))
    return Supervised("test", launch, answers=lambda: True)


def test_a_dead_one_waits_and_starts_again(tmp_path: Path) -> None:
    one = supervised(tmp_path, "sleep", "1000")
    one.start()
    first = one.record()
    assert first["state"] == "starting"
    assert one.tend()  # it answers
    assert one.record()["state"] == "running"
    assert not one.tend()  # nothing new
    assert one.child is not None
    one.child.process.send_signal(signal.SIGKILL)
    assert wait_until(one.tend, 5)
    waiting = one.record()
    assert (waiting["state"], waiting["restarts"], waiting["pid"]) == ("waiting", 1, None)
    assert wait_until(one.tend, 5)
    assert one.record()["pid"] not in (None, first["pid"])
    one.child.kill()


def test_the_wait_before_a_restart_is_kept(tmp_path: Path) -> None:
    one = supervised(tmp_path, "false")
    one.answers = lambda: False
    one.start()
    assert wait_until(one.tend, 5)
    assert not one.tend()  # 0.5 s are not over
    assert one.record()["state"] == "waiting"


def test_what_never_started_is_stopped(tmp_path: Path) -> None:
    assert supervised(tmp_path, "true").record() == {
        "state": "stopped",
        "restarts": 0,
        "started_at": None,
        "metrics": None,
        "pid": None,
    }
