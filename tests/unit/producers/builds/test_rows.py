"""Rows of builds.md that several modules keep together: from a container's answers to the record that is sent."""

# a test is named for its row of builds.md

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from producers.builds import BuildTelemetry, CommandResult, Ref
from producers.builds.delivery import Outbox
from tests.unit.producers.builds.container import Container, record_of, statuses, telemetry


def answering(**answers: str) -> Container:
    keys = {"python": "python --version", "os": "lsb_release --description", "apt": "dpkg-query"}
    keys |= {"pip_all": "python -m pip list", "pip_root": "python -m pip list --not-required"}
    return Container().answering({keys[name]: CommandResult(0, text.encode(), b"") for name, text in answers.items()})


def declaring(requirements: str, *names: str) -> dict[str, Any]:
    config = {"python": {"install": [{"requirements": "r.txt"}]}, "build": {"apt_packages": list(names)}}
    files: Mapping[str, bytes] = {"/co/r.txt": requirements.encode()}
    return record_of(config=config, checkout="/co", read_file=lambda path, _: files.get(path))


def test_B3_the_version_is_that_of_the_start_and_may_be_null() -> None:
    outbox = Outbox()
    version = Ref("9013", "latest")
    host = BuildTelemetry(
        outbox, project=Ref("207", "kiln"), version=version, version_kind="branch", version_default=True
    )
    del version  # deleted at the host before the event is published
    host.finish(success=True)
    assert outbox.record is not None
    assert outbox.record["version"] == {"id": "9013", "slug": "latest", "kind": "branch", "default": True}
    outbox = Outbox()
    BuildTelemetry(outbox, project=Ref("207", "kiln")).finish(success=True)
    assert outbox.record is not None
    assert outbox.record["version"] is None


def test_B4_two_unnamed_builds_are_two() -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    ids, events = set(), set()
    for build_id in (None, None, "", "550871", 550871):
        outbox = Outbox()
        BuildTelemetry(outbox, project=Ref("1"), version=Ref("2"), build_id=build_id, started_at=at).finish()
        assert outbox.record is not None
        ids.add(outbox.record["build"]["id"])
        events.add(outbox.record["event_id"])
    assert len(ids) == 4
    assert None not in ids
    assert len(events) == 4


def test_B9_what_was_collected_before_the_container_died_goes_with_the_final_state() -> None:
    outbox, container = Outbox(), Container()
    host = telemetry(outbox, container)
    host.config(user={}, final={})
    host.collect()
    assert outbox.record is None
    asked = len(container.asked)
    host.failed("upload", "S3Error")
    host.finish(status="normal", success=False)
    record = outbox.record
    assert record is not None
    assert [row["name"] for row in record["packages"]["pip"]["all"]] == ["sphinx", "docutils"]
    assert record["build"]["failure"] == {"stage": "upload", "error": "S3Error"}
    assert len(container.asked) == asked


def test_B14_declared_rows_carry_name_constraint_specifier_and_version() -> None:
    record = declaring("Sphinx[docs]>=7,<9\nfuro==2024.5.6\n-e git+https://example.org/x#egg=glaze\n")
    row = {"extras": [], "conditional": False}
    assert record["packages"]["pip"]["declared"] == [
        {**row, "name": "sphinx", "constraint": "range", "specifier": "<9,>=7", "version": None, "extras": ["docs"]},
        {**row, "name": "furo", "constraint": "pinned", "specifier": "==2024.5.6", "version": "2024.5.6"},
        {**row, "name": "glaze", "constraint": "vcs", "specifier": None, "version": None},
    ]
    assert record["collectors"]["pip_declared"]["count"] == 3


def test_B21_declared_apt_packages_with_what_is_installed() -> None:
    record = declaring("", "graphviz", "latexmk")
    rows = [{"name": "graphviz", "version": "2.42.2-9"}, {"name": "latexmk", "version": None}]
    assert record["packages"]["apt"]["declared"] == rows
    assert statuses(record)["apt_declared"] == "ok"


