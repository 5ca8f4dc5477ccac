"""The build domain as the runtime sees it."""

from typing import Any

from schemas.builds.latest import join_latest, key_of, latest_of
from schemas.topics import CLEAN_BUILDS, DEAD_BUILDS, LATEST_BUILDS, RAW_BUILDS, STATE_BUILDS, TABLE_BUILDS
from streams.builds.judge import Judge, event_id, presentable
from streams.domain import Domain
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
    )


def contribution(event: Record) -> tuple[bytes, Record] | None:
    """Give the key and latest rows of a finished build; null for a build without a version, and for a retirement."""
    if event["kind"] != "build_finished" or event["version"] is None:
        return None
    return key_of(event["project"]["id"], event["version"]["id"]), latest_of(event)
