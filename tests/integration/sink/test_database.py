"""The database itself: comments, privacy classes, what each role may do, migrations that run once."""

import re
from typing import Any

import pytest

from headcount.postgres import connect, errors
from sinks.builds.rows import BUILD_COLUMNS, LATEST_COLUMNS
from sinks.errors import MigrationError
from sinks.migrate import migrate, migrations
from sinks.query import ask, known_queries
from sinks.writer import Writer
from tests.integration.sink.conftest import Rows
from tests.integration.sink.records import build_event, clean_record
from tests.integration.sink.writing import Partition
from tests.stack import Database, Stack

COLUMNS = """
SELECT relname, attname, coalesce(col_description(attrelid, attnum), '')
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT relname, NULL, coalesce(obj_description(oid, 'pg_class'), '')
FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p', 'v')
"""
CLASS = re.compile(r"\[(keep|drop|hash|coarsen|scrub)\]$")


@pytest.fixture
def filled(db: Database) -> Database:
    writer = Writer(db.sink)
    Partition(writer).apply(clean_record(0, [build_event("1")]))
    writer.close()
    return db


def test_B40_every_table_and_column_has_a_comment_with_its_privacy_class(filled: Database, rows: Rows) -> None:
    found = rows(COLUMNS, "headcount_store", "headcount_store")
    assert len(found) > 200
    assert [(table, column) for table, column, comment in found if not CLASS.search(comment)] == []


def test_B39_every_view_and_its_columns_have_a_comment_and_each_view_a_question(filled: Database, rows: Rows) -> None:
    found = rows(COLUMNS, "headcount", "headcount")
    assert [(view, column) for view, column, comment in found if not comment] == []
    assert [view for view, column, comment in found if column is None and "?" not in comment] == []


def test_the_columns_of_the_tables_are_those_that_the_writer_knows(rows: Rows) -> None:
    shape = (
        "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    )
    names = {
        "bool": "boolean",
        "int2": "smallint",
        "int4": "integer",
        "int8": "bigint",
        "timestamptz": "timestamp with time zone",
    }
    names |= {"bool[]": "boolean[]", "int4[]": "integer[]", "int8[]": "bigint[]", "float8[]": "double precision[]"}
    for table, columns in (("builds", BUILD_COLUMNS), ("latest_builds", LATEST_COLUMNS)):
        known = {(name, names.get(kind, kind)) for name, kind in columns}
        assert set(rows(shape, f"headcount_store.{table}")) == known


def test_B34_the_reader_reads_every_view(filled: Database) -> None:
    with connect(filled.reader, application="test") as connection:
        known = known_queries(connection)
        for name, query in known.items():
            if query.is_view:
                assert ask(connection, name, {}).columns
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM headcount_store.builds",
        "SELECT * FROM headcount_store.package_list_items",
        "SELECT * FROM headcount_inner.version_packages",
        "SELECT headcount_inner.version_values('1 day', now())",
        "INSERT INTO headcount.project_flags (project_id, flag) VALUES ('p', 'spam')",
        "DELETE FROM headcount.latest_builds",
        "CREATE TABLE headcount.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "SELECT headcount_store.ensure_builds_month('2020-01-01')",
    ],
)
def test_B34_the_reader_writes_nothing_and_reads_no_table(filled: Database, statement: str) -> None:
    with connect(filled.reader, application="test") as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_the_sink_makes_no_tables_and_drops_none(filled: Database) -> None:
    for statement in (
        b"DROP TABLE headcount_store.builds",
        b"CREATE TABLE headcount_store.mine (a int)",
        b"DELETE FROM headcount_store.migrations",
    ):
        with connect(filled.sink, application="test") as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


def test_B42_the_operator_flags_a_project_and_it_is_gone_from_counts_at_once(filled: Database, rows: Rows) -> None:
    count = "SELECT coalesce(sum(projects), 0) FROM headcount.python_projects('10 years')"
    assert rows.one(count) == 1
    rows("INSERT INTO headcount.project_flags (project_id, flag) VALUES ('p1', 'spam')")
    assert rows.one(count) == 0
    rows("DELETE FROM headcount.project_flags")
    assert rows.one(count) == 1


def test_migrating_twice_changes_nothing(db: Database, rows: Rows) -> None:
    before = (
        rows("SELECT number, checksum, ran_at FROM headcount_store.migrations"),
        rows("SELECT made_at FROM headcount_store.views"),
    )
    migrate(db.owner)
    assert before == (
        rows("SELECT number, checksum, ran_at FROM headcount_store.migrations"),
        rows("SELECT made_at FROM headcount_store.views"),
    )
    assert [number for number, *_ in before[0]] == [migration.number for migration in migrations()]


def test_a_migration_that_changed_after_it_ran_is_refused(db: Database, rows: Rows) -> None:
    rows("UPDATE headcount_store.migrations SET checksum = 'other' WHERE number = 2")
    with pytest.raises(MigrationError, match="another content"):
        migrate(db.owner)


def test_a_database_of_a_newer_headcount_is_refused(db: Database, rows: Rows) -> None:
    rows("INSERT INTO headcount_store.migrations (number, name, checksum) VALUES (9999, 'x', 'x')")
    with pytest.raises(MigrationError, match="does not know"):
        migrate(db.owner)


def test_views_of_others_are_never_dropped_silently(db: Database, rows: Rows) -> None:
    rows("CREATE SCHEMA theirs; CREATE VIEW theirs.pythons AS SELECT * FROM headcount.python_projects")
    rows("UPDATE headcount_store.views SET checksum = 'older'")
    with pytest.raises(MigrationError, match=r"theirs\.pythons"):
        migrate(db.owner)
    assert rows("SELECT * FROM theirs.pythons") == []


def test_an_owner_who_may_not_make_roles_is_told_what_to_do(stack: Stack, database: Database) -> None:
    admin = stack.postgres.dsn("postgres", database.owner.rpartition("/")[2])
    with connect(admin, application="test", autocommit=True) as connection:
        connection.execute("CREATE ROLE nobody_special LOGIN PASSWORD 'x'")
        try:
            connection.execute("GRANT CONNECT ON DATABASE " + database.owner.rpartition("/")[2] + " TO nobody_special")
            dsn = admin.replace(admin.split("//")[1].split("@")[0], "nobody_special:x")
            with pytest.raises(MigrationError, match="may not make") as raised:
                migrate(dsn)
            assert "GRANT CREATE ON DATABASE" in raised.value.do
        finally:
            connection.execute("DROP OWNED BY nobody_special; DROP ROLE nobody_special")


def test_an_administrator_may_migrate_as_well_and_the_owner_role_owns_all(stack: Stack, database: Database) -> None:
    migrate(stack.postgres.dsn("postgres", database.owner.rpartition("/")[2]))
    migrate(database.owner)
    with connect(database.owner, application="test") as connection:
        owners: Any = connection.execute(
            "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace = 'headcount_store'::regnamespace"
        ).fetchall()
    assert owners == [("headcount_owner",)]