@pytest.mark.parametrize(
    ("answer", "version", "implementation"),
    [
        ("Python 3.8.12\n", "3.8.12", "CPython"),
        ("\nPython 3.13.0+\n\n", "3.13.0+", "CPython"),
        ("Python 3.10.14 (39dc8d3c85a7)\n[PyPy 7.3.17 with GCC 10.2.1]\n", "3.10.14", "PyPy"),
        ("Python 3.10.14 (39dc8d3c85a7)\n", "3.10.14", None),
        ("Python 3.10.14 (39dc8d3c85a7)\n[PyPy 7.3.1x7 with GCC]\n", None, None),
        ("Python 3.8.12junk\n", None, None),
        ("Python ３.８.12\n", None, None),
        ("Xython 3.8.12\n", None, None),
        ("pyenv: python: command not found\n", None, None),
    ],
)
def test_B22_junk_is_null_and_an_error_never_a_part_of_it(
    answer: str, version: str | None, implementation: str | None
) -> None:
    record = record_of(answering(python=answer))
    assert (record["python"]["version"], record["python"]["implementation"]) == (version, implementation)
    assert statuses(record)["python"] == ("ok" if version else "error")


@pytest.mark.parametrize("between", ["\t", "    ", " \t ", ""])
def test_B23_the_description_behind_a_tab_or_blanks(between: str) -> None:
    record = record_of(answering(os=f"Description:{between}Ubuntu 22.04.3 LTS\n"))
    assert record["os"] == {"name": "Ubuntu 22.04.3 LTS", "version": "22.04.3", "id": "ubuntu"}


def test_B23_a_half_quoted_name_is_an_error_and_the_next_source_is_asked() -> None:
    container = Container().answering(
        {
            "lsb_release --description": CommandResult(127, b"", b""),
            "cat /etc/os-release": CommandResult(0, b'PRETTY_NAME="Ubuntu 24', b""),
            "cat /etc/issue": CommandResult(0, b"Debian GNU/Linux 12 \\n \\l\n", b""),
        }
    )
    assert record_of(container)["os"] == {"name": "Debian GNU/Linux 12", "version": None, "id": "debian"}


@pytest.mark.parametrize("written", ["Zope.Interface", "zope-interface", "zope_interface", "ZOPE--._interface"])
def test_B27_a_name_has_one_spelling_everywhere(written: str) -> None:
    rows = json.dumps([{"NAME": written, "Version": "1"}])
    record = record_of(answering(pip_all=rows, pip_root=rows, apt="Graphviz\t1\tii \n"))
    assert [row["name"] for row in record["packages"]["pip"]["all"]] == ["zope-interface"]
    assert [row["name"] for row in record["packages"]["pip"]["root"]] == ["zope-interface"]
    assert [row["name"] for row in record["packages"]["apt"]["all"]] == ["graphviz"]
    assert declaring(written)["packages"]["pip"]["declared"][0]["name"] == "zope-interface"


NOTICE = "[notice] A new release of pip is available: 24.0 -> 24.1\n[notice] To update, run: pip install -U pip\n"


@pytest.mark.parametrize(
    "before", ["", NOTICE, "WARNING: [{odd}] is no list\n", "DEPRECATION: {not json\n", "\ufeff", "[]\n"]
)
@pytest.mark.parametrize("behind", ["", "\n" + NOTICE, "\nWARNING: see {docs} or [1]\n", "\r\n", "\x1b[0m"])
def test_B32_noise_loses_no_list(before: str, behind: str) -> None:
    rows = '[{"name": "a", "version": "1"}, {"name": "b", "version": "2"}]'
    record = record_of(answering(pip_all=before + rows + behind))
    assert [row["name"] for row in record["packages"]["pip"]["all"]] == ["a", "b"]


def test_B32_stderr_is_no_part_of_a_list() -> None:
    noisy = CommandResult(0, b'[{"name": "a", "version": "1"}]', b'[{"name": "evil", "version": "1"}]\nWARNING: x\n')
    record = record_of(Container().answering({"python -m pip list": noisy}))
    assert [row["name"] for row in record["packages"]["pip"]["all"]] == ["a"]


