"""Nothing happens at import: every module of ours is imported under guards, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.unit.house.tree import ROOT, modules

ENTRY = "headcount.__main__"
"""Runs the command line; that is what it is for."""

GUARDED = """
import builtins, importlib, json, os, sys, threading

ours, root, names = [], sys.argv[1], sys.argv[2:]
sys.path.insert(0, root)

def blame():
    # Whoever is nearest: the import system reads files for everyone, a module of ours must not.
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib") or file.endswith("/gettext.py"):
            return None  # click asks for the user's language where a command is declared
        if file.startswith(root) and "site-packages" not in file:
            return f"{file.removeprefix(root)}:{frame.f_lineno}"
        frame = frame.f_back
    return None

WATCHED = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.mkdir", "os.remove", "os.putenv",
           "shutil.", "tempfile.", "sqlite3.", "urllib.Request", "signal.")

def audit(event, arguments):
    if event.startswith(WATCHED):
        place = blame()
        if place is not None:
            ours.append(f"{place} does {event}")

class Guarded(dict):
    def _told(self, name):
        place = blame()
        if place is not None:
            ours.append(f"{place} reads the environment: {name}")
    def __getitem__(self, name):
        self._told(name)
        return dict.__getitem__(self, name)
    def get(self, name, default=None):
        self._told(name)
        return dict.get(self, name, default)
    def __iter__(self):
        self._told("all of it")
        return dict.__iter__(self)
    def __contains__(self, name):
        self._told(name)
        return dict.__contains__(self, name)

def printed(*values, **options):
    ours.append(f"{blame()} prints {values}")

os.environ = Guarded(os.environ)
os.getenv = os.environ.get
builtins.print = printed
sys.addaudithook(audit)
for name in names:
    importlib.import_module(name)

handlers = [str(handler) for handler in __import__("logging").getLogger().handlers]
prometheus = sys.modules.get("prometheus_client")
registered = [] if prometheus is None else list(prometheus.REGISTRY._names_to_collectors)
sys.stdout.write(json.dumps({
    "did": ours, "threads": [thread.name for thread in threading.enumerate()], "tasks": len(os.listdir("/proc/self/task")),
    "handlers": handlers, "metrics": [name for name in registered if name.startswith("headcount")],
    "imported": len(names),
}))
"""


def imported(root: Path, names: list[str]) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-c", GUARDED, str(root), *names],
        env={"PATH": "", "HOME": "/nonexistent"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def test_nothing_happens_at_import() -> None:
    names = [name for name in modules() if name != ENTRY]
    assert imported(ROOT, names) == {
        "did": [],
        "threads": ["MainThread"],
        "tasks": 1,
        "handlers": [],
        "metrics": [],
        "imported": len(names),
    }


EAGER = {
    "open('/dev/null')": "does open",
    "import pathlib; pathlib.Path('/dev/null').read_text()": "does open",
    "import os; os.environ.get('HEADCOUNT_KAFKA')": "reads the environment: HEADCOUNT_KAFKA",
    "import os; os.environ['PATH']": "reads the environment: PATH",
    "import os; os.getenv('HEADCOUNT_KAFKA')": "reads the environment: HEADCOUNT_KAFKA",
    "import os; [*os.environ]": "reads the environment: all of it",
    "print('hello')": "prints",
    "import socket; socket.socket()": "does socket.__new__",
    "import subprocess; subprocess.run(['/bin/true'])": "does subprocess.Popen",
}


def test_the_guard_sees_what_a_module_does(tmp_path: Path) -> None:
    names = [f"eager_{number}" for number in range(len(EAGER))]
    for name, line in zip(names, EAGER, strict=True):
        (tmp_path / f"{name}.py").write_text(line)
    did = imported(tmp_path, names)["did"]
    for name, what in zip(names, EAGER.values(), strict=True):
        assert any(name in each and what in each for each in did), (what, did)


def test_the_guard_sees_what_a_module_leaves_behind(tmp_path: Path) -> None:
    (tmp_path / "eager.py").write_text(
        "import logging, prometheus_client, threading, time\n"
        "threading.Thread(target=time.sleep, args=(9,), daemon=True, name='mine').start()\n"
        "logging.basicConfig()\n"
        "prometheus_client.Counter('headcount_x', 'x')\n"
    )
    left = imported(tmp_path, ["eager"])
    assert left["threads"] == ["MainThread", "mine"]
    assert left["tasks"] == 2
    assert len(left["handlers"]) == 1
    assert "headcount_x_total" in left["metrics"]
