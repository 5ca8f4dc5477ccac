"""B8-B32, I1, I2: hosts of all kinds around one build, friendly and hostile."""

# a test is named for its row of builds.md

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from producers.builds import BuildTelemetry, CommandResult, ContainerGoneError, Ref
from producers.builds.delivery import Outbox
from producers.builds.words import OTHER
from tests.unit.producers.builds.container import Container, record_of, statuses, telemetry

CONDA = b'[{"name": "python", "channel": "conda-forge", "version": "3.11.8"}, {"name": "sphinx", "version": "7.0"}]'


def test_I2_a_friendly_host_gets_every_datum() -> None:
    final = {"build": {"os": "ubuntu-24.04", "apt_packages": ["graphviz", "vim"]}, "doctype": "sphinx"}
    files = {"/src/docs/conf.py": b"extensions = ['myst_parser']\nhtml_theme = 'furo'\n"}
    record = record_of(config=final, checkout="/src", read_file=lambda path, max_bytes: files.get(path))
    assert record["packages"]["pip"]["all"][0] == {"name": "sphinx", "version": "8.1.3"}
    assert record["packages"]["pip"]["root"] == [{"name": "sphinx", "version": "8.1.3"}]
    assert record["packages"]["apt"]["declared"] == [
        {"name": "graphviz", "version": "2.42.2-9"},
        {"name": "vim", "version": None},
    ]
    assert record["python"] == {"version": "3.12.4", "implementation": "CPython", "implementation_version": None}
    assert record["image"]["os"] == "ubuntu-24.04"
    assert record["doctool"] == {
        "name": "sphinx",
        "version": "8.1.3",
        "extensions": ["myst_parser"],
        "html_theme": "furo",
        "source": "static",
    }


def test_B8_B9_a_failed_build_is_collected_like_a_good_one() -> None:
    outbox = Outbox()
    host = telemetry(outbox)
    host.config(user={}, final={})
    host.collect()
    host.failed("upload", "S3Error")
    host.finish(status="normal", success=False)
    record = outbox.record
    assert record is not None
    assert len(record["packages"]["pip"]["all"]) == 2
    assert record["build"]["failure"] == {"stage": "upload", "error": "S3Error"}
    assert record["build"]["success"] is False


@pytest.mark.parametrize("broken", ["pip_root", "pip_all", "declared"])
def test_B13_no_scope_stands_in_for_another(broken: str) -> None:
    key = {"pip_root": "python -m pip list --not-required", "pip_all": "python -m pip list"}.get(broken, "nothing")
    record = record_of(Container().answering({key: CommandResult(1, b"", b"broken")}))
    pip = record["packages"]["pip"]
    assert [len(pip["root"]), len(pip["all"])] == [0 if broken == "pip_root" else 1, 0 if broken == "pip_all" else 2]
    assert pip["declared"] == []


def test_B18_elsewhere_than_in_conda_no_process_is_started() -> None:
    container = Container()
    record = record_of(container)
    assert statuses(record)["conda_all"] == "empty"
    assert record["packages"]["conda"]["all"] == []
    assert not [argv for argv in container.asked if argv[0] in ("conda", "mamba", "micromamba", "printenv")]


@pytest.mark.parametrize("tool", ["conda", "mamba", "micromamba"])
def test_B17_B18_C1_in_conda_its_list_is_asked_by_the_tool_there_is(tool: str) -> None:
    prefix = {"printenv CONDA_PREFIX": CommandResult(0, b"/opt/env\n", b"")}
    container = Container().answering({**prefix, f"{tool} list --json --prefix /opt/env": CommandResult(0, CONDA, b"")})
    record = record_of(container, config={"build": {"tools": {"python": {"version": "miniconda3-4.7"}}}})
    assert record["packages"]["conda"]["all"][1] == {"name": "sphinx", "channel": None, "version": "7.0"}
    assert record["python"]["version"] == "3.11.8"
    assert ["python", "--version"] not in container.asked


