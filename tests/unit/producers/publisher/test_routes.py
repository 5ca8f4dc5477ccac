"""L7: which partitions an event goes to, and that each copy is in its line's account."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from producers.builds import Ref, retire_project, retire_version
from producers.publisher import Publisher
from producers.publisher.batch import Batch
from schemas.codec import decode
from schemas.routes import partitions_of, source_of_build
from schemas.topics import PARTITIONS, RAW_BUILDS, partition_of
from tests.build_events import event

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("source", ["207", "207/9013", "", "anything"])
def test_L7_a_version_is_retired_where_its_builds_are(source: str) -> None:
    record = retire_version(project=Ref(207, "kiln"), version=Ref(9013, "latest"), at=AT)
    assert partitions_of(RAW_BUILDS, record, source) == (partition_of(source_of_build("207", "9013")),)


def test_L7_a_project_is_retired_everywhere_and_a_build_goes_to_its_source() -> None:
    record = retire_project(project=Ref(207, "kiln"), at=AT)
    assert partitions_of(RAW_BUILDS, record, "207") == tuple(range(PARTITIONS))
    assert partitions_of(RAW_BUILDS, event(1), "p1/1") == (partition_of("p1/1"),)


@pytest.mark.parametrize("change", [{"version": None}, {"project": None}, {"kind": None}])
def test_L7_what_names_no_version_goes_to_its_source(change: dict[str, Any]) -> None:
    record = retire_version(project=Ref(207, "kiln"), version=Ref(9013, "latest"), at=AT) | change
    assert partitions_of(RAW_BUILDS, record, "x") == (partition_of("x"),)


def test_L7_the_retirement_of_a_project_is_handed_over_once_a_partition(tmp_path: Path) -> None:
    publisher = Publisher("127.0.0.1:1", spool_dir=tmp_path)  # no Kafka: all of it is in the spool
    assert publisher.publish(RAW_BUILDS, retire_project(project=Ref(207, "kiln"), at=AT), source="207")
    publisher.close(0.2)
    batches = [Batch.from_bytes(path.read_bytes()) for path in tmp_path.glob("*/*.batch")]
    assert sorted(batch.partition for batch in batches) == list(range(PARTITIONS))
    heads = [batch.head for batch in batches]
    assert {(head.seq, head.count, head.handed_over, head.dropped) for head in heads} == {(0, 1, 1, 0)}
    assert len({head.producer_id for head in heads}) == PARTITIONS
    events = [decode(RAW_BUILDS, batch.value)["events"] for batch in batches]
    assert {(len(one), one[0]["kind"]) for one in events} == {(1, "project_retired")}
