"""T1-T6, P12 and the masking of secrets: the record of an event."""

# a test is named for its row of builds.md

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.builds import BuildTelemetry, CommandResult, Ref, retire_project, retire_version
from producers.builds.collect import NAMES
from producers.builds.delivery import Outbox
from producers.builds.mask import mask_of
from producers.builds.record import EVENT_BYTES, encoded_size, event_id
from producers.builds.words import ErrorWord
from schemas.codec import encode
from schemas.topics import RAW_BUILDS
from tests.unit.producers.builds.container import Container, record_of, statuses, telemetry


def encoded(record: dict[str, Any]) -> bytes:
    batch = {"producer_id": "0" * 32, "seq": 0, "handed_over": 1, "dropped": 0, "events": [record]}
    return encode(RAW_BUILDS, batch)


def bare() -> dict[str, Any]:
    """The record of a host that says nothing and has no container."""
    outbox = Outbox()
    host = BuildTelemetry(outbox, project=Ref("1"))
    host.finish()
    assert outbox.record is not None
    return outbox.record


def shape(value: Any) -> Any:
    """Types by path; null stands for any scalar."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return "list" if isinstance(value, list) else "scalar"


def test_T1_no_type_changes_with_the_kind_of_build() -> None:
    full, empty = record_of(), bare()
    for part in ("packages", "python", "os", "doctool", "image", "steps", "build"):
        assert shape(empty[part]) == shape(full[part]), part
    assert empty["version"] is None
    assert empty["organization"] is None
    assert empty["config"] == {"user": None, "final": None}
    assert empty["build"]["failure"] is None
    assert '""' not in json.dumps(empty)


def test_T1_every_record_fits_the_contract() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    for record in (
        record_of(),
        bare(),
        retire_version(project=Ref(1, "k"), version=Ref(2, "v"), at=at),
        retire_project(project=Ref(1, "k"), at=at),
    ):
        assert encoded(record)


@pytest.mark.parametrize(("given_id", "sent"), [(207, "207"), ("207", "207"), ("acme/kiln", "acme/kiln"), (True, None)])
def test_T2_ids_are_strings(given_id: Any, sent: str | None) -> None:
    project = record_of()["project"] if given_id is None else None
    outbox = Outbox()
    BuildTelemetry(outbox, project=Ref(given_id, "kiln")).finish()
    assert outbox.record is not None
    project = outbox.record["project"]
    assert (project and project["id"]) == sent


def test_T3_one_entry_per_datum_and_missing_where_nobody_asked() -> None:
    assert set(statuses(bare())) == set(NAMES) == set(statuses(record_of()))
    assert set(statuses(bare()).values()) == {"missing"}
    assert len(NAMES) == 11


def test_T4_unknown_words_become_other() -> None:
    outbox = Outbox()
    host = telemetry(outbox, version_kind="nightly")
    host.failed("party", "Unknown Error: in /home/alice/x")
    host.finish(status="exploded")
    record = outbox.record
    assert record is not None
    assert record["version"]["kind"] == "(other)"
    assert record["build"]["status"] == "(other)"
    assert record["build"]["failure"] == {"stage": "(other)", "error": "(other)"}


def test_T5_the_id_is_the_content() -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=2)))
    first = retire_version(project=Ref(1, "k"), version=Ref(2, "v"), at=at)
    again = retire_version(project=Ref("1", "k"), version=Ref("2", "v"), at=at.astimezone(UTC))
    other = retire_version(project=Ref(1, "k"), version=Ref(3, "v"), at=at)
    assert first == again
    assert first["event_id"] != other["event_id"]
    assert len(bytes.fromhex(first["event_id"])) == 16
    assert event_id(dict(reversed(first.items()))) == first["event_id"]


def listing(count: int, length: int) -> bytes:
    return json.dumps([{"name": f"{n}" + "p" * length, "version": "1.0"} for n in range(count)]).encode()


def debian(count: int, length: int) -> bytes:
    return "".join(f"{n}{'p' * length}\t1.0\tii \n" for n in range(count)).encode()


@pytest.mark.parametrize(
    ("pip", "apt", "cut"),
    [
        (10, 800, []),
        (100, 1800, ["apt_all"]),
        (900, 900, ["apt_all"]),
        (1300, 100, ["apt_all", "pip_all"]),
    ],
)
def test_T6_a_large_event_is_cut_in_order_and_says_so(pip: int, apt: int, cut: list[str]) -> None:
    container = Container().answering(
        {
            "python -m pip list": CommandResult(0, listing(pip, 150), b""),
            "dpkg-query": CommandResult(0, debian(apt, 150), b""),
        }
    )
    record = record_of(container)
    results = record["collectors"]
    assert [name for name in ("apt_all", "conda_all", "pip_all") if results[name]["truncated"]] == cut
    assert results["apt_all"]["count"] == apt
    assert results["pip_all"]["count"] == pip
    assert len(record["packages"]["apt"]["all"]) == apt or "apt_all" in cut
    assert len(encoded(record)) <= EVENT_BYTES
    if "pip_all" in cut:
        assert record["packages"]["apt"]["all"] == []
        assert 0 < len(record["packages"]["pip"]["all"]) < pip


def test_T6_names_are_cut_at_200_characters_and_files_and_output_have_limits() -> None:
    container = Container().answering({"python -m pip list": CommandResult(0, listing(1, 300), b"")})
    record = record_of(container)
    assert len(record["packages"]["pip"]["all"][0]["name"]) == 200
    container = Container().answering({"dpkg-query": CommandResult(0, b"x" * (4 * 1024 * 1024 + 1), b"")})
    assert record_of(container)["collectors"]["apt_all"]["error"] == "too_large"


def test_T6_a_config_part_over_64_kib_is_an_error() -> None:
    record = record_of(config={"build": {"commands": ["x" * 65536]}})
    assert record["config"]["final"] is None
    assert record["collectors"]["config_final"]["error"] == "too_large"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(), max_size=20), st.text(), st.text())
def test_P12_T6_any_text_passes_and_the_size_is_an_upper_bound(texts: list[str], slug: str, flag: str) -> None:
    outbox = Outbox()
    host = BuildTelemetry(
        outbox, project=Ref("1", slug + "\0\ud800"), version=Ref("v" + slug, slug), flags=[flag, *texts], commit=slug
    )
    host.config(user=dict.fromkeys(texts, texts), final={"\ud800\0": ["\udfff"]})
    with host.step(slug + "\ud800x"):
        pass
    assert host.finish(success=True)
    assert outbox.record is not None
    sent = encoded(outbox.record)
    assert len(sent) <= encoded_size(outbox.record) + 200
    assert "\0" not in json.dumps(outbox.record, ensure_ascii=False).replace("\\u0000", "\0")


SECRET = "S3cr.et_Value/with+blank x"


def test_P1_to_P12_secrets_are_masked_before_anything_leaves() -> None:
    name = "TopSecret.Token_9"
    container = Container().answering(
        {
            "python -m pip list": CommandResult(0, json.dumps([{"name": name, "version": "1.0"}]).encode(), b""),
            "lsb_release --description": CommandResult(0, f"Description:\tUbuntu {SECRET}\n".encode(), b""),
            "dpkg-query": CommandResult(0, b"graphviz\t1.0+hunter2222\tii \n", b""),
        }
    )
    outbox = Outbox()
    host = telemetry(
        outbox, container, secrets=[SECRET, name, "hunter2222", "", "1"], flags=[SECRET], commit="hunter2222"
    )
    host.config(user={SECRET: [f"curl -u x:{SECRET}", "S3cr.et_Value%2Fwith%2Bblank%20x"]}, final={"a": SECRET.upper()})
    host.failed("build", "hunter2222")
    with host.step(f"run {SECRET}"):
        pass
    host.collect()
    host.finish()
    text = json.dumps(outbox.record, ensure_ascii=False).lower()
    for trace in ("s3cr", "hunter2222", "topsecret", "token-9"):
        assert trace not in text
    assert "<secret>" in text
    assert outbox.record is not None
    assert outbox.record["packages"]["apt"]["all"] == [{"name": "graphviz", "version": "1.0+<secret>"}]


def test_a_many_lined_secret_is_masked_line_by_line() -> None:
    mask = mask_of(["-----BEGIN-----\nAbCdEfGhIj\nKlMnOpQrSt\n-----END-----"])
    assert mask("x AbCdEfGhIj y") == "x <secret> y"


@pytest.mark.parametrize(
    ("given_time", "sent"),
    [
        (datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=2))), "2026-03-02T08:00:00.000000Z"),
        (datetime(2026, 3, 2, 10, 0, 0, 250000, tzinfo=UTC), "2026-03-02T10:00:00.250000Z"),
        (datetime(2026, 3, 2, 10), "2026-03-02T10:00:00.000000"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-2))), "9999-12-31T23:59:59.999999-02:00"),
    ],
)
def test_B5_started_at_is_an_instant(given_time: datetime, sent: str) -> None:
    assert record_of(started_at=given_time)["build"]["started_at"] == sent


def test_B6_length_is_whole_seconds_by_a_monotonic_clock() -> None:
    times = iter([100.0, 90_100.9])
    outbox = Outbox()
    BuildTelemetry(outbox, project=Ref(1), clock=lambda: next(times)).finish()
    assert outbox.record is not None
    assert outbox.record["build"]["length_seconds"] == 90_000
    outbox = Outbox()
    BuildTelemetry(outbox, project=Ref(1)).finish(length_seconds=-3)
    assert outbox.record is not None
    assert outbox.record["build"]["length_seconds"] == 0


@pytest.mark.parametrize("length", [math.inf, -math.inf, math.nan, 1e30, 10**400, True, "94"])
def test_B6_a_length_that_is_none_costs_no_event(length: Any) -> None:
    times = iter([100.0, 194.9])
    outbox = Outbox()
    assert BuildTelemetry(outbox, project=Ref(1), clock=lambda: next(times)).finish(length_seconds=length)
    assert outbox.record is not None
    assert encoded(outbox.record)
    assert outbox.record["build"]["length_seconds"] == 94


def test_B1_B2_B3_B4_identities() -> None:
    outbox = Outbox()
    BuildTelemetry(outbox, project=Ref(207, "kiln"), organization=Ref(41, "pottery")).finish()
    record = outbox.record
    assert record is not None
    assert record["organization"] == {"id": "41", "slug": "pottery"}
    assert record["project"] == {"id": "207", "slug": "kiln", "private": False}
    assert record["version"] is None
    assert outbox.source == "207/None"
    assert record["build"]["id"] != bare()["build"]["id"]


def test_B7_success_only_with_normal() -> None:
    for status, expected in (("normal", True), ("cancelled", False), ("timed_out", False)):
        outbox = Outbox()
        telemetry(outbox).finish(status=status, success=True)
        assert outbox.record is not None
        assert outbox.record["build"]["success"] is expected


def test_B49_steps_in_order_and_none_is_a_list() -> None:
    outbox = Outbox()
    host = telemetry(outbox)
    with host.step("install"):
        pass
    with host.step("install") as running:
        running.exit_code = 3
    with pytest.raises(ZeroDivisionError), host.step("build"):
        raise ZeroDivisionError
    host.finish()
    assert outbox.record is not None
    assert [(step["name"], step["exit_code"]) for step in outbox.record["steps"]] == [
        ("install", 0),
        ("install", 3),
        ("build", None),
    ]
    assert bare()["steps"] == []


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (0, 0),
        (-9, -9),
        (3221225477, -1073741819),
        (2**31 - 1, 2**31 - 1),
        (2**32, None),
        (-(2**31) - 1, None),
        (True, None),
    ],
)
def test_B49_a_step_may_end_with_any_code(code: Any, sent: int | None) -> None:
    outbox = Outbox()
    host = telemetry(outbox)
    with host.step("install") as running:
        running.exit_code = code
    host.finish()
    assert outbox.record is not None
    assert encoded(outbox.record)
    assert outbox.record["steps"][0]["exit_code"] == sent


def test_B50_a_build_that_ends_before_its_container_has_an_event() -> None:
    outbox = Outbox()
    host = BuildTelemetry(outbox, project=Ref(207, "kiln"))
    host.config(user={"version": 2, "nonsense": True})
    host.failed("config", "unknown_key")
    host.finish(status="config_invalid")
    record = outbox.record
    assert record is not None
    assert json.loads(record["config"]["user"]) == {"nonsense": True, "version": 2}
    assert record["build"]["failure"] == {"stage": "config", "error": "unknown_key"}
    assert {name for name, status in statuses(record).items() if status != "missing"} == {"config_user"}


def test_B10_no_file_is_null_and_an_empty_one_is_an_object() -> None:
    outbox = Outbox()
    host = telemetry(outbox)
    host.config(user=None, final={"version": 2})
    host.finish()
    assert outbox.record is not None
    assert outbox.record["config"]["user"] is None
    assert statuses(outbox.record)["config_user"] == "empty"
    assert record_of()["config"]["user"] == "{}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": {1, 2}}, {"a": b"x"}, {"a": object()}])
def test_K1_what_is_no_json_makes_the_part_unparseable(value: Any) -> None:
    record = record_of(config={"x": value})
    assert record["config"]["final"] is None
    assert record["collectors"]["config_final"]["error"] == "unparseable"


def test_K1_K2_a_part_is_json_with_sorted_keys_and_dates_as_text() -> None:
    record = record_of(config={"b": datetime(2026, 3, 2).date(), "a": {2: [1, 2.0, "2", None, True]}})
    assert record["config"]["final"] == '{"a":{"2":[1,2.0,"2",null,true]},"b":"2026-03-02"}'


def test_L7_a_retirement_is_the_same_record_with_a_time() -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    record = retire_version(project=Ref(207, "kiln"), version=Ref(9013, "latest"), at=at)
    assert record["kind"] == "version_retired"
    assert record["build"]["id"] is None
    assert record["build"]["started_at"] == "2026-03-02T10:00:00.000000Z"
    assert record["version"]["id"] == "9013"
    whole = retire_project(project=Ref(207, "kiln"), at=at)
    assert whole["kind"] == "project_retired"
    assert whole["version"] is None


def test_P10_streams_know_every_word_of_a_failed_collector() -> None:
    from streams.scrub.words import ERRORS

    assert {str(word) for word in ErrorWord} <= ERRORS
