"""The one place that talks to Postgres: connections, what may be tried again, binary COPY.

What the server says is sorted into three: try the transaction again, wait for the server, or these rows will never do.
Anything else is a mistake of ours and ends the process.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import Connection, Cursor, errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from headcount.errors import HeadcountError, UnavailableError

__all__ = [
    "AgainError",
    "Connection",
    "Cursor",
    "LostError",
    "UnstorableError",
    "connect",
    "copy_rows",
    "dict_row",
    "errors",
    "sql",
    "translated",
]

CONNECT_SECONDS: Final = 10
"""Bounds one try to connect; who waits for a server tries again."""

Row = Sequence[Any]

_AGAIN: Final = (
    errors.DeadlockDetected,  # 40P01: two transactions met; one goes first now
    errors.SerializationFailure,  # 40001: the same under stricter isolation
    errors.LockNotAvailable,  # 55P03: our own lock_timeout, where another holds on for too long
)
_UNSTORABLE: Final = (
    psycopg.DataError,  # class 22: NUL in text, a number or time out of range, invalid JSON
    psycopg.IntegrityError,  # class 23
    errors.ProgramLimitExceeded,  # class 54: a value that is too long for an index
    errors.StatementTooComplex,
    OverflowError,  # psycopg's own, before it reaches the server
    UnicodeEncodeError,  # a lone surrogate
)
_GONE: Final = (
    errors.IdleInTransactionSessionTimeout,  # we were stopped for too long
    errors.ReadOnlySqlTransaction,  # a failover: the old primary
    psycopg.OperationalError,  # the connection, or class 53, 57, 58: no disk, shutting down, cancelled
    psycopg.InterfaceError,  # the connection is closed
)


class AgainError(Exception):
    """The transaction was rolled back through no fault of its own: repeat it."""


class LostError(Exception):
    """The server is away or cannot work now: wait, connect anew, read the positions, go on."""


class UnstorableError(Exception):
    """Something in these rows can never be stored. The message is the server's, and holds no value."""


@contextmanager
def translated() -> Iterator[None]:
    """Sort what psycopg raises into AgainError, UnstorableError and LostError; the rest passes."""
    try:
        yield
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedColumn, errors.UndefinedFunction) as error:
        raise HeadcountError(
            f"the database does not have this version's tables: {str(error).splitlines()[0]}",
            where="the database",
            do="run `headcount migrate`",
        ) from error
    except _AGAIN as error:
        raise AgainError(type(error).__name__) from error
    except _UNSTORABLE as error:
        raise UnstorableError(_reason(error)) from error
    except _GONE as error:
        raise LostError(str(error).strip() or type(error).__name__) from error


def _reason(error: Exception) -> str:
    # Only the server's primary message: its detail quotes values.
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return f"{error.sqlstate}: {type(error).__name__}"
    return type(error).__name__


def connect(dsn: str, *, application: str, options: str = "", autocommit: bool = False) -> Connection[tuple[Any, ...]]:
    """Open a connection in UTC. Raises UnavailableError, which names host and role but no password."""
    try:
        connection = psycopg.connect(
            dsn,
            application_name=application,
            connect_timeout=CONNECT_SECONDS,
            options=f"-c timezone=UTC {options}",
            autocommit=autocommit,
        )
    except psycopg.OperationalError as error:
        raise UnavailableError(
            f"Postgres does not let us in: {str(error).strip().splitlines()[-1]}",
            where=_address(dsn),
            do="see that it runs (`headcount status`) and that the DSN is right",
        ) from error
    except psycopg.ProgrammingError as error:
        raise HeadcountError(
            "that is no DSN of Postgres",
            where="the database setting",
            do="give postgresql://user:password@host:port/database",
        ) from error
    return connection


def _address(dsn: str) -> str:
    known = conninfo_to_dict(dsn)
    return (
        f"{known.get('user', '')}@{known.get('host', 'localhost')}:{known.get('port', 5432)}/{known.get('dbname', '')}"
    )


def copy_rows(cursor: Cursor[Any], table: str, columns: Sequence[tuple[str, str]], rows: Iterable[Row]) -> None:
    """COPY BINARY rows into a table (`schema.table`, or a temporary one); `columns` are names and types, in order."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    )
    with cursor.copy(statement) as copy:
        copy.set_types([kind for _, kind in columns])
        for row in rows:
            copy.write_row(row)


def template(text: bytes) -> sql.SQL:
    """Make a template of one of our own `.sql` files; its `{names}` are filled with identifiers."""
    return sql.SQL(text.decode("utf-8"))
