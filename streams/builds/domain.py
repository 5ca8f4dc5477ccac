"""The build domain as the runtime sees it."""

from typing import Any

from schemas.builds.latest import join_latest, key_of, latest_of
from schemas.builds.retirement import Mark, mark_of, prune_latest, scope_of, stale
from schemas.topics import CLEAN_BUILDS, DEAD_BUILDS, LATEST_BUILDS, RAW_BUILDS, STATE_BUILDS, TABLE_BUILDS
from streams.builds.judge import Judge, event_id, presentable
from streams.domain import Domain, Retirement
from streams.scrub.names import Names

Record = dict[str, Any]


def builds(names: Names) -> Domain:
    """Make the build domain over one set of public names."""
    judge = Judge(names)
    return Domain(
        raw=RAW_BUILDS,
        clean=CLEAN_BUILDS,
        latest=LATEST_BUILDS,
        state=STATE_BUILDS,
        dead=DEAD_BUILDS,
        table=TABLE_BUILDS,
        event_id=event_id,
        accept=judge.accept,
        show=lambda event: presentable(event, judge.scrub(event)),
        contribution=contribution,
        join=join_latest,
        retirement=Retirement(of=retired, group_of=project_key, prune=prune_latest, stale=stale),
    )


def contribution(event: Record) -> tuple[bytes, Record] | None:
    """Give the key and latest rows of a finished build; null for a build without a version, and for a retirement."""
    if event["kind"] != "build_finished" or event["version"] is None:
        return None
    return key_of(event["project"]["id"], event["version"]["id"]), latest_of(event)


def retired(event: Record) -> tuple[bytes, Mark] | None:
    """Give what a retirement concerns, as the key of a version or of a project, and its mark; null for a build."""
    scope = scope_of(event)
    if scope is None:
        return None
    project_id, version_id = scope
    key = key_of(project_id, version_id or "")
    return (key if version_id is not None else project_key(key)), mark_of(event)


def project_key(key: bytes) -> bytes:
    """Give the key of a version's project: a JSON array of its id and null. A project's own stays as it is."""
    # Within a JSON string a quote is escaped, so a comma before a quote separates.
    project, separator, _ = key.partition(b',"')
    return project + b",null]" if separator else key
