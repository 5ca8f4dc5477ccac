"""The Python index: pages are the upstream's but for their links."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.gateway.python_index.accept import MediaType
from producers.gateway.python_index.index_page import UnreadableIndexError
from tests.unit.producers.gateway.asking import ask, header, location
from tests.unit.producers.gateway.index_samples import (
    FILES,
    HTML_PAGE,
    JSON,
    SDIST,
    V1_HTML,
    V1_JSON,
    WHEEL,
    Anchors,
    page,
    served,
)


def test_DL16_json_is_the_upstreams_but_for_the_links() -> None:
    written = json.loads(ask(served(), "/simple/my-tool/", accept=V1_JSON).body)
    links = [file.pop("url") for file in written["files"]]
    expected = json.loads(json.dumps(JSON))
    for file in expected["files"]:
        file.pop("url")
    assert written == expected
    names = [WHEEL, f"{SDIST}#sha256=33cc", "my_tool-0.9%2Blocal.zip"]
    assert links == [f"/simple/my-tool/{name}" for name in names]


def test_DL16_html_of_json_says_all_that_html_can() -> None:
    read = Anchors(ask(served(), "/simple/my-tool/").body.decode())
    first, second, third = read.found
    assert first == {
        "href": f"/simple/my-tool/{WHEEL}#sha256=11aa",
        "text": WHEEL,
        "data-requires-python": ">=3.8,<4",
        "data-core-metadata": "sha256=22bb",
        "data-dist-info-metadata": "sha256=22bb",
        "data-gpg-sig": "true",
        "data-provenance": "https://upstream.example.org/integrity/my-tool/1.0/provenance",
    }
    assert second["href"] == f"/simple/my-tool/{SDIST}#sha256=33cc"
    assert second["data-yanked"] == 'broken <on> "x"'
    assert second["data-gpg-sig"] == "false"
    assert "data-core-metadata" not in second
    assert (third["data-yanked"], third["href"]) == ("", "/simple/my-tool/my_tool-0.9%2Blocal.zip")
    assert dict(read.metas) == {
        "pypi:repository-version": "1.4",
        "pypi:tracks": "https://other.example.org/simple/my-tool/",
        "pypi:alternate-locations": "https://third.example.org/simple/my-tool/",
        "pypi:project-status": "archived",
        "pypi:project-status-reason": "a & b",
    }


def test_DL16_html_is_the_upstreams_but_for_the_links() -> None:
    read = Anchors(ask(served(held=HTML_PAGE), "/simple/my-tool/", accept=V1_HTML).body.decode())
    assert read.found == [
        {
            "href": f"/simple/my-tool/{WHEEL}#sha256=11aa",
            "text": WHEEL,
            "data-requires-python": ">=3.8,<4",
            "data-core-metadata": "sha256=22bb",
            "data-dist-info-metadata": "sha256=22bb",
            "data-x-unknown": 'k"ept',
        },
        {
            "href": f"/simple/my-tool/{SDIST}#egg=x&md5=44",
            "text": SDIST,
            "data-yanked": None,
            "data-gpg-sig": "true",
        },
        {
            "href": "/simple/my-tool/my_tool-0.9%2Blocal.zip",
            "text": "z",
            "data-yanked": "old",
            "data-core-metadata": "true",
            "data-provenance": "https://p.example.org/x",
        },
    ]
    assert read.metas == [("pypi:repository-version", "1.1"), ("pypi:project-status", "quarantined")]


def test_DL16_json_of_html_says_what_it_knows() -> None:
    written = json.loads(ask(served(held=HTML_PAGE), "/simple/my-tool/", accept=V1_JSON).body)
    assert written["meta"] == {"api-version": "1.0"}
    assert written["name"] == "my-tool"
    assert written["project-status"] == {"status": "quarantined"}
    assert written["files"] == [
        {
            "filename": WHEEL,
            "hashes": {"sha256": "11aa"},
            "requires-python": ">=3.8,<4",
            "core-metadata": {"sha256": "22bb"},
            "dist-info-metadata": {"sha256": "22bb"},
            "url": f"/simple/my-tool/{WHEEL}",
        },
        {
            "filename": SDIST,
            "hashes": {"md5": "44"},
            "yanked": True,
            "gpg-sig": True,
            "url": f"/simple/my-tool/{SDIST}",
        },
        {
            "filename": "my_tool-0.9+local.zip",
            "hashes": {},
            "core-metadata": True,
            "dist-info-metadata": True,
            "yanked": "old",
            "provenance": "https://p.example.org/x",
            "url": "/simple/my-tool/my_tool-0.9%2Blocal.zip",
        },
    ]


@pytest.mark.parametrize("key", ["core-metadata", "dist-info-metadata", "data-dist-info-metadata"])
def test_DL16_metadata_is_announced_under_any_of_its_names(key: str) -> None:
    file = {"filename": WHEEL, "url": f"{FILES}/{WHEEL}", "hashes": {}, key: True}
    found = served(held=page({"files": [file]}))
    (anchor,) = Anchors(ask(found, "/simple/my-tool/").body.decode()).found
    assert anchor["data-core-metadata"] == anchor["data-dist-info-metadata"] == "true"
    assert location(found, f"/simple/my-tool/{WHEEL}.metadata") == f"{FILES}/{WHEEL}.metadata"


def test_DL17_each_representation_has_its_validator() -> None:
    answers = [ask(served(), "/simple/my-tool/", accept=kind) for kind in ("text/html", V1_HTML, V1_JSON)]
    tags = [header(answer, "etag") or "" for answer in answers]
    assert len(set(tags)) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)
    assert tags[2] == header(ask(served(), "/my-tool/", accept=V1_JSON), "etag")
    changed = served(held=page({**JSON, "versions": []}))
    assert header(ask(changed, "/simple/my-tool/", accept=V1_JSON), "etag") != tags[2]
    assert {header(answer, "cache-control") for answer in answers} == {"no-cache"}


@pytest.mark.parametrize("wanted", ["{}", "W/{}", '"a", {}', 'W/"a,b" , W/{},"c"', "*", ' "x",{} '])
def test_DL17_an_unchanged_page_is_304_and_an_event(wanted: str) -> None:
    whole = ask(served(), "/simple/my-tool/")
    tag = header(whole, "etag") or ""
    answer = ask(served(), "/simple/my-tool/", if_none_match=wanted.format(tag))
    assert (answer.status, answer.body) == (304, b"")
    assert dict(answer.headers) == {name: value for name, value in whole.headers if name != b"content-type"}
    assert answer.about == whole.about


@pytest.mark.parametrize("wanted", ["", '""', '"x"', "{bare}", 'W/"{bare}x"', "'{bare}'", '"', "W/"])
def test_DL17_a_changed_page_is_whole(wanted: str) -> None:
    bare = (header(ask(served(), "/simple/my-tool/"), "etag") or "").strip('"')
    assert ask(served(), "/simple/my-tool/", if_none_match=wanted.format(bare=bare)).status == 200
    other = header(ask(served(), "/simple/my-tool/", accept=V1_JSON), "etag") or ""
    assert ask(served(), "/simple/my-tool/", if_none_match=other).status == 200


def test_DL17_HEAD_has_what_GET_has() -> None:
    for path in ("/simple/my-tool/", f"/simple/my-tool/{WHEEL}", "/simple/", "/simple/no/", "/simple/my-tool"):
        assert ask(served(), path, b"HEAD") == ask(served(), path)


def test_DL5_links_that_are_none_of_the_web_are_left_out() -> None:
    urls = ["javascript:alert(1)", "file:///etc/passwd", "ftp://x/a.whl", "http://", "//[/", "", "data:,x"]
    files = [{"filename": f"f{n}.whl", "url": url, "hashes": {}} for n, url in enumerate(urls)]
    more = [{"filename": "a/b.whl", "url": f"{FILES}/b.whl"}, {"url": FILES}, {"filename": 7, "url": FILES}, 7, None]
    found = served(held=page({"files": [*files, *more]}))
    left = json.loads(ask(found, "/my-tool/", accept=V1_JSON).body)["files"]
    # An empty link is the page itself, which is on the web.
    assert [file["filename"] for file in left] == ["f5.whl"]


def test_DL16_halves_of_characters_do_no_harm() -> None:
    half = "\ud800"
    bad = [{"filename": f"{half}.whl", "url": f"{FILES}/a.whl"}, {"filename": "b.whl", "url": f"{FILES}/{half}"}]
    good = {"filename": WHEEL, "url": f"{FILES}/{WHEEL}", "hashes": {}, "requires-python": half, "provenance": half}
    found = served(held=page({"files": [*bad, good], "x": half}))
    left = json.loads(ask(found, "/my-tool/", accept=V1_JSON).body)
    assert [file["filename"] for file in left["files"]] == [WHEEL]
    assert (left["x"], left["files"][0]["requires-python"]) == (half, half)
    assert ask(found, "/my-tool/").status == 200
    for file in (WHEEL, f"{WHEEL}.provenance", f"{WHEEL}.asc", "b.whl", "%ED%A0%80.whl"):
        assert ask(found, f"/my-tool/{file}").status in (302, 404)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}', "{" * 100_000, "\xff", '{"files": [}'])
def test_what_is_no_page_is_told(content: str) -> None:
    with pytest.raises(UnreadableIndexError):
        page(content)
    with pytest.raises(UnreadableIndexError):
        page("x", "application/octet-stream")


@given(st.text(), st.sampled_from([V1_JSON, "text/html"]))
def test_any_text_is_a_page_or_told_to_be_none(content: str, kind: str) -> None:
    with contextlib.suppress(UnreadableIndexError):
        page(content, kind)


@given(st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.booleans() | st.text() | st.integers(),
                                                        lambda each: st.lists(each) | st.dictionaries(st.text(), each)),
                       max_size=4),
       st.sampled_from(["hashes", "yanked", "core-metadata", "requires-python", "gpg-sig", "provenance", "size"]),
       st.one_of(st.none(), st.booleans(), st.text(), st.integers(), st.dictionaries(st.text(), st.text())))  # fmt: skip
def test_DL16_odd_values_go_on_as_they_came(more: dict[str, Any], key: str, value: Any) -> None:
    file = {**more, "filename": WHEEL, "url": f"{FILES}/{WHEEL}", key: value}
    made = page({"files": [file]})
    (written,) = json.loads(made.bodies[MediaType.V1_JSON].content)["files"]
    provenance = written.pop("provenance", None)
    if key == "provenance" and isinstance(value, str):
        assert isinstance(provenance, str)
        file.pop("provenance")
    elif "provenance" in file:
        assert provenance == file.pop("provenance")
    assert written == {**file, "url": f"/simple/my-tool/{WHEEL}"}
    assert len(Anchors(made.bodies[MediaType.HTML].content.decode()).found) == 1
