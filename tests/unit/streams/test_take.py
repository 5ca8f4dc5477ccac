"""Takes: every event of every raw record ends once, in the account, and nothing changes before the commit."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.batches import Head
from schemas.codec import decode
from schemas.topics import LATEST_BUILDS, RAW_BUILDS
from streams.builds.domain import builds
from streams.domain import Domain
from streams.form import FormWatch
from streams.scrub.names import load
from streams.state import KEPT_US, Position, State
from streams.take import RawRecord
from tests.build_events import event
from tests.unit.streams.partition import NOW, PRODUCER, Partition, as_read, cleans, letters, out, record

Record = dict[str, Any]


@pytest.fixture(scope="module")
def domain() -> Domain:
    return builds(load())


def test_one_raw_record_gives_one_clean_record_with_its_account(domain: Domain) -> None:
    partition = Partition(domain)
    bad = event(3) | {"project": None}
    take = partition.decide(record(0, [event(1), event(2), event(1), bad]))
    (clean,) = cleans(take)
    account = clean["account"]
    assert (clean["raw_offset"], clean["cluster_id"], clean["topic_id"]) == (0, "cluster", "topic")
    assert (account["received"], account["accepted"], account["duplicate_event"]) == (4, 2, 1)
    assert account["refused"] == {"project": 1}
    assert [one["build"]["id"] for one in clean["events"]] == ["1", "2"]
    assert partition.state.position == Position(0, "cluster", "topic"), "nothing is state before the commit"
    assert take.draft.position.next_offset == 1


def test_an_aborted_take_leaves_nothing_behind(domain: Domain) -> None:
    partition = Partition(domain)
    partition.decide(record(0, [event(1)]))
    (clean,) = cleans(partition.commit(partition.decide(record(0, [event(1)]))))
    assert clean["account"]["accepted"] == 1
    (clean,) = cleans(partition.commit(partition.decide(record(1, [event(1)]))))
    assert clean["account"]["duplicate_event"] == 1


def test_B37_the_event_three_times_is_accepted_once(domain: Domain) -> None:
    partition = Partition(domain)
    take = partition.decide(record(0, [event(1)]), record(1, [event(1)]), record(2, [event(1)], seq=0))
    accounts = [clean["account"] for clean in cleans(take)]
    assert [account["accepted"] for account in accounts] == [1, 0, 0]
    assert accounts[1]["duplicate_event"] == 1
    assert accounts[2]["duplicate_batch"] == 1


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"project": None}, "project", "project.id"),
        ({"project": {"id": "", "slug": "x"}}, "project", "project.id"),
        ({"build": None}, "build", "build.id"),
        ({"event_id": "x"}, "event_id", "event_id"),
        ({"event_id": None}, "event_id", "event_id"),
        ({"kind": "surprise"}, "kind", "kind"),
    ],
)
def test_B2_an_event_without_what_is_required_is_refused_by_name(
    domain: Domain, change: Record, reason: str, detail: str
) -> None:
    (letter,) = letters(Partition(domain).decide(record(0, [event(1) | change])))
    assert (letter["reason"], letter["detail"]) == (reason, detail)
    assert letter["position"] == f"{RAW_BUILDS.name}:3:0:0"
    assert json.loads(letter["event"])["build"] is None or "slug" in (
        json.loads(letter["event"])["project"] or {"slug"}
    )


@pytest.mark.parametrize(
    ("started_at", "reason"),
    [
        ("2026-03-02T10:00:00", "started_at"),
        ("yesterday", "started_at"),
        (None, "started_at"),
        ("2126-03-02T10:00:00Z", "started_at_ahead"),
    ],
)
def test_B5_a_start_without_zone_or_ahead_is_refused(domain: Domain, started_at: str | None, reason: str) -> None:
    (letter,) = letters(Partition(domain).decide(record(0, [event(1, started_at=started_at)])))
    assert letter["reason"] == reason
    assert "yesterday" not in letter["event"]


def test_B5_a_start_is_an_instant(domain: Domain) -> None:
    take = Partition(domain).decide(
        record(0, [event(1, started_at="2026-03-02T10:00:00+02:00"), event(2, started_at="2026-03-02T08:00:00Z")])
    )
    first, second = cleans(take)[0]["events"]
    assert first["build"]["started_at"] == second["build"]["started_at"] == 1_772_438_400_000_000


def test_B49_what_is_no_duration_spoils_no_sum(domain: Domain) -> None:
    lasted = [float("nan"), float("inf"), -float("inf"), -1.0, 1.7e308, 0.0, 31.2]
    steps = [{"name": "install", "seconds": seconds, "exit_code": None} for seconds in lasted]
    take = Partition(domain).decide(record(0, [event(1) | {"steps": steps}, event(2, length_seconds=-5)]))
    first, second = cleans(take)[0]["events"]
    assert [step["seconds"] for step in first["steps"]] == [0.0, 31.2]
    assert second["build"]["length_seconds"] is None


@pytest.mark.parametrize("text", ['{"version": NaN}', '{"version": 2', "[" * 5000 + "]" * 5000, "", '"\\ud800"x'])
def test_K1_a_part_that_is_no_json_is_not_known(domain: Domain, text: str) -> None:
    """Null and `ok` would count its project among those that have no file."""
    take = Partition(domain).decide(record(0, [event(1) | {"config": {"user": text, "final": '{"version": 2}'}}]))
    (clean,) = cleans(take)[0]["events"]
    results = {name: clean["collectors"][name] for name in ("config_user", "config_final")}
    assert clean["config"] == {"user": None, "final": '{"version":2}'}
    assert {name: (each["status"], each["error"]) for name, each in results.items()} == {
        "config_user": ("error", "unparseable"),
        "config_final": ("ok", None),
    }
    (latest,) = out(take).values()
    assert latest is not None
    assert latest["latest"]["parts"]["config_user"] is None


def test_K1_no_file_stays_known(domain: Domain) -> None:
    take = Partition(domain).decide(record(0, [event(1) | {"config": {"user": "null", "final": None}}]))
    (clean,) = cleans(take)[0]["events"]
    assert [clean["collectors"][name]["status"] for name in ("config_user", "config_final")] == ["ok", "ok"]


def test_a_body_that_does_not_decode_is_accounted_for_by_its_headers(domain: Domain) -> None:
    partition = Partition(domain)
    whole = record(0, [event(1), event(2)])
    broken = RawRecord(0, NOW, whole.headers, whole.value[:-9])
    take = partition.commit(partition.decide(broken))
    (clean,), (letter,) = cleans(take), letters(take)
    assert clean["account"]["refused"] == {"undecodable": 2}
    assert (letter["events"], letter["event"], letter["producer_id"]) == (2, None, PRODUCER)
    (clean,) = cleans(partition.decide(RawRecord(1, NOW, whole.headers, whole.value)))
    assert clean["account"]["accepted"] == 2, "a good copy of it is not a repetition"


def test_an_unknown_schema_id_is_named(domain: Domain) -> None:
    good = record(0, [event(1)])
    (letter,) = letters(Partition(domain).decide(RawRecord(0, NOW, [], b"\0\0\0\x27\x0f" + good.value[5:])))
    assert (letter["reason"], letter["detail"]) == ("unknown_schema", "9999")


def test_a_record_over_the_limit_is_refused_whole(domain: Domain) -> None:
    (letter,) = letters(Partition(domain).decide(record(0, [event(n) for n in range(501)])))
    assert (letter["reason"], letter["events"]) == ("too_large", 501)


def test_T6_an_event_over_its_limit_is_refused_alone(domain: Domain) -> None:
    large = event(1)
    large["steps"] = [{"name": "x" * 190, "seconds": 1.0, "exit_code": 0}] * 1050
    take = Partition(domain).decide(record(0, [event(2), large]))
    (letter,) = letters(take)
    assert (letter["reason"], letter["detail"], letter["events"]) == ("too_large", "event", 1)
    assert cleans(take)[0]["account"]["accepted"] == 1


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_garbage_is_one_dead_letter_and_never_an_exception(value: bytes) -> None:
    take = Partition(DOMAIN).decide(RawRecord(0, NOW, [("seq", value)], value))
    assert len(cleans(take)) == 1
    assert [letter["events"] for letter in letters(take)] == [1]


DOMAIN = builds(load())


def test_latest_rows_go_out_once_per_key_and_take(domain: Domain) -> None:
    partition = Partition(domain)
    take = partition.decide(record(0, [event(n, project="p", success=True) for n in (1, 3, 2)]))
    (row,) = [decode(LATEST_BUILDS, out.value or b"") for out in take.out if out.topic is LATEST_BUILDS]
    assert row["latest"]["order"]["build_id"] == "3"
    assert row["successful"]["parts"]["pip_all"]["known"]["build_id"] == "3"


def test_L9_a_build_without_a_version_has_no_latest_row(domain: Domain) -> None:
    take = Partition(domain).decide(record(0, [event(1, version=None)]))
    assert not [out for out in take.out if out.topic is LATEST_BUILDS]
    assert cleans(take)[0]["account"]["accepted"] == 1


def test_ids_and_producers_are_let_go_after_48_hours(domain: Domain) -> None:
    partition = Partition(domain)
    partition.commit(partition.decide(record(0, [event(1)])))
    later = record(1, [event(1)])
    after = NOW + KEPT_US + 1
    take = partition.commit(partition.decide(RawRecord(1, after, [], later.value)))
    assert take.tally.duplicate_event == 1, "what is old is let go behind the take, not before"
    assert (b"i:0", None) in [(out.key, out.value) for out in take.out]
    take = partition.decide(RawRecord(2, after, [], record(2, [event(1)]).value))
    assert take.tally.accepted == 1


def test_state_rows_restore_the_state(domain: Domain) -> None:
    partition = Partition(domain)
    rows: dict[bytes, bytes | None] = {}
    for offset in range(4):
        take = partition.commit(
            partition.decide(record(offset, [event(offset)], seq=2 * offset, total=10 * offset + 1))
        )
        rows |= take.draft.to_rows()
    restored = State()
    for key, value in rows.items():
        restored.load(key, value)
    assert restored == partition.state


def test_100_bad_records_in_a_row_from_two_producers_pause_behind_the_last(domain: Domain) -> None:
    partition = Partition(domain)
    heads = [Head((PRODUCER, "c" * 32)[offset % 2], offset, 0, 0, 0) for offset in range(120)]
    records = [RawRecord(offset, NOW, as_read(head), b"garbage") for offset, head in enumerate(heads)]
    take = partition.decide(*records)
    assert take.draft.position == Position(100, "cluster", "topic", paused=True)
    assert len(letters(take)) == len(cleans(take)) == 100


def test_one_bad_producer_pauses_only_after_1000(domain: Domain) -> None:
    form = FormWatch()
    assert next(n for n in range(1, 1101) if form.stops(PRODUCER, True)) == 1000


def spoilt(rng: random.Random, value: Any) -> Any:
    """A copy with some values made null, empty, or absurd, of a type that the schema still takes."""
    if isinstance(value, dict):
        return {name: spoilt(rng, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [spoilt(rng, inner) for inner in value for _ in range(rng.choice((0, 1, 1, 2)))]
    if isinstance(value, str) and rng.random() < 0.1:
        return rng.choice(
            (
                "",
                "\0",
                "a" * 3000,
                "π" * 50,
                '{"a":' * 50,
                "[[[[",
                "1e999",
                "9" * 400,
                "[" * 900 + "]" * 900,
                "-",
                "::",
                "@",
                "~/",
            )
        )
    return value


def test_no_event_that_the_schema_takes_makes_a_take_fail(domain: Domain) -> None:
    rng = random.Random(4)
    nullable = ("organization", "project", "version", "build", "image", "config", "packages", "python", "os", "doctool")
    partition = Partition(domain)
    for number in range(300):
        made = spoilt(rng, event(number))
        made |= {name: None for name in nullable if rng.random() < 0.1}
        made["event_id"] = f"{number:032x}"
        made["kind"] = rng.choice(("build_finished", "version_retired", "project_retired"))
        if made["build"] is not None:
            made["build"] |= {name: None for name in ("id", "length_seconds", "commit", "vcs") if rng.random() < 0.2}
            made["build"]["started_at"] = rng.choice(
                ("0001-01-01T00:00:00Z", "2026-03-02T10:00:00+14:00", "9999-12-31T23:59:59Z")
            )
        (clean,) = cleans(partition.commit(partition.decide(record(number, [made]))))
        account = clean["account"]
        assert account["received"] == 1 == account["accepted"] + sum(account["refused"].values())


def test_L7_a_retirement_needs_no_build_id(domain: Domain) -> None:
    retired = event(1) | {"kind": "version_retired", "event_id": "1" * 32}
    retired["build"] |= {"id": None}
    take = Partition(domain).decide(record(0, [retired]))
    assert cleans(take)[0]["account"]["accepted"] == 1
    assert not take.latest
