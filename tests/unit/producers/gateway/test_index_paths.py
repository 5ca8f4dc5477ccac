"""The Python index: which path is what, and in which representation."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.gateway.python_index.accept import MediaType, negotiate
from producers.gateway.python_index.pages import Outcome
from tests.unit.producers.gateway.asking import ask, header, later, location, router
from tests.unit.producers.gateway.index_samples import (
    ALL,
    FILES,
    LISTED,
    UPSTREAM,
    V1_HTML,
    V1_JSON,
    WHEEL,
    Anchors,
    Asked,
    run,
    served,
)


def test_DL12_the_paths_of_an_index() -> None:
    found = served()
    for path in ("/simple/my-tool/", "/my-tool/"):
        answer = ask(found, path)
        assert (answer.status, answer.about.kind, answer.about.project) == (200, "index", "my-tool")
    for path in (f"/simple/my-tool/{WHEEL}", f"/my-tool/{WHEEL}"):
        assert location(found, path) == f"{FILES}/{WHEEL}"
    for path in ("/simple/my-tool/a/b", "/simple//my-tool/", "/simple/my-tool//", "/my-tool/a/b", "//my-tool/"):
        assert ask(found, path).status == 404, path


def test_DL12_the_root_lists_what_is_listed_and_redirects_for_all() -> None:
    for path in ("/simple/", "/"):
        answer = ask(served(), path, accept=V1_JSON)
        names = ["My.Tool", "other"]
        expected = {"meta": {"api-version": "1.0"}, "projects": [{"name": name} for name in names]}
        assert json.loads(answer.body) == expected
        anchors = Anchors(ask(served(), path).body.decode()).found
        links = ["/simple/my-tool/", "/simple/other/"]
        assert anchors == [{"href": link, "text": name} for link, name in zip(links, names, strict=True)]
        assert location(served(ALL), path) == UPSTREAM


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/simple", "/simple/"),
        ("/simple/My.Tool/", "/simple/my-tool/"),
        ("/simple/my-tool", "/simple/my-tool/"),
        ("/simple/MY__-.TOOL", "/simple/my-tool/"),
        ("/my_tool/?format=x", "/my-tool/?format=x"),
        ("/my-tool", "/my-tool/"),
        ("/simple/my%2Dtool/", None),
    ],
)
def test_DL13_the_normal_form_is_one_hop_away(path: str, place: str | None) -> None:
    answer = ask(served(), path)
    if place is None:
        assert answer.status == 200
    else:
        assert (answer.status, answer.body, header(answer, "location")) == (301, b"", place)
        assert header(answer, "cache-control") == "no-store"


def test_DL13_a_file_below_another_form_of_the_name_is_one_request_only() -> None:
    assert location(served(), f"/simple/My_Tool/{WHEEL}") == f"{FILES}/{WHEEL}"


@pytest.mark.parametrize("path", ["/simple/private/", "/simple/private", "/private/", "/private", "/simple/Private/x.whl",
                                  "/simple/-x/",
        "/simple/" + "x" * 201 + "/", "/simple/my%20tool/", "/simple/%C3%A9/", "/private/p-1.0.whl"])  # fmt: skip
def test_DL14_an_unknown_project_is_404_at_once_and_leaves_no_name(path: str) -> None:
    answer = ask(served(), path)
    assert answer.status == 404
    assert not answer.about.counted
    assert (answer.about.rule, answer.about.project, answer.about.file) == ("python", None, None)


def test_DL14_for_all_projects_the_upstream_says_which_there_are() -> None:
    for path in ("/simple/private/", "/simple/private/private-1.0.whl"):
        asked = later(served(ALL), path)
        assert "private" not in repr(asked.about)
        upstreams = Asked(Outcome.MISSING)
        answer = run(asked.answer(upstreams))
        assert upstreams.asked == [(UPSTREAM, "private")]
        assert (answer.status, answer.about.counted, answer.about.project, answer.about.file) == (
            404,
            False,
            None,
            None,
        )
    assert "private" not in repr(ask(served(ALL), "/simple/Private/").about)
    found = ask(served(ALL), "/my-tool/")
    assert found.about.project == "my-tool"


def test_DL14_a_listed_project_that_the_upstream_lacks_is_404_by_its_name() -> None:
    answer = run(later(router(LISTED), "/simple/other/").answer(Asked(Outcome.MISSING)))
    assert (answer.status, answer.about.counted, answer.about.project) == (404, True, "other")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/*", "text/html"),
        ("application/*", V1_HTML),
        (V1_JSON, V1_JSON),
        (V1_JSON.upper(), V1_JSON),
        ("application/vnd.pypi.simple.latest+json", V1_JSON),
        ("application/vnd.pypi.simple.latest+html", V1_HTML),
        (f"{V1_JSON}, {V1_HTML}; q=0.1, text/html; q=0.01", V1_JSON),
        (f"{V1_JSON};q=0.1,{V1_HTML};q=0.2 , text/html ; q=0.15", V1_HTML),
        (f"{V1_JSON}, {V1_HTML}", V1_HTML),
        (f"{V1_JSON}, text/html", "text/html"),
        (f"{V1_JSON}, */*", "text/html"),
        (f"{V1_JSON}, */*;q=0.9", V1_JSON),
        ("text/html;q=0, */*", V1_HTML),
        (f"text/html;q=0, {V1_HTML};q=0.0, */*", V1_JSON),
        ("text/html;q=0, application/*;q=0", "text/html"),
        ("*/*;q=0", "text/html"),
        ("image/png, application/json", "text/html"),
        (f"{V1_JSON};q=0.001", V1_JSON),
        (f"{V1_JSON};q=no", "text/html"),
        (f"{V1_JSON};charset=utf-8;Q=1", V1_JSON),
        ("text/html;q=0.5, application/*;q=0.5", "text/html"),
        ("application/vnd.pypi.simple.v2+json", "text/html"),
        (",,;,=,;q=", "text/html"),
    ],
)
def test_DL15_negotiation(accept: str | None, kind: str) -> None:
    assert negotiate(None if accept is None else accept.encode()) == kind
    answer = ask(served(), "/simple/my-tool/", **({} if accept is None else {"accept": accept}))
    assert (header(answer, "content-type") or "").partition(";")[0] == kind
    assert header(answer, "vary") == "Accept"


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (f"format={V1_JSON}", V1_JSON),
        (f"format={V1_JSON.replace('+', '%2B')}", V1_JSON),
        (f"x=1&format={V1_HTML}&format=no", V1_HTML),
        ("format=text%2Fhtml", "text/html"),
        ("format=application/vnd.pypi.simple.latest+json", V1_JSON),
        ("format=", None),
        ("format", None),
        ("format=json", None),
        ("format=*/*", None),
        (f"formats={V1_JSON}", "text/html"),
    ],
)
def test_DL15_a_format_in_the_query_wins(query: str, kind: str | None) -> None:
    answer = ask(served(), f"/simple/my-tool/?{query}", accept="text/html")
    if kind is None:
        assert answer.status == 406
    else:
        assert (header(answer, "content-type") or "").partition(";")[0] == kind


@given(st.binary(max_size=60))
def test_DL15_any_accept_header_is_read(accept: bytes) -> None:
    assert negotiate(accept) in MediaType
