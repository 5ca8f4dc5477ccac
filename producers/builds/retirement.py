"""Retirement of a version or a project (builds.md L7): the only event that removes latest rows."""

from datetime import datetime

from producers.builds.event import Build, Event, Project, Ref, Version
from producers.builds.facts import identity, instant, named, text
from producers.builds.mask import mask_of
from producers.builds.record import Record, plain_record
from producers.builds.words import Kind


def retire_version(*, project: Ref, version: Ref, at: datetime, organization: Ref | None = None) -> Record:
    """Give the record that retires a version as of `at` (aware), to be published as a build's is."""
    return _record(Kind.VERSION_RETIRED, project, version, at, organization)


def retire_project(*, project: Ref, at: datetime, organization: Ref | None = None) -> Record:
    """Give the record that retires all versions of a project as of `at` (aware)."""
    return _record(Kind.PROJECT_RETIRED, project, None, at, organization)


def _record(kind: Kind, project: Ref, version: Ref | None, at: datetime, organization: Ref | None) -> Record:
    event = Event(
        kind=kind,
        organization=named(organization),
        project=Project(identity(project.id), text(project.slug), private=False),
        version=Version(identity(version.id), text(version.slug), None, default=False) if version else None,
        build=Build(id=None, started_at=instant(at)),
    )
    return plain_record(event, mask_of(()))
