"""The SQL of this package: one statement a file under `sql/`, read once."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> bytes:
    """Give the text of `sql/<name>.sql`."""
    return files("sinks").joinpath("sql", f"{name}.sql").read_bytes()
