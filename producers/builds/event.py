"""The event of one build attempt, typed. Lists are tuples here and lists in the record; unknown is None everywhere.

The shape is that of `schemas/` (raw builds); `record.py` gives the plain record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from producers.builds.words import BuildStatus, Constraint, Kind, Source, Status


@dataclass(frozen=True, slots=True)
class Ref:
    """An organization, a project or a version: the host's id (an integer becomes a decimal) and its short name."""

    id: str | int
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A Ref in the event."""

    id: str | None
    slug: str | None


@dataclass(frozen=True, slots=True)
class Project:
    """The project that was built."""

    id: str | None
    slug: str | None
    private: bool


@dataclass(frozen=True, slots=True)
class Version:
    """The version that was built, as it stood when the build started. `kind` is a VersionKind's word or OTHER."""

    id: str | None
    slug: str | None
    kind: str | None
    default: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """Where and how a build failed; `error` is a class name with an exit code where there is one."""

    stage: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Build:
    """The facts of one attempt. `started_at` is ISO 8601 with its zone; `length_seconds` whole seconds."""

    id: str | None
    started_at: str | None
    attempt: int = 1
    length_seconds: int | None = None
    status: str = BuildStatus.NORMAL
    success: bool = False
    commit: str | None = None
    vcs: str | None = None
    failure: Failure | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """The build image: the config's `build.os`, its name with tag, its digest."""

    os: str | None = None
    name: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Both parts as JSON text with sorted keys; None where there is none."""

    user: str | None = None
    final: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package: pip's and apt's rows. `version` is None only for an apt package that was asked in vain."""

    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class CondaPackage:
    """An installed conda package."""

    name: str
    channel: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class Requirement:
    """A declared requirement: neither its URL nor its marker's text is kept."""

    name: str
    constraint: Constraint
    specifier: str | None = None
    version: str | None = None
    extras: tuple[str, ...] = ()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class PipScopes:
    """pip's three scopes, each with a collector of its own: none stands in for another."""

    declared: tuple[Requirement, ...] = ()
    root: tuple[Package, ...] = ()
    all: tuple[Package, ...] = ()


@dataclass(frozen=True, slots=True)
class CondaScopes:
    """conda's scope."""

    all: tuple[CondaPackage, ...] = ()


@dataclass(frozen=True, slots=True)
class AptScopes:
    """apt's scopes."""

    declared: tuple[Package, ...] = ()
    all: tuple[Package, ...] = ()


@dataclass(frozen=True, slots=True)
class Packages:
    """All package lists."""

    pip: PipScopes = PipScopes()
    conda: CondaScopes = CondaScopes()
    apt: AptScopes = AptScopes()


@dataclass(frozen=True, slots=True)
class Python:
    """The interpreter of the build."""

    version: str | None = None
    implementation: str | None = None
    implementation_version: str | None = None


@dataclass(frozen=True, slots=True)
class System:
    """The operating system of the build."""

    name: str | None = None
    version: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class DocTool:
    """The documentation tool, its extensions (MkDocs: plugins) and HTML theme."""

    name: str | None = None
    version: str | None = None
    extensions: tuple[str, ...] = ()
    html_theme: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One timed step of the host."""

    name: str
    seconds: float
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class CollectorResult:
    """How one collector fared. `count` is the real number of rows, before any cut.

    `unnamed` counts requirements without a name by kind, `unparsed` rows or lines that could not be read,
    `dropped_keys` keys of rows that are not kept; `other_index`: another package index is named somewhere.
    """

    status: Status
    count: int | None = None
    duration_ms: int = 0
    error: str | None = None
    truncated: bool = False
    unnamed: Mapping[str, int] = field(default_factory=dict)
    other_index: bool = False
    unparsed: int = 0
    dropped_keys: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """One element of `events[]` in a raw record, without its `event_id`."""

    kind: Kind
    organization: Named | None
    project: Project | None
    version: Version | None
    build: Build
    image: Image = Image()
    config: Config = Config()
    packages: Packages = Packages()
    python: Python = Python()
    os: System = System()
    doctool: DocTool = DocTool()
    steps: tuple[Step, ...] = ()
    collectors: Mapping[str, CollectorResult] = field(default_factory=dict)
