"""The closed sets of words of a build event. A word of a host's that is in none of them becomes OTHER."""

from enum import StrEnum
from typing import Final

OTHER: Final = "(other)"
"""Stands for a word that is not in a closed set."""


class Kind(StrEnum):
    """What an event says."""

    BUILD_FINISHED = "build_finished"
    VERSION_RETIRED = "version_retired"
    PROJECT_RETIRED = "project_retired"


class BuildStatus(StrEnum):
    """How a build ended; `success` is true only with NORMAL."""

    NORMAL = "normal"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CONFIG_INVALID = "config_invalid"
    LOST = "lost"


class Stage(StrEnum):
    """Where a build failed."""

    CLONE = "clone"
    CONFIG = "config"
    ENVIRONMENT = "environment"
    INSTALL = "install"
    BUILD = "build"
    UPLOAD = "upload"


class VersionKind(StrEnum):
    """What a version is at the host; EXTERNAL is a pull request."""

    BRANCH = "branch"
    TAG = "tag"
    EXTERNAL = "external"


class Status(StrEnum):
    """How a collector fared (builds.md T3). Only OK and EMPTY are knowledge."""

    OK = "ok"
    EMPTY = "empty"
    MISSING = "missing"
    ERROR = "error"
    TIMEOUT = "timeout"


class Constraint(StrEnum):
    """How a requirement is bound (builds.md R1-R13)."""

    PINNED = "pinned"
    PREFIX = "prefix"
    RANGE = "range"
    NONE = "none"
    URL = "url"
    VCS = "vcs"
    PATH = "path"
    INVALID = "invalid"


class DocToolName(StrEnum):
    """The documentation tools that are told apart."""

    SPHINX = "sphinx"
    MKDOCS = "mkdocs"
    GENERIC = "generic"


class Source(StrEnum):
    """Where a doc tool's extensions and theme were read: from the build's own report, or from its config file."""

    REPORT = "report"
    STATIC = "static"


class ErrorWord(StrEnum):
    """Why a collector failed, where it is no class of an exception and no exit code. `streams` lets no other word pass."""

    UNPARSEABLE = "unparseable"
    TOO_LARGE = "too_large"
    UNSAFE = "unsafe"
    NO_LIST = "no_list"
    NO_ANSWER = "no_answer"
    CONFIG_INVALID = "config_invalid"
    CONTAINER_GONE = "container_gone"