def test_B17_a_dict_as_answer_is_an_error_and_other_data_are_intact() -> None:
    container = Container().answering({"conda list": CommandResult(0, b'{"error": "x"}', b"")})
    record = record_of(container, conda_name="latest")
    assert statuses(record)["conda_all"] == "error"
    assert [argv for argv in container.asked if argv[0] == "conda"] == [["conda", "list", "--json", "--name", "latest"]]
    assert len(record["packages"]["pip"]["all"]) == 2


def test_C3_C4_without_pip_the_interpreters_metadata_and_no_roots() -> None:
    none = CommandResult(1, b"", b"/usr/bin/python: No module named pip\n")
    container = Container().answering(
        {
            "python -m pip list": none,
            "python -m pip list --not-required": none,
            "python -I -c": CommandResult(0, b'[{"name": "Furo", "version": "1"}]', b""),
        }
    )
    record = record_of(container)
    assert record["packages"]["pip"]["all"] == [{"name": "furo", "version": "1"}]
    assert [statuses(record)[name] for name in ("pip_all", "pip_root")] == ["ok", "missing"]


def test_C2_B23_two_fallbacks_and_python_in_order() -> None:
    sources = ["lsb_release --description", "cat /etc/os-release", "cat /etc/issue", "python -c"]
    names = ["Description:\tFirst 1.0", "PRETTY_NAME=Second\nID=two", "Third 3.0 \\n \\l", "Fourth 4.0"]
    for first in range(4):
        answers: dict[str, Any] = {source: CommandResult(127, b"", b"") for source in sources[:first]}
        answers |= {s: CommandResult(0, n.encode(), b"") for s, n in list(zip(sources, names, strict=True))[first:]}
        found = record_of(Container().answering(answers))["os"]
        assert found["name"] == ["First 1.0", "Second", "Third 3.0", "Fourth 4.0"][first]
        assert found["id"] == ["two", "two", "third", "fourth"][first]
    answers = {source: CommandResult(127, b"", b"") for source in sources}
    assert statuses(record_of(Container().answering(answers)))["os"] == "missing"


def test_commands_are_those_of_the_table_and_have_their_limits() -> None:
    container = Container()
    record_of(container)
    lists = ["python", "-m", "pip", "--isolated", "--disable-pip-version-check", "list", "--pre", "--local", "--format"]
    limits = dict(zip((" ".join(argv[:12]) for argv in container.asked), container.limits, strict=True))
    assert limits["python --version"][0] == 5
    assert limits[" ".join([*lists, "json"])][0] == 20
    assert limits[" ".join([*lists, "json", "--not-required"])][0] == 20
    shown = "dpkg-query --show --showformat ${Package}\\t${Version}\\t${db:Status-Abbrev}\\n"
    assert limits[shown] == (10, 4 * 1024 * 1024 + 1)


class Rubbish:
    exit_code = "zero"
    stdout = 7


