"""I3: signals reach COMMAND once, and the build's event says that it was cancelled."""

# a test is named for its row of builds.md

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.builds_collector.wrapper import NAMED, Wrapper

COUNTING = """
import os, signal, sys
got = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, lambda number, _: got.append(number))
os.write(2, b"ready\\n")
while not got:
    signal.pause()
signal.sigtimedwait([], 0.3)  # whatever comes twice comes now
os.write(2, b"got %d\\n" % len(got))
os._exit(100 + got[0])
"""


def test_I3_a_key_of_the_terminal_reaches_the_command_once(wrapper: Wrapper) -> None:
    screen, status = wrapper.in_terminal((sys.executable, "-c", COUNTING), send=b"\x03", when=b"ready")
    assert b"got 1" in screen
    assert b'"status": "cancelled"' in screen
    assert os.waitstatus_to_exitcode(status) == 100 + signal.SIGINT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_I3_signals_are_forwarded_once_and_the_event_is_cancelled(wrapper: Wrapper, number: signal.Signals) -> None:
    argv = wrapper.argv(*NAMED, "--dry-run", "--json", command=(sys.executable, "-c", COUNTING))
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=wrapper.checkout, env=wrapper.environ
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"ready\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert err == b"got 1\n"
    assert process.returncode == 100 + number
    build = json.loads(out)["build"]
    assert (build["status"], build["success"], build["failure"]) == ("cancelled", False, None)


def test_I3_a_signal_that_kills_the_command(wrapper: Wrapper) -> None:
    argv = wrapper.argv(*NAMED, "--dry-run", "--json", command=("sh", "-c", "echo ready >&2; exec sleep 999"))
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=wrapper.checkout, env=wrapper.environ
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert json.loads(out)["build"]["status"] == "cancelled"


def test_I3_a_signal_while_collecting_ends_the_collection_and_keeps_the_event(wrapper: Wrapper, tmp_path: Path) -> None:
    slow = tmp_path / "slow" / "dpkg-query"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\necho > {tmp_path / 'asked'}\nexec sleep 999\n")
    slow.chmod(0o755)
    environ = wrapper.environ | {"PATH": f"{slow.parent}{os.pathsep}{wrapper.environ['PATH']}"}
    argv = wrapper.argv(*NAMED, "--dry-run", "--json", command=("true",))
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=wrapper.checkout, env=environ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "asked").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert time.monotonic() - begun < 5
    assert process.returncode == 0
    event = json.loads(out)
    assert event["build"]["success"] is True
    assert event["collectors"]["python"]["status"] == "error"
    assert event["collectors"]["apt_all"]["status"] == "timeout"


def started(wrapper: Wrapper, *command: str, **given: Any) -> subprocess.Popen[bytes]:
    """Start a build whose COMMAND says `ready` on stderr when it is."""
    argv = wrapper.argv(*NAMED, "--dry-run", "--json", command=command)
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=wrapper.checkout, env=wrapper.environ, **given
    )
    assert process.stderr is not None
    assert process.stderr.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_I3_a_signal_for_the_command_alone_cancels_nothing(wrapper: Wrapper, number: signal.Signals) -> None:
    process = started(wrapper, sys.executable, "-c", COUNTING)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert err == b"got 1\n"
    assert process.returncode == 100 + number
    assert json.loads(out)["build"]["status"] == "normal"


STOPPING = """
import os, signal
signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
os.write(2, b"ready\\n")
signal.pause()
"""


def state_of(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_I3_stop_and_go_on_reach_the_command(wrapper: Wrapper) -> None:
    process = started(wrapper, sys.executable, "-c", STOPPING, process_group=0)
    child = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
    for _ in range(2):
        os.kill(process.pid, signal.SIGTSTP)  # to the wrapper alone, as a supervisor sends it
        assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
        await_state(child, "T")
        os.kill(process.pid, signal.SIGCONT)
        await_state(child, "S")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 9
    assert json.loads(out)["build"]["status"] == "cancelled"


def await_state(process: int, state: str) -> None:
    deadline = time.monotonic() + 30
    while state_of(process) != state:
        assert time.monotonic() < deadline, state_of(process)
        time.sleep(0.01)


def test_I3_a_stop_that_nobody_could_end_stops_nobody(wrapper: Wrapper) -> None:
    # The terminal's own process: there is no shell that could send it on, and the kernel drops the signal.
    screen, status = wrapper.in_terminal(("sh", "-c", "echo ready; read line; exit 4"), send=b"\x1a\n", when=b"ready")
    assert b'"status": "normal"' in screen
    assert os.waitstatus_to_exitcode(status) == 4
