"""The Python index: files and what belongs to them."""

import pytest

from producers.gateway.answer import Answer
from producers.gateway.python_index.pages import Outcome
from tests.unit.producers.gateway.asking import ask, header, later, location, request, router
from tests.unit.producers.gateway.index_samples import (
    FILES,
    JSON,
    JSON_PAGE,
    LISTED,
    PAGE,
    SDIST,
    WHEEL,
    Asked,
    Held,
    page,
    run,
    served,
)


@pytest.mark.parametrize(
    ("file", "place", "kind"),
    [
        (WHEEL, f"{FILES}/{WHEEL}", "file"),
        (f"{WHEEL}.metadata", f"{FILES}/{WHEEL}.metadata", "metadata"),
        (f"{WHEEL}.asc", f"{FILES}/{WHEEL}.asc", "signature"),
        (f"{WHEEL}.provenance", "https://upstream.example.org/integrity/my-tool/1.0/provenance", "provenance"),
        (f"{WHEEL}#sha256=11aa", f"{FILES}/{WHEEL}", "file"),
        (f"{WHEEL}%23sha256=11aa", f"{FILES}/{WHEEL}", "file"),
        (f"{WHEEL}?a=b+c", f"{FILES}/{WHEEL}?a=b%20c", "file"),
        (SDIST, f"https://upstream.example.org/packages/{SDIST}", "file"),
        ("my_tool-0.9%2Blocal.zip", f"{FILES}/my_tool-0.9%2Blocal.zip", "file"),
        ("my_tool-0.9%2blocal.zip", f"{FILES}/my_tool-0.9%2Blocal.zip", "file"),
        ("my_tool-0.9+local.zip", f"{FILES}/my_tool-0.9%2Blocal.zip", "file"),
        (f"{SDIST}.metadata", None, ""),
        (f"{SDIST}.asc", None, ""),
        (f"{SDIST}.provenance", None, ""),
        ("absent.whl", None, ""),
        ("absent.whl.metadata", None, ""),
        (".metadata", None, ""),
        (WHEEL.upper(), None, ""),
    ],
)
def test_DL18_files_and_what_belongs_to_them(file: str, place: str | None, kind: str) -> None:
    found = served()
    for _ in range(2):  # the second time it is remembered
        answer = ask(found, f"/simple/my-tool/{file}")
        assert header(answer, "location") == place
        assert answer.status == (404 if place is None else 302)
        assert answer.about.project == "my-tool"
        if place is not None:
            assert answer.about.kind == kind
            assert (answer.about.file or "").startswith("my_tool-")


def test_DL18_right_after_a_restart_the_page_is_fetched_first() -> None:
    for page_at_hand in (None, page({"files": []})):
        held = Held({} if page_at_hand is None else {"my-tool": page_at_hand}, {"my-tool"})
        asked = later(router(LISTED, held), f"/simple/my-tool/{WHEEL}")
        assert asked.target == PAGE.encode()
        answer: Answer = run(asked.answer(Asked(JSON_PAGE)))
        assert (answer.status, header(answer, "location")) == (302, f"{FILES}/{WHEEL}")
        assert run(later(router(LISTED, held), "/simple/my-tool/no.whl").answer(Asked(JSON_PAGE))).status == 404


def test_DL18_a_file_of_an_older_page_waits_for_nobody() -> None:
    found = served(stale={"my-tool"})
    assert location(found, f"/simple/my-tool/{WHEEL}") == f"{FILES}/{WHEEL}"
    later(found, "/simple/my-tool/")


def test_DL18_a_signed_link_is_not_touched() -> None:
    url = "https://files.example.org/a%2fb/~x/t-1.zip?sig=a+b%2f&sig=c&e=1"
    found = served(held=page({"files": [{"filename": "t-1.zip", "url": url, "hashes": {}, "core-metadata": True}]}))
    assert location(found, "/simple/my-tool/t-1.zip") == url
    assert location(found, "/simple/my-tool/t-1.zip?sig=mine&x=1") == f"{url}&x=1"
    assert location(found, "/simple/my-tool/t-1.zip.metadata") == url.replace("?", ".metadata?")


def test_DL19_nothing_at_hand_and_the_upstream_away_is_503() -> None:
    for path in ("/simple/other/", "/simple/other/x.whl"):
        answer = run(later(router(LISTED), path).answer(Asked(Outcome.AWAY)))
        assert answer.status == 503
        assert int(header(answer, "retry-after") or "") > 0
        assert header(answer, "cache-control") == "no-store"


def test_what_is_remembered_of_files_is_bounded() -> None:
    held = page(JSON)
    found = served(held=held)
    for number in range(1000):
        letters = WHEEL.replace("_", "%5F", number % 3)
        found.route(request(f"/simple/my-tool/{letters}%23{number}"))
    assert len(held.answers) <= 4 * len(held.links)
