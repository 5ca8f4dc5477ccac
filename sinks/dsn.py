"""Which database a command talks to: the setting of its role, else the local stack's."""

from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from headcount.errors import SettingError
from headcount.settings import Settings, variable
from headcount.up.state import StateDir


class Role(StrEnum):
    """A role of the database, by the name of its field in the settings."""

    OWNER = "owner"
    SINK = "sink"
    READER = "reader"


_SETTING: Final = {Role.OWNER: "database", Role.SINK: "database_sink", Role.READER: "database_reader"}


def dsn_of(settings: Settings, role: Role) -> str:
    """Give the DSN of a role. Raises SettingError where nothing names a database for it."""
    given = {
        Role.OWNER: settings.database.owner,
        Role.SINK: settings.database.sink,
        Role.READER: settings.database.reader,
    }
    chosen = given[role]
    if chosen is not None:
        return chosen.value
    if not any(given.values()):
        local = _local(settings, role)
        if local is not None:
            return local
    raise SettingError(
        f"no database is named for the {role.value} role",
        where=variable(_SETTING[role]),
        do=f"set it to postgresql://headcount_{role.value}:PASSWORD@HOST:PORT/DATABASE, or start one with `headcount up`",
    )


def _local(settings: Settings, role: Role) -> str | None:
    state = StateDir(settings.process.state_dir)
    reader = state.read_stack().get("database")
    if not reader:
        return None
    name = f"headcount_{role.value}"
    where = urlsplit(reader)
    return f"postgresql://{name}:{state.secrets()[name]}@{where.hostname}:{where.port}{where.path}"
