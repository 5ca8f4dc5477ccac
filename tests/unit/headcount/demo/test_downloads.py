"""The demo of downloads in its parts: which index, what clients are told, what is read back, and what is said of it."""

import csv
import io
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from headcount.demo import download_answers, index, installs, requests, wheels
from headcount.demo.children import Children, Done
from headcount.demo.downloads import Downloads, Install
from headcount.demo.requests import Seen
from headcount.errors import HeadcountError


class Saying(Children):
    """Runs nothing: every program says this."""

    def __init__(self, said: str, exit_code: int = 0) -> None:
        super().__init__({})
        self.done = Done(exit_code, said, "" if exit_code == 0 else said)
        self.asked: list[Sequence[str]] = []

    def run(self, argv: Sequence[str], *, cwd: Path | None = None, environ: Mapping[str, str] | None = None) -> Done:
        self.asked.append(argv)
        return self.done


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            "Getting page x\nFound index url https://upstream.example.org/simple/\n",
            "https://upstream.example.org/simple/",
        ),
        ("  Found index url http://127.0.0.1:1/simple\nConnection refused", "http://127.0.0.1:1/simple/"),
        ("ERROR: You must give at least one requirement", None),
        ("", None),
    ],
)
def test_the_index_is_the_one_that_pip_says(said: str, found: str | None) -> None:
    assert index.pips_index(Saying(said), ["pip"]) == found


def test_of_pips_settings_those_of_the_network_are_kept() -> None:
    listed = (
        ":env:.cert='/env.pem'\nglobal.cert='/global.pem'\nglobal.index-url='https://upstream.example.org/simple'\n"
        "global.trusted-host='a.example.org\\nb.example.org'\ninstall.proxy=broken'\nglobal.extra-index-url='x'\n"
    )
    assert index.connection_in(listed) == {"PIP_CERT": "/env.pem", "PIP_TRUSTED_HOST": "a.example.org b.example.org"}


def test_an_installer_is_told_of_no_other_index() -> None:
    given = {
        "PATH": "/bin", "PIP_EXTRA_INDEX_URL": "x", "PIP_FIND_LINKS": "x", "UV_INDEX": "x", "UV_DEFAULT_INDEX": "x",
        "UV_NATIVE_TLS": "1", "HTTPS_PROXY": "p", "PIP_CERT": "x",
    }  # fmt: skip
    assert installs.environment(given, {"PIP_CERT": "/c.pem"}) == {
        "PATH": "/bin", "UV_NATIVE_TLS": "1", "HTTPS_PROXY": "p", "PIP_CERT": "/c.pem", "SSL_CERT_FILE": "/c.pem",
        "PIP_CONFIG_FILE": "/dev/null",
    }  # fmt: skip
    assert installs.environment({"SSL_CERT_FILE": "/own.pem"}, {"PIP_CERT": "/c.pem"})["SSL_CERT_FILE"] == "/own.pem"


def test_what_an_installer_says_last_is_handed_on(tmp_path: Path) -> None:
    with pytest.raises(HeadcountError, match="uv could not install through the gateway: no route"):
        installs.install(
            Saying("one\nno route", exit_code=2),
            installs.Installer("uv", ["uv"], tmp_path),
            {},
            index="http://127.0.0.1:1/simple/",
            packages=["x"],
            target=tmp_path / "installed",
        )


@pytest.mark.parametrize(("projects", "listed"), [((), "*"), (("a", "b"), ["a", "b"])])
def test_the_manifest_stands_before_one_index(projects: Sequence[str], listed: object) -> None:
    (domain,) = tomllib.loads(index.manifest("https://upstream.example.org/simple/", projects))["domain"]
    (rule,) = domain["rule"]
    assert rule == {"type": "python", "target": "https://upstream.example.org/simple/", "projects": listed}


def test_an_index_that_no_manifest_may_name_is_not_reached() -> None:
    assert not index.is_reached(Saying("error: a password\n  where: x\n  what to do: y", exit_code=1), Path("f"), ["a"])
    assert not index.is_reached(Saying('{"status": 503}'), Path("f"), ["a"])
    assert index.is_reached(Saying('{"status": 200}'), Path("f"), ["a", "b"])


def test_a_wheel_is_whole_and_the_same_each_time() -> None:
    made = wheels.wheel("a-tool", ["b", "c"])
    assert made == wheels.wheel("a-tool", ["b", "c"])
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.testzip() is None
        record = list(csv.reader(archive.read("a_tool-1.0.dist-info/RECORD").decode().splitlines()))
        assert sorted(row[0] for row in record) == sorted(archive.namelist())
        assert [len(archive.read(row[0])) for row in record[:-1]] == [int(row[2]) for row in record[:-1]]
        assert archive.read("a_tool-1.0.dist-info/METADATA") == made.metadata
    assert b"Requires-Dist: b\nRequires-Dist: c\n" in made.metadata