HOSTILE: dict[str, Any] = {
    "raises": RuntimeError("/home/alice/secret"),
    "exits": SystemExit(3),
    "interrupts": KeyboardInterrupt(),
    "none": lambda: None,
    "rubbish": lambda: Rubbish(),
    "text": lambda: CommandResult(0, "text", "text"),  # type: ignore[arg-type]
    "bytes of nothing": CommandResult(0, b"\xff\xfe\x00", b""),
    "deep": CommandResult(0, b"[" * 1_000_000, b""),
    "deeper": CommandResult(0, b'[{"a":' * 200_000, b""),
    "error": CommandResult(1, b"", b"x"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_B28_B29_I1_whatever_a_runner_does_no_call_raises_and_all_are_errors(kind: str) -> None:
    record = record_of(Container().answering(dict.fromkeys(Container().answers, HOSTILE[kind])))
    found = {name: record["collectors"][name] for name in ("python", "os", "pip_all", "pip_root", "apt_all")}
    assert {result["status"] for result in found.values()} <= {"error", "missing"}
    assert "alice" not in json.dumps(record)
    assert record["packages"]["pip"]["all"] == []
    if kind == "raises":
        assert found["pip_all"]["error"] == "RuntimeError"
    if kind == "error":
        assert found["pip_all"]["error"] == "exit:1"


def test_B29_one_raises_and_the_others_complete() -> None:
    record = record_of(Container().answering({"dpkg-query": ValueError("x")}))
    assert record["collectors"]["apt_all"] | {"duration_ms": 0} == {
        "status": "error",
        "count": None,
        "duration_ms": 0,
        "error": "ValueError",
        "truncated": False,
        "unnamed": {},
        "other_index": False,
        "unparsed": 0,
        "dropped_keys": 0,
    }
    assert statuses(record)["pip_all"] == "ok"


def test_I1_a_runner_that_never_returns_is_a_timeout_and_the_call_comes_back() -> None:
    never = threading.Event()
    container = Container().answering(dict.fromkeys(Container().answers, lambda: never.wait()))
    outbox = Outbox()
    host = telemetry(outbox, container)
    host.config(user={}, final={})
    begun = time.monotonic()
    host.collect(total_seconds=2.5)
    assert time.monotonic() - begun < 3.5
    assert host.finish(success=True)
    never.set()
    assert outbox.record is not None
    found = statuses(outbox.record)
    assert {found[name] for name in ("python", "os", "pip_all", "pip_root", "apt_all")} == {"timeout"}
    assert found["conda_all"] == "empty"


def test_B30_a_command_that_times_out_is_a_timeout_and_leaves_time_for_others() -> None:
    record = record_of(Container().answering({"python -m pip list": CommandResult(-9, b"", b"", timed_out=True)}))
    assert statuses(record)["pip_all"] == "timeout"
    assert statuses(record)["apt_all"] == "ok"


@pytest.mark.parametrize(
    "gone",
    [
        ContainerGoneError(),
        CommandResult(1, b"", b"Error response from daemon: No such container: build-1\n"),
        CommandResult(1, b"", b"Error response from daemon: container 5d1c is not running\n"),
        CommandResult(125, b"", b'Error: no container with name or ID "x" found: no such container\n'),
    ],
)
def test_three_answers_that_the_container_is_gone_end_the_asking(gone: Any) -> None:
    container = Container().answering(dict.fromkeys(Container().answers, gone))
    container.answers |= {"cat": gone, "python": gone}
    record = record_of(container)
    assert len(container.asked) == 3
    assert {record["collectors"][name]["error"] for name in ("python", "pip_all", "pip_root", "apt_all")} == {
        "container_gone"
    }


@pytest.mark.parametrize(
    "absent",
    [
        CommandResult(127, b"", b""),
        FileNotFoundError("x"),
        CommandResult(126, b"", b'OCI runtime exec failed: exec: "dpkg-query": executable file not found in $PATH'),
    ],
)
def test_T3_a_tool_that_is_not_there_is_missing(absent: Any) -> None:
    assert statuses(record_of(Container().answering({"dpkg-query": absent})))["apt_all"] == "missing"


def test_I2_a_second_finish_and_everything_after_it_is_ignored() -> None:
    sent: list[Any] = []

    class Counting:
        def publish(self, topic: Any, record: Any, *, source: str) -> bool:
            sent.append((topic.name, record["build"]["success"], source))
            return True

    host = BuildTelemetry(Counting(), project=Ref(207, "kiln"), version=Ref(9013, "latest"))
    assert host.finish(success=True) is True
    assert host.finish(success=False) is False
    host.collect()
    host.failed("build", "x")
    host.config(user={})
    assert sent == [("headcount.builds.raw.v1", True, "207/9013")]


def test_I1_a_publisher_that_raises_does_not_reach_the_host() -> None:
    class Broken:
        def publish(self, topic: Any, record: Any, *, source: str) -> bool:
            raise OSError("disk")

    assert BuildTelemetry(Broken(), project=Ref(1)).finish() is False
    assert BuildTelemetry(None, project=Ref(1)).finish() is False


@pytest.mark.parametrize("junk", [None, 3, b"x", object(), [], {}])
def test_I1_junk_in_any_place_does_not_raise(junk: Any) -> None:
    outbox = Outbox()
    host = BuildTelemetry(
        outbox,
        project=junk,
        version=junk,
        organization=junk,
        build_id=junk,
        attempt=junk,
        started_at=junk,
        secrets=junk,
        flags=junk,
        commit=junk,
        command=junk,
        image_name=junk,
        checkout=junk,
        output=junk,
        doctool=junk,
        runner=junk,
        version_kind=junk,
    )
    with host.step(junk):
        pass
    host.config(user=junk, final=junk, error=junk)
    host.failed(junk, junk)
    host.collect()
    host.finish(status=junk, success=junk, length_seconds=junk)
    assert outbox.record is not None
    assert outbox.record["build"]["status"] in ("normal", OTHER)


def read_paths(files: dict[str, bytes | BaseException | None]) -> Any:
    def read(path: str, max_bytes: int) -> bytes | None:
        content = files.get(path.removeprefix("/src/"))
        if isinstance(content, BaseException):
            raise content
        return content

    return read


REPORT = b'{"extensions": ["reported"], "html_theme": "theirs", "name": "evil"}'
CONF = b"extensions = ['static']\nhtml_theme = 'mine'\n"


@pytest.mark.parametrize(
    ("files", "extensions", "source", "status"),
    [
        ({"out/json/telemetry.json": REPORT, "docs/conf.py": CONF}, ["reported"], "report", "ok"),
        ({"_build/json/telemetry.json": REPORT, "docs/conf.py": CONF}, ["reported"], "report", "ok"),
        ({"docs/conf.py": CONF}, ["static"], "static", "ok"),
        ({"conf.py": CONF}, ["static"], "static", "ok"),
        ({}, [], None, "missing"),
        ({"out/json/telemetry.json": b"[]", "docs/conf.py": CONF}, [], None, "error"),
        ({"out/json/telemetry.json": PermissionError(), "docs/conf.py": CONF}, [], None, "error"),
        ({"docs/conf.py": b"x" * (1024 * 1024 + 1)}, [], None, "error"),
    ],
)
def test_C8_B26_B46_the_report_first_then_the_config_file(
    files: dict[str, Any], extensions: list[str], source: str | None, status: str
) -> None:
    record = record_of(doctool="sphinx", checkout="/src", output="/src/out", read_file=read_paths(files))
    assert record["doctool"]["extensions"] == extensions
    assert record["doctool"]["source"] == source
    assert statuses(record)["doctool"] == status
    assert record["doctool"]["name"] == "sphinx"


@pytest.mark.parametrize(
    ("host", "final", "command", "name"),
    [
        ("mkdocs", {"doctype": "sphinx"}, ["sphinx-build"], "mkdocs"),
        ("sphinx_htmldir", {}, [], "sphinx"),
        ("hugo", {}, [], "generic"),
        (None, {"doctype": "mkdocs"}, ["sphinx-build", "a", "b"], "mkdocs"),
        (None, {"sphinx": {"configuration": "x"}}, [], "sphinx"),
        (None, {"mkdocs": {"configuration": "x"}, "sphinx": None}, [], "mkdocs"),
        (None, {}, ["/venv/bin/sphinx-build", "docs", "out"], "sphinx"),
        (None, {}, ["python3.12", "-m", "sphinx", "docs", "out"], "sphinx"),
        (None, {}, ["uv", "run", "mkdocs", "build"], "mkdocs"),
        (None, {}, ["make", "html"], "generic"),
        (None, {}, [], None),
    ],
)
def test_B25_the_hosts_word_then_the_configs_then_the_commands(
    host: str | None, final: dict[str, Any], command: list[str], name: str | None
) -> None:
    assert record_of(config=final, doctool=host, command=command)["doctool"]["name"] == name


def test_C7_declared_from_every_source_of_the_config() -> None:
    files: dict[str, Any] = {
        "docs/requirements.txt": b"sphinx<9,>=7\n-r more.txt\n",
        "docs/more.txt": b"furo==2024.1.29\n",
        "pyproject.toml": b"""[project]
name = "kiln"
dependencies = ["click>=8"]
[project.optional-dependencies]
docs = ["kiln[theme]", "myst-parser"]
theme = ["furo"]
tests = ["pytest"]
""",
        "lib/setup.cfg": b"""[metadata]
name = lib
[options]
install_requires =
    attrs; python_version < "4"
[options.extras_require]
fast =
    orjson
""",
        "env.yml": b"dependencies:\n  - python=3.11\n  - pip:\n      - nbsphinx==0.9\n      - -r docs/more.txt\n",
    }
    final = {
        "python": {
            "install": [
                {"requirements": "docs/requirements.txt"},
                {"path": ".", "method": "pip", "extra_requirements": ["docs"]},
                {"path": "lib", "extra_requirements": ["fast"]},
            ]
        },
        "conda": {"environment": "env.yml"},
    }
    record = record_of(config=final, checkout="/src", read_file=read_paths(files))
    assert [row["name"] for row in record["packages"]["pip"]["declared"]] == [
        "sphinx",
        "furo",
        "click",
        "myst-parser",
        "furo",
        "attrs",
        "orjson",
        "nbsphinx",
    ]
    assert record["collectors"]["pip_declared"]["count"] == 8


@pytest.mark.parametrize(
    ("install", "files", "status"),
    [
        ([], {}, "empty"),
        ([{"requirements": "gone.txt"}], {}, "missing"),
        ([{"requirements": "r.txt"}, {"requirements": "gone.txt"}], {"r.txt": b"foo"}, "missing"),
        ([{"requirements": "r.txt"}], {"r.txt": b"\n"}, "empty"),
        ([{"path": "."}], {"setup.py": b"x"}, "missing"),
        ([{"path": "."}], {"pyproject.toml": b"[project]\nname='x'\ndynamic=['dependencies']\n"}, "missing"),
        ([{"path": "."}], {"pyproject.toml": b"[project]\nname='x'\n"}, "empty"),
        ([{"path": "."}], {"pyproject.toml": b"[project\n"}, "error"),
        ([{"path": "."}], {"setup.cfg": b"nonsense\n"}, "error"),
        ([{"requirements": "r.txt"}], {"r.txt": PermissionError()}, "error"),
        (
            [{"path": "."}],
            {
                "pyproject.toml": b"[project]\nname='x'\ndynamic=['dependencies']\n"
                b"[tool.setuptools.dynamic]\ndependencies={file='r.txt'}\n",
                "r.txt": b"foo",
            },
            "ok",
        ),
    ],
)
def test_C7_T3_what_no_source_says_and_what_cannot_be_read(
    install: list[Any], files: dict[str, Any], status: str
) -> None:
    record = record_of(config={"python": {"install": install}}, checkout="/src", read_file=read_paths(files))
    assert statuses(record)["pip_declared"] == status
    assert bool(record["packages"]["pip"]["declared"]) is (status == "ok")


def test_C7_without_a_config_nobody_knows() -> None:
    outbox = Outbox()
    host = telemetry(outbox)
    host.collect()
    host.finish()
    assert outbox.record is not None
    assert [statuses(outbox.record)[name] for name in ("pip_declared", "apt_declared", "config_final")] == [
        "missing"
    ] * 3


def test_importing_starts_nothing_reads_no_environment_and_is_quick(tmp_path: Path) -> None:
    code = """
import os, sys, threading, time
read = []
class Env(dict):
    def get(self, key, default=None): return read.append(key) or default
    __getitem__ = get
begun = time.perf_counter()
environ, os.environ = os.environ, Env()
import producers.builds
os.environ = environ
assert not [name for name in read if not name.startswith("PYTHON")], read  # of the standard library's
took = time.perf_counter() - begun
assert threading.active_count() == 1
for name in ("confluent_kafka", "fastavro", "faust", "psycopg", "headcount.settings"):
    assert name not in sys.modules, name
print(took)
"""
    times = [float(_run([sys.executable, "-c", code], tmp_path)) for _ in range(3)]
    assert min(times) < 0.3


def _run(argv: Sequence[str], directory: Path) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, cwd=directory).stdout
