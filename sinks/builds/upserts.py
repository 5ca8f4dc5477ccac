"""The statements whose column lists stand once, in `rows` and `shape`, filled in."""

from functools import cache

from headcount.postgres import sql, template
from sinks.builds.rows import BUILD_COLUMNS, BUILD_KEY, LATEST_COLUMNS, LATEST_KEY
from sinks.builds.shape import Columns
from sinks.statements import statement


@cache
def upserts() -> dict[str, sql.Composed]:
    """Give the statements by name."""
    return {
        "insert_builds": _filled("insert_builds", BUILD_COLUMNS, BUILD_KEY, "new_builds"),
        "replace_builds": _filled("replace_builds", BUILD_COLUMNS, BUILD_KEY, "new_builds"),
        "read_latest": _filled("read_latest", LATEST_COLUMNS, LATEST_KEY, "excluded"),
        "read_latest_of_projects": _filled("read_latest_of_projects", LATEST_COLUMNS, LATEST_KEY, "excluded"),
        "write_latest": _filled("write_latest", LATEST_COLUMNS, LATEST_KEY, "excluded"),
    }


def _filled(name: str, columns: Columns, key: tuple[str, ...], source: str) -> sql.Composed:
    def assignment(column: str) -> sql.Composed:
        return sql.SQL("{} = {}").format(sql.Identifier(column), sql.Identifier(source, column))

    same = (sql.SQL("kept.{0} = {1}.{0}").format(sql.Identifier(column), sql.Identifier(source)) for column in key)
    return template(statement(name)).format(
        columns=sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns),
        key=sql.SQL(", ").join(sql.Identifier(column) for column in key),
        assignments=sql.SQL(", ").join(assignment(column) for column, _ in columns if column not in key),
        same_key=sql.SQL(" AND ").join(same),
    )
