"""What GitHub Actions says about a build in its environment (builds.md I5). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from producers.builds.words import VersionKind


@dataclass(frozen=True, slots=True)
class Defaults:
    """What stands in for options that were not given; None where nobody says."""

    organization: str | None = None
    project: str | None = None
    version: str | None = None
    version_kind: str | None = None
    build_id: str | None = None
    attempt: int | None = None
    commit: str | None = None


def defaults_from(environ: Mapping[str, str]) -> Defaults:
    """Read the variables of GitHub Actions; without them there are no defaults."""
    owner, _, repository = environ.get("GITHUB_REPOSITORY", "").rpartition("/")
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "")
    return Defaults(
        organization=owner or None,
        project=repository or None,
        version=environ.get("GITHUB_REF_NAME") or None,
        version_kind=_version_kind(environ),
        build_id=environ.get("GITHUB_RUN_ID") or None,
        attempt=int(attempt) if attempt.isascii() and attempt.isdigit() else None,
        commit=environ.get("GITHUB_SHA") or None,
    )


def _version_kind(environ: Mapping[str, str]) -> str | None:
    if environ.get("GITHUB_REF", "").startswith("refs/pull/"):
        return VersionKind.EXTERNAL
    kind = environ.get("GITHUB_REF_TYPE")
    return kind if kind in (VersionKind.BRANCH, VersionKind.TAG) else None
