"""Takes a project, or versions of it, out of every table in one transaction; the ledger says so in `taken_back`.

What only lists and configurations hold goes with the daily job, once nothing refers to them.
"""

import json
from collections.abc import Sequence
from typing import Any

from headcount.errors import HeadcountError
from headcount.postgres import Connection, translated
from sinks.retention.taken import add_taken
from sinks.statements import statement


def project_id_of(connection: Connection[Any], given: str) -> str:
    """Give the id of a project by its id, or else by a short name that it has or had.

    Raises HeadcountError where there is none, or several had that name.
    """
    with translated(), connection.transaction():
        found = {row[0] for row in connection.execute(statement("find_project"), {"given": given}).fetchall()}
    if given in found or _poison_rows(connection, given, None):
        return given
    if len(found) == 1:
        return str(found.pop())
    if found:
        ids = ", ".join(sorted(found))
        raise HeadcountError(
            "several projects have or had that short name", where=f"--project {given}", do=f"give one of the ids: {ids}"
        )
    raise HeadcountError(
        "there is nothing of such a project",
        where=f"--project {given}",
        do="give its id or its short name as the host sends it; `headcount query active_projects` lists both",
    )


def version_ids_of(connection: Connection[Any], project_id: str, given: str) -> list[str]:
    """Give the ids of a project's versions: the one of that id, or all that have or had that short name.

    Raises HeadcountError where there is none.
    """
    with translated(), connection.transaction():
        found = connection.execute(statement("find_versions"), {"project": project_id, "given": given}).fetchall()
    ids = sorted({row[0] for row in found})
    if given in ids or (not ids and _poison_rows(connection, project_id, [given])):
        return [given]
    if not ids:
        raise HeadcountError(
            "there is nothing of such a version",
            where=f"--version {given} of project {project_id}",
            do="give its id or its short name; `headcount query latest_builds` lists both",
        )
    return ids


def delete(connection: Connection[Any], project_id: str, version_ids: Sequence[str] | None) -> dict[str, int]:
    """Delete all of a project, or all that is of some of its versions; gives how many rows went, by table.

    Weeks name no version, so they stay unless the whole project goes. Raises AgainError (repeat it) and LostError.
    """
    words = {"project": project_id, "versions": None if version_ids is None else list(version_ids)}
    gone: dict[str, int] = {}
    with translated(), connection.transaction():
        # No sink writes latest rows until this is over: the order in which it locks rows does not matter then.
        connection.execute(statement("lock_latest"))
        for table in ("builds", "latest_builds"):
            gone[table] = connection.execute(statement(f"delete_{table}_of_project"), words).rowcount
        # Triggers took the sums of these days back; what is left of them would name the project until they are summed again.
        connection.execute(statement("delete_sums_of_project"), words)
        add_taken(connection, "taken_back", gone["builds"])
        gone["project_weeks"] = 0
        if version_ids is None:
            gone["project_weeks"] = connection.execute(statement("delete_weeks_of_project"), words).rowcount
        poison = _poison_rows(connection, project_id, version_ids)
        gone["poison_rows"] = connection.execute(statement("delete_poison"), (poison,)).rowcount
    return gone


def _poison_rows(connection: Connection[Any], project_id: str, version_ids: Sequence[str] | None) -> list[str]:
    """Find the rows whose event is of the project. Read here, as Postgres' own JSON refuses what may be in them."""
    with translated(), connection.transaction():
        rows = connection.execute(statement("poison_events")).fetchall()
    return [where for where, event in rows if _is_of(json.loads(event), project_id, version_ids)]


def _is_of(event: Any, project_id: str, version_ids: Sequence[str] | None) -> bool:
    if event["project"]["id"] != project_id:
        return False
    version = event["version"]
    return version_ids is None or (version is not None and version["id"] in version_ids)
