"""Which partitions of a raw topic an event goes to: that of its source, and for some events another, or all."""

from collections.abc import Mapping
from typing import Any

from schemas.builds.retirement import PROJECT_RETIRED, VERSION_RETIRED
from schemas.topics import RAW_BUILDS, Topic, partition_of


def source_of_build(project_id: str | None, version_id: str | None) -> str:
    """Give the source of a version's builds: all of them, and its retirement, meet on one partition."""
    return f"{project_id}/{version_id}"


def partitions_of(topic: Topic, event: Mapping[str, Any], source: str) -> tuple[int, ...]:
    """Give the partitions that get the event, each a copy.

    The versions of a project lie on all partitions, so its retirement goes to each of them. That of a version goes where
    its builds are, whatever `source` says.
    """
    if topic == RAW_BUILDS:
        match event.get("kind"), event.get("project"), event.get("version"):
            case [kind, _, _] if kind == PROJECT_RETIRED:
                return tuple(range(topic.partitions))
            case [kind, {"id": project_id}, {"id": version_id}] if kind == VERSION_RETIRED:
                return (partition_of(source_of_build(project_id, version_id)),)
    return (partition_of(source),)
