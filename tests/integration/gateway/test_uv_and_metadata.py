"""What uv asks for, from an index that announces metadata and from one that does not (DL30): both made on the spot."""

import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headcount.demo.wheels import LOCAL_PACKAGES, LocalIndex, pages
from headcount.settings import KafkaSettings
from tests.integration.gateway.serving import Event, gateway, wait_for_events
from tests.integration.gateway.test_clients import domain, run, whole_files

WHEELS = sorted(f"{name.replace('-', '_')}-1.0-py3-none-any.whl" for name in LOCAL_PACKAGES)
NAME = next(iter(LOCAL_PACKAGES))


@pytest.fixture(params=[True, False], ids=["announced", "not announced"])
def index(request: pytest.FixtureRequest) -> Iterator[tuple[bool, str]]:
    served = pages(LOCAL_PACKAGES)
    if not request.param:
        served = {
            path: (kind, re.sub(rb' data-core-metadata="[^"]*"', b"", content))
            for path, (kind, content) in served.items()
            if not path.endswith(".metadata")
        }
    with closing(LocalIndex(served).start()) as started:
        yield request.param, started.url


def test_DL30_uv_asks_once_for_a_wheel_where_metadata_is_announced(
    index: tuple[bool, str], raw: KafkaSettings, tmp_path: Path
) -> None:
    is_announced, url = index
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    assert uv is not None
    manifest = domain("python", url, projects=list(LOCAL_PACKAGES))
    with gateway(raw, tmp_path / "gateway", manifest=manifest) as server:
        words = ["pip", "install", "--no-config", "--target", tmp_path / "installed", "--cache-dir", tmp_path / "cache"]
        run([uv, *words, "--python", sys.executable, "--default-index", f"{server.url}/simple/", NAME], tmp_path)
        answered = int(server.metric("headcount_gateway_requests_total"))
        seen = wait_for_events(raw, answered)
    assert len(list((tmp_path / "installed").glob("*.dist-info"))) == len(WHEELS)
    files = Counter(whole_files(seen))
    assert sorted(files) == WHEELS
    if is_announced:
        assert set(files.values()) == {1}
        assert aside(seen) == []
        assert sorted(event["file"] for event in seen if event["kind"] == "metadata") == [
            f"{w}.metadata" for w in WHEELS
        ]
    else:
        assert min(files.values()) > 1, "a download is to be counted once all the same (DL53)"
        assert "HEAD" in {event["method"] for event in aside(seen)}


def aside(seen: list[Event]) -> list[Event]:
    """What is asked of a wheel that is no request for all of it: none of it may be counted as a download."""
    return [each for each in seen if each["kind"] == "file" and (each["method"] == "HEAD" or each["range"] is not None)]
