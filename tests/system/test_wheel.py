"""The wheel as a build worker installs it: no extras, a clean environment, outside the tree."""

import json
import re
import shutil
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.conftest import clean_environment

ROOT = Path(__file__).parents[2]
EVENT = ROOT / "tests" / "data" / "schemas" / "headcount.builds.raw.v1" / "every_field.pass.json"
SECONDS = 240

BASE = {
    "click",
    "confluent-kafka",
    "fastavro",
    "headcount",
    "packaging",
    "platformdirs",
    "prometheus-client",
    "pyyaml",
}
"""All that a build worker gets: no Faust, no JRE, no Postgres. A new name here is a new thing on everybody's builders."""

DATA = (
    "schemas/ids.lock",
    "schemas/avro/headcount.builds.raw.v1/1.avsc",
    "streams/data/pip-public.txt",
    "streams/data/apt-public.txt",
    "streams/data/config_keys.json",
    "producers/builds/data/config_defaults.yaml",
    "sinks/migrations/0001_ledger.sql",
    "sinks/sql/add_ledger.sql",
    "sinks/views/0100_ledger.sql",
    "headcount/up/jars.lock",
    "headcount/up/log4j2.properties",
    "headcount/report/page.html.j2",
)

LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info")
MAX_IMPORT_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Installed:
    """A clean environment with the wheel in it, and a folder to stand in that is not the tree."""

    prefix: Path
    source: Path
    wheel: Path
    elsewhere: Path

    def run(self, *words: str, text: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return call([self.prefix / "bin" / words[0], *words[1:]], cwd=self.elsewhere, text=text, **environment)

    def python(self, code: str, *words: str) -> str:
        done = self.run("python", "-I", "-c", code, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout


def call(
    words: Sequence[str | Path], *, cwd: Path, text: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=clean_environment() | environment,
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def pip(prefix: Path, *words: str | Path, cwd: Path) -> None:
    done = call([sys.executable, "-m", "pip", "--python", prefix, *words, "--quiet"], cwd=cwd)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    pins = re.findall(r"^[a-z0-9-]+==[^ ;\\]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    locked = folder / "locked.txt"
    locked.write_text("\n".join(pins))
    builder, prefix, elsewhere = folder / "builder", folder / "clean", folder / "elsewhere"
    elsewhere.mkdir()
    for each in (builder, prefix):
        assert call([sys.executable, "-m", "venv", "--without-pip", each], cwd=folder).returncode == 0
    pip(builder, "install", "-c", locked, "hatchling", cwd=folder)
    # What is built is what lies in the tree now; building in place would leave files there.
    source = shutil.copytree(ROOT, folder / "source", ignore=LEFT_BEHIND)
    pip(builder, "wheel", "--no-deps", "--no-build-isolation", "-w", folder / "dist", source, cwd=folder)
    (wheel,) = (folder / "dist").glob("headcount-*.whl")
    pip(prefix, "install", "-c", locked, wheel, cwd=folder)
    return Installed(prefix, source, wheel, elsewhere)


def test_what_the_base_installs(installed: Installed) -> None:
    code = "import importlib.metadata as m, json; print(json.dumps([d.metadata['Name'] for d in m.distributions()]))"
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in json.loads(installed.python(code))}
    assert names == BASE


def test_it_is_not_the_tree_that_answers(installed: Installed) -> None:
    where = installed.python("import headcount, schemas; print(headcount.__file__, schemas.__file__)")
    assert str(ROOT) not in where
    assert where.count(str(installed.prefix)) == 2


def test_every_data_file_is_in_the_wheel(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    assert [name for name in DATA if name not in names] == []
    # And whatever else lies beside our modules: a file that is forgotten is missed by its first reader only.
    beside = {
        path.relative_to(installed.source).as_posix()
        for package in ("headcount", "producers", "schemas", "sinks", "streams")
        for path in (installed.source / package).rglob("*")
        if path.is_file()
    }
    assert beside - names == set()
    assert not any(name.startswith(("tests/", "benchmarks/", "docs/")) for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_help_lists_every_command(installed: Installed) -> None:
    done = installed.run("headcount", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {name} " in done.stdout for name in ("build", "demo", "explain", "streams", "up"))


def test_an_event_is_encoded_and_read_back(installed: Installed) -> None:
    code = """
import json, sys
from schemas.batches import Head, encode_batch, encode_event
from schemas.codec import decode
from schemas.topics import RAW_BUILDS
event = json.load(open(sys.argv[1]))
value = encode_batch(RAW_BUILDS, Head("a" * 32, 0, 1, 1, 0), [encode_event(RAW_BUILDS, event)])
print(json.dumps([value[:5].hex(), decode(RAW_BUILDS, value)["events"][0]["project"]]))
"""
    header, project = json.loads(installed.python(code, str(EVENT)))
    assert header == "0000000001"
    assert project == json.loads(EVENT.read_text())["project"]


@pytest.mark.parametrize(
    "words",
    [
        ["build", "--dry-run", "--json", "--project", "kiln", "--version", "latest", "--", "true"],
        ["explain", "build-event", "--json", str(EVENT)],
        ["explain", "collector", "C3", "--json", "-"],
        ["schemas", "--json"],
        ["topics", "--json"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_what_a_base_installation_can_do(installed: Installed, words: list[str]) -> None:
    done = installed.run("headcount", *words, text="[]", HEADCOUNT_STATE_DIR=str(installed.elsewhere / "state"))
    assert (done.returncode, done.stderr) == (0, "")
    assert all(isinstance(json.loads(line), dict) for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        *(("streams", [name]) for name in ("streams", "replay")),
        *(("sink", [name]) for name in ("sink", "query", "ledger", "migrate")),
        *(("all", [name]) for name in ("up", "down", "status", "doctor", "demo")),
        ("report", ["report", "builds"]),
    ],
)
def test_a_command_that_needs_an_extra_names_it(installed: Installed, extra: str, words: list[str]) -> None:
    done = installed.run("headcount", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"`headcount {words[0]}` needs packages that are not installed" in done.stderr
    assert str(installed.prefix) in done.stderr
    assert done.stderr.endswith(f"what to do: pip install 'headcount[{extra}]'\n")


@pytest.mark.parametrize("module", ["producers", "producers.publisher", "producers.builds"])
def test_importing_a_producer_starts_nothing_and_costs_little(installed: Installed, module: str) -> None:
    code = f"""
import json, os, sys, threading, time
before, descriptors = time.process_time(), set(os.listdir("/proc/self/fd"))
import {module}
cost = time.process_time() - before
print(json.dumps([cost, threading.active_count(), len(os.listdir("/proc/self/task")),
                  len(set(os.listdir("/proc/self/fd")) - descriptors)]))
"""
    runs = [json.loads(installed.python(code)) for _ in range(5)]
    assert {tuple(run[1:3]) for run in runs} == {(1, 1)}
    assert {run[3] for run in runs} == {0}
    assert statistics.median(run[0] for run in runs) < MAX_IMPORT_SECONDS