@pytest.mark.parametrize(
    ("said", "all_of_it", "roots"),
    [
        ("/env/bin/python: No module named pip", "ok", "missing"),
        ("/env/bin/python: No module named 'pip'", "ok", "missing"),
        ("ModuleNotFoundError: No module named 'pip._internal'", "error", "error"),
        ("ImportError: cannot import name 'main' from 'pip'", "error", "error"),
    ],
)
def test_C4_C3_without_pip_roots_are_missing_and_a_broken_pip_is_an_error(
    said: str, all_of_it: str, roots: str
) -> None:
    failed = CommandResult(1, b"", said.encode())
    metadata = CommandResult(0, b'[{"name": "Jinja2", "version": "3.1.6"}]', b"")
    answers = {"python -m pip list": failed, "python -m pip list --not-required": failed, "python -I -c": metadata}
    record = record_of(Container().answering(answers))
    assert (statuses(record)["pip_all"], statuses(record)["pip_root"]) == (all_of_it, roots)
    assert [row["name"] for row in record["packages"]["pip"]["all"]] == (["jinja2"] if all_of_it == "ok" else [])
    assert record["packages"]["pip"]["root"] == []


@pytest.mark.parametrize(
    "text",
    [
        "adduser\t3.134\tii \nzlib1g\t1:1.2.13.df",
        "adduser\t3.134\tii \nzlib1g\t1:1.2.13.dfsg-1\tii \nzstd\t1.5",
    ],
)
def test_B20_C6_a_list_that_breaks_off_is_an_error(text: str) -> None:
    assert statuses(record_of(answering(apt=text)))["apt_all"] == "error"
    assert statuses(record_of(answering(apt=text + "\tii")))["apt_all"] == "ok"


def test_B26_no_config_file_is_missing_and_has_no_values() -> None:
    record = record_of(doctool="sphinx", checkout="/co", read_file=lambda path, _: None)
    assert statuses(record)["doctool"] == "missing"
    assert (record["doctool"]["extensions"], record["doctool"]["html_theme"]) == ([], None)
    assert (record["doctool"]["name"], record["doctool"]["version"]) == ("sphinx", "8.1.3")


def test_P2_nothing_of_a_requirement_is_sent_but_its_fields() -> None:
    lines = (
        "--index-url https://alice:s3cret@index.example.org/simple\n"
        "--extra-index-url https://tok3n@other.example.org/simple\n"
        'foo @ git+https://alice:s3cret@code.example.org/acme/foo.git@branch ; platform_node == "alices-laptop"\n'
        "https://files.example.org/x.zip?token=s3cret#egg=bar\n"
        "-e ./home/alice/baz\nqux==1.0+dalice --hash=sha256:aa\nAlice <alice@example.org>\n"
    )
    record = declaring(lines)
    assert [row["name"] for row in record["packages"]["pip"]["declared"]] == ["foo", "bar", "qux"]
    keys = {"name", "constraint", "specifier", "version", "extras", "conditional"}
    assert all(set(row) == keys for row in record["packages"]["pip"]["declared"])
    kept = json.dumps(record["packages"]) + json.dumps(record["collectors"]["pip_declared"])
    for personal in ("alice", "s3cret", "tok3n", "example.org", "acme", "laptop", "sha256", "branch"):
        assert personal not in kept


def test_P3_a_pip_row_is_name_and_version_only() -> None:
    row = {
        "name": "kiln",
        "version": "1",
        "editable_project_location": "/home/alice/kiln",
        "metadata": {"author_email": "alice@example.org"},
        "installer": "pip of alice",
    }
    record = record_of(answering(pip_all=json.dumps([row])))
    assert record["packages"]["pip"]["all"] == [{"name": "kiln", "version": "1"}]
    assert record["collectors"]["pip_all"]["dropped_keys"] == 3
    assert "alice" not in json.dumps(record)
