import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from headcount.up import child as module
from headcount.up import identity
from headcount.up.child import Child, Command, last_lines, rotate, trim
from headcount.up.probe import wait_until


def command(tmp_path: Path, *argv: str, grace_seconds: float = 5.0) -> Command:
    return Command("test", argv, dict(os.environ), tmp_path / "test.log", grace_seconds=grace_seconds)


def test_what_it_says_is_in_its_log(tmp_path: Path) -> None:
    child = Child.start(command(tmp_path, "/bin/sh", "-c", "echo out; echo err >&2"))
    child.process.wait()
    assert (tmp_path / "test.log").read_text().split() == ["out", "err"]


def test_one_that_drains_is_not_killed(tmp_path: Path) -> None:
    child = Child.start(
        command(tmp_path, "/bin/sh", "-c", "trap 'echo drained; exit 3' TERM; echo up; while :; do sleep 0.05; done")
    )
    assert wait_until(lambda: "up" in last_lines(tmp_path / "test.log"), 5)
    child.stop()
    assert child.process.returncode == 3
    assert "drained" in last_lines(tmp_path / "test.log")


def test_one_that_does_not_listen_is_killed_with_its_children(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 1000 & echo $!; wait; while :; do sleep 1; done"
    child = Child.start(command(tmp_path, "/bin/sh", "-c", script, grace_seconds=0.2))
    assert wait_until(lambda: last_lines(tmp_path / "test.log") != "", 5)
    grandchild = identity.mark(int(last_lines(tmp_path / "test.log")))
    child.stop()
    assert child.process.returncode == -signal.SIGKILL
    assert wait_until(lambda: identity.find(grandchild) is None, 5)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux's kernel does that")
def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import os, pathlib, time
from headcount.up.child import Child, Command
child = Child.start(Command("test", ["sleep", "1000"], dict(os.environ), pathlib.Path({str(tmp_path / "test.log")!r})))
print(child.pid, flush=True)
time.sleep(1000)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        grandchild = identity.mark(int(parent.stdout.readline()))
        assert identity.find(grandchild) is not None
        parent.kill()
    assert wait_until(lambda: identity.find(grandchild) is None, 5)


def test_a_log_past_its_bound_moves_aside_and_a_small_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG_BYTES", 10)
    log = tmp_path / "x.log"
    log.write_text("short")
    rotate(log)
    assert log.read_text() == "short"
    log.write_text("longer than ten")
    rotate(log)
    assert not log.exists()
    assert (tmp_path / "x.log.1").read_text() == "longer than ten"


def test_the_log_of_a_running_process_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG_BYTES", 10)
    log = tmp_path / "x.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"first, and long\n")
        trim(log)
        writer.write(b"second\n")
    assert log.read_text() == "second\n"
    assert (tmp_path / "x.log.1").read_text() == "first, and long\n"


def test_a_number_that_another_process_has_now_is_not_ours() -> None:
    me = identity.mark(os.getpid())
    assert identity.find(me) is not None
    assert identity.find({**me, "created": me["created"] - 60}) is None
    assert identity.find({"pid": None}) is None
    assert not identity.end({**me, "created": me["created"] - 60})  # or this test would end here


def test_a_dead_one_is_not_found_even_before_it_is_buried() -> None:
    process = subprocess.Popen(["sleep", "1000"])
    marked = identity.mark(process.pid)
    process.kill()
    assert wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, 5)
    assert identity.find(marked) is None
    process.wait()


def test_the_end_is_asked_for_first_and_forced_later(tmp_path: Path) -> None:
    deaf = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"], stdout=subprocess.PIPE
    )
    assert deaf.stdout is not None
    deaf.stdout.readline()
    before = time.monotonic()
    assert identity.end(identity.mark(deaf.pid), seconds=0.2)
    assert time.monotonic() - before >= 0.2
    assert deaf.wait() == -signal.SIGKILL
    deaf.stdout.close()
