"""Brings a database to this version's tables and views: forward only, safe to run twice and by two at once.

Files under `migrations/` run once each and never change after they have landed; those under `views/` are made anew every
time, as they hold nothing. All of it is one transaction.
"""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from headcount.postgres import Connection, Cursor, connect, errors, sql
from sinks.errors import MigrationError
from sinks.statements import statement

OWNER: Final = "headcount_owner"
SINK: Final = "headcount_sink"
READER: Final = "headcount_reader"
READER_TIMEOUT: Final = "60s"
"""No query of a reader holds a snapshot, or a core, for longer."""

_LOCK: Final = 0x68636D67
"""Advisory lock: one migration at a time ("hcmg")."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


def migrations() -> list[Migration]:
    """Read all numbered files, in order."""
    return [Migration(int(name.split("_")[0]), name, text) for name, text in _sql_files("migrations")]


def _sql_files(folder: str) -> list[tuple[str, str]]:
    entries = sorted(files("sinks").joinpath(folder).iterdir(), key=lambda entry: entry.name)
    return [(entry.name, entry.read_text(encoding="utf-8")) for entry in entries if entry.name.endswith(".sql")]


def migrate(dsn_owner: str) -> None:
    """Make roles, tables and views what this version needs.

    Raises MigrationError where the owner may not do it, or a migration that ran has changed since, or is unknown.
    """
    with connect(dsn_owner, application="headcount migrate") as connection:
        _make_roles(connection)
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            _make_schemas(cursor)
            _run_new(cursor)
            _make_views(cursor)


def _make_roles(connection: Connection[Any]) -> None:
    with connection.cursor() as cursor:
        try:
            with connection.transaction():
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                _create_missing(cursor)
            if _current_user(cursor) != OWNER:
                with connection.transaction():
                    _grant_to_owner(cursor)
                cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(OWNER)))
                connection.commit()
        except errors.InsufficientPrivilege as error:
            raise _may_not(cursor, str(error).splitlines()[0]) from error


def _current_user(cursor: Cursor[Any]) -> str:
    return str(_one(cursor, "SELECT current_user"))


def _one(cursor: Cursor[Any], query: bytes | str, parameters: tuple[Any, ...] = ()) -> Any:
    row = cursor.execute(query.encode() if isinstance(query, str) else query, parameters).fetchone()
    return None if row is None else row[0]


def _create_missing(cursor: Cursor[Any]) -> None:
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", ([OWNER, SINK, READER],))
    there = {row[0] for row in cursor.fetchall()}
    for role in (OWNER, SINK, READER):
        if role not in there:
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    if not _one(
        cursor,
        "SELECT true FROM pg_db_role_setting, unnest(setconfig) AS setting"
        " WHERE setrole = %s::regrole AND setting LIKE 'statement_timeout=%%'",
        (READER,),
    ):
        cursor.execute(
            sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(
                sql.Identifier(READER), sql.Literal(READER_TIMEOUT)
            )
        )


def _grant_to_owner(cursor: Cursor[Any]) -> None:
    database = sql.Identifier(str(_one(cursor, "SELECT current_database()")))
    cursor.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, sql.Identifier(OWNER)))
    if not _one(cursor, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))


def _may_not(cursor: Cursor[Any], said: str) -> MigrationError:
    user, database = _current_user(cursor), str(_one(cursor, "SELECT current_database()"))
    return MigrationError(
        f"the role {user} may not make headcount's roles: {said}",
        where=f"database {database}",
        do="let an administrator run, once:\n"
        + "".join(f"    CREATE ROLE {role} LOGIN PASSWORD '…';\n" for role in (OWNER, SINK, READER))
        + f"    ALTER ROLE {READER} SET statement_timeout = '{READER_TIMEOUT}';\n"
        + f'    GRANT CREATE ON DATABASE "{database}" TO {OWNER};\n'
        + f"  and give HEADCOUNT_DATABASE the DSN of {OWNER}",
    )


def _make_schemas(cursor: Cursor[Any]) -> None:
    try:
        cursor.execute(statement("schemas"))
    except errors.InsufficientPrivilege as error:
        raise _cannot_create(cursor, error) from error


def _cannot_create(cursor: Cursor[Any], error: Exception) -> MigrationError:
    return MigrationError(
        f"the tables cannot be made: {str(error).splitlines()[0]}",
        where="the database of HEADCOUNT_DATABASE",
        do=f"let its administrator run: GRANT CREATE ON DATABASE … TO {OWNER}",
    )


def _run_new(cursor: Cursor[Any]) -> None:
    cursor.execute("SELECT number, checksum FROM headcount_store.migrations")
    ran: dict[int, str] = dict(cursor.fetchall())
    known = migrations()
    newer = set(ran) - {migration.number for migration in known}
    if newer:
        raise MigrationError(
            f"the database has migrations {sorted(newer)} that this headcount does not know",
            where="headcount_store.migrations",
            do="use the headcount that made them, or a newer one",
        )
    for migration in known:
        if migration.number not in ran:
            cursor.execute(migration.text.encode("utf-8"))
            cursor.execute(
                "INSERT INTO headcount_store.migrations (number, name, checksum) VALUES (%s, %s, %s)",
                (migration.number, migration.name, migration.checksum),
            )
        elif ran[migration.number] != migration.checksum:
            raise MigrationError(
                "this migration has run here with another content",
                where=f"sinks/migrations/{migration.name}",
                do="restore the file; what changes goes into a new one",
            )


def _make_views(cursor: Cursor[Any]) -> None:
    """Drop and make all views and functions, in the order of their files, if one of them has changed."""
    views = _sql_files("views")
    checksum = hashlib.sha256("".join(text for _, text in views).encode("utf-8")).hexdigest()
    if _one(cursor, "SELECT true FROM headcount_store.views WHERE checksum = %s", (checksum,)):
        return
    _refuse_to_drop_others(cursor)
    cursor.execute(
        "DROP SCHEMA IF EXISTS headcount, headcount_inner CASCADE; CREATE SCHEMA headcount; CREATE SCHEMA headcount_inner"
    )
    for _, text in views:
        cursor.execute(text.encode("utf-8"))
    cursor.execute(statement("grants"))
    cursor.execute("DELETE FROM headcount_store.views")
    cursor.execute("INSERT INTO headcount_store.views (checksum) VALUES (%s)", (checksum,))


def _refuse_to_drop_others(cursor: Cursor[Any]) -> None:
    others = [row[0] for row in cursor.execute(statement("views_of_others")).fetchall()]
    if others:
        raise MigrationError(
            f"views of yours are made from ours, which this version changes: {', '.join(others)}",
            where="the database of HEADCOUNT_DATABASE",
            do="drop them, migrate, and make them again",
        )
