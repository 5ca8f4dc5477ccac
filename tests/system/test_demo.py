"""The demo and the report from outside. `make demo` is all of it; here are its parts, and its end by a signal."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.registries import python_index
from tests.system.conftest import SECONDS, Place, clean_environment

HEADCOUNT = (sys.executable, "-P", "-m", "headcount")
Eventually = Callable[[Callable[[], bool]], None]


def run(place: Place, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HEADCOUNT, *words],
        env=clean_environment() | {"HEADCOUNT_STATE_DIR": str(place.state_dir)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_a_build_is_on_the_report(running: Place, tmp_path: Path, eventually: Eventually) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".readthedocs.yaml").write_text("version: 2\nbuild: {os: ubuntu-24.04, tools: {python: '3'}}\n")
    for name, script in (("good", "print('built')"), ("bad", "raise SystemExit(2)")):
        words = ("--project", "tiny <b>", "--version", name, "--", sys.executable, "-c", script)
        built = run(running, "build", *words, cwd=project)
        assert (built.returncode, built.stderr) == ({"good": 0, "bad": 2}[name], "")

    def has_arrived() -> bool:
        rows = [json.loads(line) for line in run(running, "ledger", "--json").stdout.splitlines()]
        return sum(row["added"] for row in rows) >= 2

    eventually(has_arrived)
    page = tmp_path / "report.html"
    written = run(running, "report", "builds", "-o", str(page))
    assert (written.returncode, written.stderr, written.stdout) == (0, "", "")
    text = page.read_text()
    assert "tiny &lt;b&gt;" in text
    assert "tiny <b>" not in text
    assert "Nothing lost, nothing counted twice" in text
    assert "build, exit:2" in text
    assert "ubuntu-24.04" in text

    one = run(running, "report", "builds", "--project", "tiny <b>", "--format", "csv").stdout
    assert f"python,CPython {sys.version_info.major}.{sys.version_info.minor},,1,1.0,1,1," in one
    none = run(running, "report", "builds", "--project", "another", "--format", "csv").stdout
    assert none.splitlines()[1:] == []
    public = run(running, "report", "builds", "--public").stdout
    assert "tiny" not in public
    assert "under 5" in public


def test_a_report_without_a_database_says_what_to_do(place: Place) -> None:
    refused = run(place, "report", "builds")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "where: HEADCOUNT_DATABASE_READER" in refused.stderr
    assert "headcount up" in refused.stderr


@pytest.mark.parametrize(
    "words", [("--public", "--project", "p"), ("--from", "2999-01-01"), ("--from", "yesterday"), ("--format", "pdf")]
)
def test_wrong_words_end_with_two(place: Place, words: tuple[str, ...]) -> None:
    assert run(place, "report", "builds", *words).returncode == 2


@pytest.mark.parametrize("index", ["pip's own", "none"])
def test_the_demo_of_downloads_from_pips_index_or_from_one_made_on_the_spot(index: str, tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="t", dir=tmp_path))
    environ = clean_environment() | {"TMPDIR": str(folder)}
    if index == "none":
        environ |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple/"}
    elif python_index() is None:
        pytest.skip("pip reaches no index from here")
    demo = subprocess.run(
        [*HEADCOUNT, "demo", "--domain", "downloads"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert ("one made on the spot" in demo.stderr) == (index == "none")
    rows = {line.split("  ")[1]: line.split() for line in demo.stdout.splitlines() if re.match(r"  (pip|uv), ", line)}
    for installer in ("pip", "uv"):
        # install, agent, packages, index pages, unchanged, metadata, files, other
        first, again = (list(map(int, rows[f"{installer}, {word}"][3:])) for word in ("first", "again"))
        assert first[0] == again[0] >= 3, demo.stdout
        # From an index that announces no metadata uv takes files twice; that is one download each (DL30, DL53).
        is_once = installer == "pip" or first[3] > 0
        assert first[4] == first[0] if is_once else first[4] > first[0], demo.stdout
        files = f"{first[0]} packages, {first[4]} requests for {first[0]} files: "
        assert f"  {installer}, first: {files}{'each was asked for once' if is_once else ''}" in demo.stdout
        assert first[2] == 0, demo.stdout
        assert again[2] == first[1] > 0, demo.stdout
        assert rows[f"{installer}, first"][2].startswith(f"{installer}/")
    if index == "none":
        assert demo.stdout.count("each was asked for once") == 2
    assert "none lost, none twice" in demo.stdout
    assert "127.0.0.1" not in demo.stdout, "no address is shown"
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "report.html").exists()
    assert [process for process in psutil.process_iter() if _concerns(process, folder)] == []


def test_a_report_that_cannot_be_written_is_said_before_anything_starts(place: Place, tmp_path: Path) -> None:
    refused = run(place, "demo", "--report", str(tmp_path / "nowhere" / "report.html"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "installing" not in refused.stderr
    assert "--report FILE" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_process_and_no_folder(tmp_path: Path, number: signal.Signals) -> None:
    """Told while the stack is starting and pip installs: the moment when most is under way."""
    folder = Path(tempfile.mkdtemp(prefix="t", dir=tmp_path))
    demo = subprocess.Popen(
        [*HEADCOUNT, "demo", "--report", str(tmp_path / "report.html")],
        env=clean_environment() | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if "installing for" in line:
            break
    stack = _await_stack(folder, demo)
    demo.send_signal(number)
    said, _ = demo.communicate(timeout=SECONDS)
    assert demo.returncode == 128 + number, "".join(lines) + said
    assert "nothing is left running" in said
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "report.html").exists()
    assert [process for process in psutil.process_iter() if _concerns(process, folder)] == []
    assert not psutil.pid_exists(stack)


def _await_stack(folder: Path, demo: subprocess.Popen[str]) -> int:
    """Wait until a supervisor has written itself down, and give its process id."""
    deadline = time.monotonic() + SECONDS
    while True:
        for file in folder.glob("headcount-demo-*/state/stack.json"):
            pid = json.loads(file.read_text()).get("pid")
            if pid:
                return int(pid)
        assert demo.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _concerns(process: psutil.Process, folder: Path) -> bool:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return any(str(folder) in word for word in (*process.cmdline(), process.cwd(), *process.environ().values()))
    except psutil.Error:
        return False