def batch(agent: str | None, *asked: tuple[str, str, int, str | None, str | None]) -> dict[str, object]:
    names = ("kind", "method", "status", "file", "range")
    rows = [{"at": at, **dict(zip(names, each, strict=True))} for at, each in enumerate(asked)]
    return {"sources": [{"address": "192.0.2.1", "agent": agent, "requests": rows}]}


def test_of_an_event_its_address_and_the_rest_of_its_agent_are_not_read() -> None:
    (seen,) = requests.in_batch(batch("pip/26.0 {json}", ("file", "GET", 302, "a.whl", None)))
    assert "192.0.2.1" not in repr(seen)
    assert (seen.agent, seen.is_whole_file) == ("pip/26.0", True)
    assert next(requests.in_batch(batch(None, ("index", "GET", 404, None, None)))).agent == "(no agent)"


@pytest.mark.parametrize(
    "asked",
    [
        ("file", "HEAD", 302, "a.whl", None),
        ("file", "GET", 302, "a.whl", "bytes=-9"),
        ("file", "GET", 404, "a.whl", None),
        ("metadata", "GET", 302, "a.whl.metadata", None),
    ],
)
def test_what_is_no_whole_file(asked: tuple[str, str, int, str | None, str | None]) -> None:
    assert not next(requests.in_batch(batch("uv/0.13", asked))).is_whole_file


def test_the_wait_ends_when_the_count_stands_still_and_all_are_there() -> None:
    counts = iter((1, 2, 2, 2))
    looks = iter((1, 1, 1, 2))
    seen = [Seen(0, "pip/1", "index", "GET", 200, None, is_part=False)]
    found = requests.await_requests(
        lambda: next(counts), lambda: seen * next(looks), clock=lambda: 0.0, sleep=lambda _: None
    )
    assert found == (2, seen * 2)


def test_the_wait_gives_up() -> None:
    now = iter((0.0, 1.0, 1e9))
    with pytest.raises(HeadcountError, match="0 of 3 requests are on Kafka"):
        requests.await_requests(lambda: 3, list, clock=lambda: next(now), sleep=lambda _: None)


def downloads(*asked: tuple[str, str, str, int, str | None], packages: int = 1) -> Downloads:
    """One install by pip, and what is seen: agent, kind, method, status, file."""
    seen = [Seen(5, agent, kind, method, status, file, is_part=False) for agent, kind, method, status, file in asked]
    return Downloads([Install("pip", 1, 0, 9, packages), Install("pip", 2, 20, 29, packages)], len(seen), seen)


WHOLE = ("pip/26", "file", "GET", 302, "a.whl")


def test_each_request_has_its_column() -> None:
    shown = downloads(
        ("pip/26", "index", "GET", 200, None),
        ("pip/26", "index", "GET", 304, None),
        ("pip/26", "index", "GET", 304, None),
        ("pip/26", "metadata", "GET", 302, "a.whl.metadata"),
        WHOLE,
        ("pip/26", "index", "GET", 404, None),
        ("uv/0.13", "file", "GET", 302, "a.whl"),
    )
    lines = list(download_answers.lines_of(shown))
    assert next(line for line in lines if "pip, first" in line).split() == [
        "pip,", "first", "pip/26", "1", "1", "2", "1", "1", "1",
    ]  # fmt: skip
    assert next(line for line in lines if line.strip().startswith("a.whl")).split() == ["a.whl", "1"]
    assert "answered 7 requests, and 7 are on Kafka: none lost" in lines[-1]


@pytest.mark.parametrize(
    ("asked", "packages", "number", "says"),
    [
        ([WHOLE], 1, 1, "asked for once"),
        ([WHOLE], 1, 2, "asks again for what it has"),
        ([], 1, 2, "from its cache"),
        ([WHOLE, WHOLE], 1, 1, "1 files: this index announces no metadata"),
        ([WHOLE, WHOLE, ("pip/26", "metadata", "GET", 302, "a.whl.metadata")], 1, 1, "more than once"),
        ([WHOLE], 2, 1, "the others came from its cache"),
    ],
)
def test_the_verdict_is_of_the_figures(
    asked: list[tuple[str, str, str, int, str]], packages: int, number: int, says: str
) -> None:
    made = Install("pip", number, 0, 9, packages)
    said = download_answers.verdict(made, downloads(*asked).seen)
    assert says in said
    assert f"{packages} packages, {asked.count(WHOLE)} requests" in said


def test_a_difference_is_said() -> None:
    shown = downloads(WHOLE)
    lost = Downloads(shown.installs, 2, shown.seen)
    assert list(download_answers.lines_of(lost))[-1].endswith("a difference of -1.")
