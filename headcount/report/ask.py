"""Asks the views as the reader role. The only I/O of the report beside writing its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, Final

from headcount import postgres
from headcount.errors import HeadcountError, SettingError
from headcount.settings import Settings, variable
from headcount.up.state import StateDir

Row = Mapping[str, Any]
Rows = Sequence[Row]

PACKAGES: Final = 20
"""Packages of most projects that a report has."""

ALWAYS: Final = ("sphinx", "mkdocs")
"""Packages that every report has, however few projects have them."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: after `since`, up to `until`; one project or all; for others' eyes or the operator's own."""

    since: datetime
    until: datetime
    project: str | None = None
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """The rows of each query, as sql/ and the functions there name and describe them. None is of a private project."""

    versions: Rows
    packages: Rows
    config_keys: Rows
    weekly: Rows
    """A row a kind, week and value; none for a report on one project."""
    latest: Rows
    failing: Rows
    collectors: Rows
    ledger: Row
    private_projects: int
    """Active projects that are left out."""


def reader_dsn(settings: Settings) -> str:
    """Give the reader role's DSN: the one that is set, else the local stack's. Raises SettingError."""
    if settings.database.reader is not None:
        return settings.database.reader.value
    local = StateDir(settings.process.state_dir).read_stack().get("database")
    if local:
        return str(local)
    raise SettingError(
        "no database is named for the reader role, and no local stack runs",
        where=variable("database_reader"),
        do="set it to postgresql://headcount_reader:PASSWORD@HOST:PORT/DATABASE, or start one with `headcount up`",
    )


def ask(dsn: str, scope: Scope) -> Answers:
    """Run all queries on one snapshot. Raises HeadcountError where Postgres is away, too old, or takes too long."""
    values: dict[str, Any] = {
        "since": scope.since,
        "until": scope.until,
        "project": scope.project,
        "packages": PACKAGES,
        "always": list(ALWAYS),
    }
    try:
        with postgres.connect(dsn, application="headcount report") as connection, postgres.translated():
            connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

            def rows(name: str) -> list[dict[str, Any]]:
                text = (files("headcount.report") / "sql" / f"{name}.sql").read_bytes()
                cursor = connection.cursor(row_factory=postgres.dict_row)
                return cursor.execute(text, values).fetchall()

            packages = rows("packages")
            values["names"] = sorted({row["name"] for row in packages})
            return Answers(
                versions=rows("versions"),
                packages=packages,
                config_keys=rows("config_keys"),
                weekly=[*rows("weekly"), *rows("packages_weekly")] if scope.project is None else (),
                latest=rows("latest"),
                failing=rows("failing"),
                collectors=rows("collectors"),
                ledger=rows("ledger")[0],
                private_projects=rows("private_projects")[0]["projects"],
            )
    except postgres.errors.QueryCanceled as error:
        raise HeadcountError(
            "the answers took longer than the reader role may", where="the database", do="give a later --from"
        ) from error
    except postgres.LostError as error:
        raise HeadcountError(
            f"Postgres cannot answer now: {error}",
            where="the database",
            do="run it again when `headcount status` is well",
        ) from error
