"""How builds lie on the disk: slim, typed, by month, and lists not once a build."""

from collections.abc import Iterator

import pytest

from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import DAY, SECOND, T0, build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database

APT = tuple((f"package-of-the-system-{n}", f"1:{n}.4.2-{n}ubuntu0.1") for n in range(712))
"""As many as a small Debian 12 has (S1)."""

BYTES_A_BUILD = 4_000
"""With its share of all indexes, weeks and latest rows. 10 400 builds a day × 180 days are 7.5 GB then; apt alone would be
34 GB if each build had its list."""

SIZE = """
SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
WHERE relnamespace = 'headcount_store'::regnamespace AND relkind = 'r'
"""


@pytest.fixture
def partition(db: Database) -> Iterator[Partition]:
    writer = Writer(db.sink)
    yield Partition(writer)
    writer.close()


def builds(offset: int) -> list[dict[str, object]]:
    """A thousand builds of a hundred projects on one image, with ten different environments of Python."""
    return [
        build_event(
            f"{offset}-{n}",
            project=f"p{n % 100}",
            started_at=T0 + (offset * 1000 + n) * SECOND,
            apt=APT,
            pip=tuple((f"package-{k}", f"{n % 10}.{k}") for k in range(60)),
        )
        for n in range(1000)
    ]


def test_S1_a_build_takes_a_few_kilobytes_whatever_its_image_has(partition: Partition, rows: Rows) -> None:
    partition.apply(clean_record(0, builds(0)))
    before = rows.one(SIZE)
    for offset in (1, 2):
        partition.apply(clean_record(offset, builds(offset)))
    assert rows.one("SELECT count(*) FROM headcount_store.builds") == 3000
    assert (rows.one(SIZE) - before) / 2000 < BYTES_A_BUILD


def test_S2_builds_are_typed_and_name_what_is_large_by_its_hash(partition: Partition, rows: Rows) -> None:
    kinds = dict(
        rows(
            "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = 'headcount_store.builds'::regclass AND attnum > 0 AND NOT attisdropped"
        )
    )
    assert not {"json", "jsonb"} & set(kinds.values())
    assert {name for name, kind in kinds.items() if kind == "bytea"} == {
        f"{part}_hash" for part in ("config_user", "config_final", "pip_all", "conda_all", "apt_all")
    }
    assert (kinds["started_at"], kinds["length_seconds"], kinds["success"]) == (
        "timestamp with time zone",
        "bigint",
        "boolean",
    )
    partition.apply(clean_record(0, builds(0)[:20]))
    assert rows.one("SELECT max(pg_column_size(builds)) FROM headcount_store.builds") < 1_200


def test_S2_builds_lie_by_month_of_their_start_utc(partition: Partition, rows: Rows) -> None:
    first_of_march = T0 - DAY - 10 * 3600 * SECOND
    events = [build_event("last", started_at=first_of_march - 1), build_event("first", started_at=first_of_march)]
    partition.apply(clean_record(0, events))
    found = rows("SELECT build_id, tableoid::regclass::text FROM headcount_store.builds ORDER BY started_at")
    assert found == [("last", "headcount_store.builds_2026_02"), ("first", "headcount_store.builds_2026_03")]
