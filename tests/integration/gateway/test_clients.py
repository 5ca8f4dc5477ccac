"""Real clients install real packages through the gateway, from the registries that they would use without it."""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from headcount.settings import KafkaSettings
from tests.integration.gateway.serving import Event, events, gateway, tally, wait_for_events
from tests.kafka_topics import eventually
from tests.registries import crates_index, npm_registry, python_index

V1_JSON = "application/vnd.pypi.simple.v1+json"
PROJECTS = ("six", "idna", "packaging", "click")


def domain(kind: str, target: str | None, host: str = "127.0.0.1", **more: Any) -> str:
    """A manifest of one rule. Skips where there is no registry to be had."""
    if target is None:
        pytest.skip(f"no registry for {kind} is reached from here")
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"type": kind, "target": target, **more}.items()]
    return "\n".join(["[[domain]]", f"host = {json.dumps(host)}", "[[domain.rule]]", *lines, ""])


def run(command: Sequence[str | Path], folder: Path, **variables: str) -> str:
    """Run a client with a home and caches of its own, without what this machine sets for it."""
    set_here = re.compile(r"(PIP|UV|NPM|CARGO)_|(REQUESTS|CURL)_CA_BUNDLE$", re.IGNORECASE)
    kept = {key: value for key, value in os.environ.items() if not set_here.match(key)}
    for name in ("CARGO_HOME", "RUSTUP_HOME", "PIP_CERT"):
        kept |= {name: os.environ[name]} if name in os.environ else {}
    done = subprocess.run(
        list(map(str, command)),
        env={**kept, **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def whole_files(seen: Sequence[Event]) -> list[str]:
    """The files that were asked for whole, as often as they were (DL52)."""
    is_whole = [
        event for event in seen if event["kind"] == "file" and event["method"] == "GET" and event["range"] is None
    ]
    assert {event["status"] for event in is_whole} <= {302}
    return [event["file"] for event in is_whole]


def wait_for_files(settings: KafkaSettings, count: int) -> list[Event]:
    """Wait until so many files were asked for whole; gives all events."""
    return eventually(lambda: events(settings), is_right=lambda seen: len(whole_files(seen)) >= count)


def fetched(url: str, accept: str) -> tuple[str, str]:
    """A page, and the URL that it came from."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=60) as answer:
        return answer.read().decode(), answer.url


class Anchors(HTMLParser):
    """Anchors of a page: their text, their fragment, and all of their attributes but the link itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            attributes = dict(attrs)
            attributes["href"] = (attributes["href"] or "").partition("#")[2]
            self.found.append(("", attributes))

    def handle_data(self, data: str) -> None:
        if self.found and data.strip():
            self.found[-1] = (self.found[-1][0] + data.strip(), self.found[-1][1])


def test_DL16_an_index_page_equals_the_upstreams_but_for_the_links(raw: KafkaSettings, tmp_path: Path) -> None:
    index = python_index()
    with gateway(raw, tmp_path, manifest=domain("python", index, projects="*")) as server:
        for project in PROJECTS:
            theirs, _ = fetched(f"{index}{project}/", V1_JSON)
            ours, _ = fetched(f"{server.url}/simple/{project}/", V1_JSON)
            left, right = json.loads(theirs), json.loads(ours)
            links = [file.pop("url") for file in right["files"]]
            for file in left["files"]:
                file.pop("url")
            assert right == left
            assert all(link.startswith(f"/simple/{project}/") for link in links)
            theirs, _ = fetched(f"{index}{project}/", "text/html")
            ours, _ = fetched(f"{server.url}/simple/{project}/", "text/html")
            # Ours are in the order of the JSON, and there are indexes that order the two in two ways.
            assert sorted(Anchors(ours).found, key=str) == sorted(Anchors(theirs).found, key=str)


def certificate(folder: Path) -> tuple[Path, Path, Path]:
    """A chain and a key for localhost, and a bundle of it and of all that is believed otherwise: files are fetched, too."""
    chain, key, bundle = (folder / name for name in ("chain.pem", "key.pem", "bundle.pem"))
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(["openssl", *words, *names, "-keyout", key, "-out", chain], check=True, capture_output=True)
    believed = ssl.get_default_verify_paths().cafile or os.environ.get("PIP_CERT")
    pip = [sys.executable, "-c", "from pip._vendor import certifi; print(certifi.where())"]
    file = believed or subprocess.run(pip, check=True, capture_output=True, text=True).stdout.strip()
    bundle.write_text(Path(file).read_text() + chain.read_text())
    return chain, key, bundle


@pytest.mark.parametrize("version", ["21.3.1", "23.3.2", "26.0"])
def test_DL17_DL32_pip_installs_with_one_request_a_file(version: str, raw: KafkaSettings, tmp_path: Path) -> None:
    """Behind TLS, as pip keeps no page of plain http. A second install shows as what it is: unchanged pages, files again."""
    manifest = domain("python", python_index(), host="localhost", projects=["six", "idna"])
    run([sys.executable, "-m", "venv", tmp_path / "venv"], tmp_path)
    pip = [tmp_path / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "--quiet", f"pip=={version}"], tmp_path)
    chain, key, bundle = certificate(tmp_path)
    words = ("--certificate", str(chain), "--key", str(key))
    with gateway(raw, tmp_path / "gateway", *words, manifest=manifest) as server:
        index = f"https://localhost:{server.port}/simple/"
        install = [
            *pip,
            "install",
            "--cert",
            bundle,
            "--cache-dir",
            tmp_path / "cache",
            "--index-url",
            index,
            "six",
            "idna",
        ]
        run(install, tmp_path)
        first = wait_for_files(raw, 2)
        assert sorted(file.partition("-")[0] for file in whole_files(first)) == ["idna", "six"]
        pages = tally(first, "kind", "project", "status", "conditional")
        assert pages[("index", "six", 200, False)] == pages[("index", "idna", 200, False)] == 1
        assert {event["agent"].partition(" ")[0] for event in first} == {f"pip/{version}"}
        run([*pip, "uninstall", "--quiet", "--yes", "six", "idna"], tmp_path)
        run(install, tmp_path)
        seen = wait_for_files(raw, 4)
        assert sorted(whole_files(seen)) == sorted(whole_files(first) * 2)
        pages = tally(seen, "kind", "project", "status", "conditional")
        assert pages[("index", "six", 304, True)] == pages[("index", "idna", 304, True)] == 1
        listed = json.loads(run([*pip, "list", "--format", "json"], tmp_path))
        assert {"six", "idna"} <= {each["name"] for each in listed}


def test_DL14_DL31_pip_goes_to_its_next_index_for_what_is_not_served(raw: KafkaSettings, tmp_path: Path) -> None:
    index = python_index()
    manifest = domain("python", index, projects=["idna"])
    run([sys.executable, "-m", "venv", tmp_path / "venv"], tmp_path)
    with gateway(raw, tmp_path / "gateway", manifest=manifest) as server:
        pip = [tmp_path / "venv" / "bin" / "pip", "install", "--disable-pip-version-check", "--no-cache-dir"]
        run([*pip, "--index-url", f"{server.url}/simple/", "--extra-index-url", str(index), "six"], tmp_path)
        (event,) = wait_for_events(raw, 1)
        assert (event["status"], event["kind"], event["project"], event["file"]) == (404, "index", None, None)
        assert server.metric("headcount_gateway_unknown_projects_total") == 1


def test_DL32_uv_installs(raw: KafkaSettings, tmp_path: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv is not None
    manifest = domain("python", python_index(), projects="*")
    run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"], tmp_path)
    with gateway(raw, tmp_path / "gateway", manifest=manifest) as server:
        # Its address without /simple works as well (DL12).
        words = ["pip", "install", "--python", tmp_path / "venv", "--cache-dir", tmp_path / "cache"]
        run([uv, *words, "--index-url", server.url, "six", "idna"], tmp_path)
        first = eventually(lambda: events(raw), is_right=lambda seen: len(set(whole_files(seen))) == 2)
        assert {file.partition("-")[0] for file in whole_files(first)} == {"six", "idna"}
        assert tally(first, "kind", "project")[("index", "idna")] == 1
        assert {event["agent"].partition("/")[0] for event in first} == {"uv"}
        # Whether it asks again for a wheel in its cache is for the file host's headers to say, here as without us.


def test_DL20_npm_installs(raw: KafkaSettings, tmp_path: Path) -> None:
    manifest = domain("npm", npm_registry(), projects=["left-pad", "@types/ms"])
    with gateway(raw, tmp_path / "gateway", manifest=manifest) as server:
        npm = ["npm", "install", "--registry", server.url, "--cache", tmp_path / "cache", "left-pad", "@types/ms"]
        run(npm, tmp_path)
        seen = wait_for_files(raw, 2)
        assert sorted(file.rpartition("-")[0] for file in whole_files(seen)) == ["left-pad", "ms"]
        assert tally(seen, "kind", "project")[("index", "@types/ms")] == 1
        assert (tmp_path / "node_modules" / "@types" / "ms" / "package.json").is_file()


def test_DL21_cargo_fetches(raw: KafkaSettings, tmp_path: Path) -> None:
    manifest = domain("cargo", crates_index(), projects=["itoa"])
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text("fn main() {}\n")
    (tmp_path / "Cargo.toml").write_text(
        '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nitoa = "1"\nryu = "1"\n'
    )
    with gateway(raw, tmp_path / "gateway", manifest=manifest) as server:
        (tmp_path / ".cargo").mkdir()
        (tmp_path / ".cargo" / "config.toml").write_text(
            f'[source.crates-io]\nreplace-with = "counted"\n[source.counted]\nregistry = "sparse+{server.url}/"\n'
        )
        run(["cargo", "fetch"], tmp_path, CARGO_HOME=str(tmp_path / "home"))
        seen = wait_for_files(raw, 2)
        named = [file for file in whole_files(seen) if file is not None]
        assert [file.rpartition("-")[0] for file in named] == ["itoa"]
        assert tally(seen, "kind", "project")[("file", None)] == 1
        assert "ryu" not in repr(seen)
