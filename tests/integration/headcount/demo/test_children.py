"""The demo's processes: their output, and that none outlives a stop."""

import os
import sys
import threading
from pathlib import Path

import pytest

from headcount.demo.children import Children, StoppedError

WAITS = "import sys, signal; print('here', flush=True); open(sys.argv[1], 'w').close(); signal.pause()"


def test_output_and_exit_code_are_told() -> None:
    done = Children(dict(os.environ)).run(
        [sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"]
    )
    assert (done.exit_code, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_stop_ends_what_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    children = Children(dict(os.environ))
    mark = tmp_path / "runs"
    raised: list[BaseException] = []

    def run() -> None:
        try:
            children.run([sys.executable, "-c", WAITS, str(mark)])
        except StoppedError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not mark.exists():
        assert thread.is_alive()
        thread.join(0.01)
    children.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert len(raised) == 1
    with pytest.raises(StoppedError):
        children.run([sys.executable, "-c", ""])
