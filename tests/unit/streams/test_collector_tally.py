"""M1: what a take counts of collectors, and that our histogram holds what the client's own would hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from headcount.metrics import BulkHistogram, Metrics
from schemas.batches import Head, encode_batch, encode_event, headers
from schemas.topics import RAW_BUILDS
from streams.builds.domain import builds
from streams.form import FormWatch
from streams.latest_rows import LatestRows
from streams.scrub.names import load
from streams.state import Draft, Position, State
from streams.take import RawRecord, Take, Taker
from tests.build_events import COLLECTORS, Record, event

NOW = 1_790_000_000_000_000
BUCKETS = (0.01, 0.1, 1.0, 60.0)


@pytest.fixture(scope="module")
def taker() -> Taker:
    domain = builds(load())
    latest = LatestRows({}, domain.retirement.group_of)
    return Taker(domain, raw_name=RAW_BUILDS.name, partition=3, latest=latest)


def take(taker: Taker, *events: Record) -> Take:
    head = Head("b" * 32, 0, len(events), len(events), 0)
    value = encode_batch(RAW_BUILDS, head, [encode_event(RAW_BUILDS, one) for one in events])
    given = [(name, text if isinstance(text, bytes) else None) for name, text in headers(head)]
    state = State(position=Position(0, "cluster", "topic"))
    assert state.position is not None
    return taker.decide([RawRecord(0, NOW, given, value)], Draft(state, state.position), FormWatch())


def with_result(number: int, collector: str, **result: object) -> Record:
    made = event(number)
    made["collectors"][collector] = {"status": "ok", "count": None, "duration_ms": 3, "error": None} | result
    return made


def test_M1_collectors_of_clean_events_are_counted_by_status(taker: Taker) -> None:
    refused = with_result(3, "pip_all", status="error") | {"project": None}
    again = with_result(1, "doctool", status="missing", duration_ms=40)
    tally = take(taker, again, again, with_result(2, "doctool", status="timeout"), refused).tally
    assert {key: n for key, n in tally.collectors.items() if key[0] == "doctool"} == {
        ("doctool", "missing"): 1,
        ("doctool", "timeout"): 1,
    }
    assert tally.collectors["pip_all", "ok"] == 2
    assert tally.collectors["pip_all", "error"] == 0
    assert sorted(tally.durations_ms["doctool"]) == [3, 40]


def test_M1_no_label_is_a_clients(taker: Taker) -> None:
    made = with_result(1, "AKIAIOSFODNN7EXAMPLE", duration_ms=1)
    made["collectors"]["python"]["status"] = "alice@example.org"
    tally = take(taker, made).tally
    assert {collector for collector, _ in tally.collectors} == set(COLLECTORS)
    assert tally.durations_ms.keys() == set(COLLECTORS)
    assert {status for collector, status in tally.collectors if collector == "python"} == {"(other)"}


@given(st.lists(st.integers(0, 60_000), max_size=50))
def test_M1_the_histogram_holds_what_the_clients_own_would(values: list[int]) -> None:
    registries = CollectorRegistry(), CollectorRegistry()
    ours = BulkHistogram("h", "doc", "collector", buckets=BUCKETS, registry=registries[0])
    theirs = Histogram("h", "doc", ["collector"], buckets=BUCKETS, registry=registries[1])
    ours.observe_ms("pip_all", values)
    for value in values:
        theirs.labels("pip_all").observe(value / 1000)

    def samples(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
        return {
            (sample.name, sample.labels.get("le", "")): round(sample.value, 6)
            for family in registry.collect()
            for sample in family.samples
            if not sample.name.endswith("_created")
        }

    if values:
        assert samples(registries[0]) == samples(registries[1])
    assert generate_latest(registries[0])


def test_M1_a_wild_duration_moves_no_sum() -> None:
    metrics = Metrics()
    metrics.collector_seconds.observe_ms("pip_all", [-5, 2**63 - 1, 20])
    text = metrics.render().decode()
    assert 'headcount_collector_duration_seconds_count{collector="pip_all"} 3.0' in text
    assert 'headcount_collector_duration_seconds_bucket{collector="pip_all",le="60.0"} 2.0' in text
    assert 'headcount_collector_duration_seconds_sum{collector="pip_all"} 60.021' in text
