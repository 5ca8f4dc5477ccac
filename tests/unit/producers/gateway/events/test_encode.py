"""Answered requests as groups of encoded events: held to Avro's own reading of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.gateway.answer import About, Kind, RuleType
from producers.gateway.events.encode import Answered, Encoder
from producers.publisher.lines import Line
from schemas.codec import decode
from schemas.topics import RAW_DOWNLOADS

NOON = 1_795_521_600_000_000
DAY = 86_400_000_000
FILE = About(RuleType.FILE, Kind.FILE, "tool", "1.0", None, "tool-1.0.tar.gz")


def sources(answered: list[Answered], encoder: Encoder | None = None) -> list[dict[str, Any]]:
    """What a consumer reads of it."""
    line = Line(RAW_DOWNLOADS, "topic", 0, lambda: "a" * 32)
    for group in (encoder or Encoder()).groups(answered):
        line.add_group(group.beginning, group.events, 0.0)
    read: list[dict[str, Any]] = decode(RAW_DOWNLOADS, line.cut().value)["sources"]
    return read


def one(**changes: Any) -> Answered:
    return Answered(NOON, "192.0.2.1", b"pip/24.0", FILE, b"GET", 302, size=0)._replace(**changes)


def request(**changes: Any) -> dict[str, Any]:
    read = sources([one(**changes)])
    assert len(read) == 1
    assert len(read[0]["requests"]) == 1
    first: dict[str, Any] = read[0]["requests"][0]
    return first


def test_DL9_an_event_tells_what_was_asked() -> None:
    assert request(range=b"bytes=0-", conditional=True) == {
        "at": NOON,
        "rule": "file",
        "kind": "file",
        "project": "tool",
        "version": "1.0",
        "platform": None,
        "file": "tool-1.0.tar.gz",
        "method": "GET",
        "status": 302,
        "range": "bytes=0-",
        "conditional": True,
        "bytes": 0,
    }


def test_DL9_requests_are_grouped_by_address_and_agent_in_their_order() -> None:
    answered = [one(at=NOON + n, address=f"192.0.2.{n % 3}", agent=b"a" if n % 2 else None) for n in range(12)]
    read = sources(answered)
    assert len(read) == 6
    for source in read:
        ats = [each["at"] for each in source["requests"]]
        assert ats == sorted(ats)
        assert {(at - NOON) % 6 for at in ats} == {(ats[0] - NOON) % 6}


def test_DL11_of_who_opted_out_there_is_the_day_and_nothing_else() -> None:
    read = sources([one(opted_out=True), one(at=NOON + 1, address="2001:db8::7", opted_out=True), one()])
    nobody = next(source for source in read if source["address"] is None)
    assert nobody["agent"] is None
    assert len(nobody["requests"]) == 2
    for each in nobody["requests"]:
        assert each.pop("at") == NOON - NOON % DAY
        assert each.pop("rule") == "none"
        assert each.pop("kind") == "opted_out"
        assert each.pop("conditional") is False
        assert set(each.values()) == {None}


def test_DL14_a_project_that_is_not_served_has_no_name() -> None:
    about = About(RuleType.PYTHON, Kind.INDEX, "secret-tool", "1", "linux", "secret-tool-1.zip", counted=False)
    read = request(about=about, status=404)
    assert (read["rule"], read["kind"], read["status"]) == ("python", "index", 404)
    assert [read[name] for name in ("project", "version", "platform", "file")] == [None] * 4


def test_DL10_invented_versions_are_other_beyond_a_thousand_a_day() -> None:
    encoder = Encoder()

    def versions(at: int) -> list[str]:
        asked = [one(at=at + n, about=About(RuleType.FILE, Kind.FILE, "tool", f"1.{n}")) for n in range(1500)]
        return [
            each["version"]
            for group in range(0, 1500, 500)
            for each in sources(asked[group : group + 500], encoder)[0]["requests"]
        ]

    first = versions(NOON)
    assert first.count("other") == 500
    assert first[:1000] == [f"1.{n}" for n in range(1000)]
    assert versions(NOON + DAY).count("other") == 500, "each day anew"


def test_DL9_an_agent_is_cut_and_unknown_bytes_are_replaced() -> None:
    assert sources([one(agent=b"\xff" * 5000)])[0]["agent"] == "\ufffd" * 4096
    assert sources([one(agent=b"")])[0]["agent"] == ""
    assert sources([one(agent=None)])[0]["agent"] is None


@pytest.mark.parametrize("kept", [b"bytes=0-", b"bytes=500-", b"Bytes=0-0, -1", b"bytes=0-99,\t200-", b"bytes="])
def test_DL9_a_range_of_bytes_is_as_it_came(kept: bytes) -> None:
    assert request(range=kept)["range"] == kept.decode()


@pytest.mark.parametrize(
    "other", [b"items=0-5", b"bytes=192.0.2.1", b"bytes=token", b"token", b"", b"bytes=0-\xff", b"bytes 0-1"]
)
def test_DL9_what_is_no_range_of_bytes_is_ignored_and_may_be_anything(other: bytes) -> None:
    assert request(range=other)["range"] is None


def test_methods_are_a_closed_set_and_a_range_is_cut() -> None:
    assert [request(method=method)["method"] for method in (b"GET", b"PUT", b"PROPFIND", b"SEARCH")] == [
        "GET", "PUT", "other", "other",
    ]  # fmt: skip
    assert request(range=b"bytes=" + b"9" * 5000)["range"] == "bytes=" + "9" * 194


def test_a_path_that_was_no_text_is_an_event_all_the_same() -> None:
    assert request(about=About(RuleType.FILE, Kind.FILE, "a", "1", None, "x\udcff"))["file"] == "x?"


@given(st.lists(st.integers(0, 2**52), min_size=1, max_size=50))
def test_any_time_is_read_as_it_was_written(times: list[int]) -> None:
    read = sources([one(at=at) for at in times])
    assert [each["at"] for each in read[0]["requests"]] == times


def test_an_encoder_remembers_nothing_wrong_from_one_request_to_the_next() -> None:
    encoder = Encoder()
    variants = [
        one(status=status, size=size, conditional=conditional, method=method)
        for status in (200, 302)
        for size in (0, 1, None)
        for conditional in (False, True)
        for method in (b"GET", b"HEAD")
    ]
    for _ in range(2):
        read = sources(variants, encoder)[0]["requests"]
        assert [(each["status"], each["bytes"], each["conditional"], each["method"]) for each in read] == [
            (each.status, each.size, each.conditional, each.method.decode()) for each in variants
        ]
