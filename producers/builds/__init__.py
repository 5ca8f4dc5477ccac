"""A build in its container → one event on the raw builds topic.

Comes in: a host's calls and what its runner answers. Goes out: one `build_finished` record per attempt, to a Publisher.
Promises: no call raises or outlasts its bound, whatever the runner does; the build's output and exit code stay as they
are; a datum that could not be read says so in `collectors`; importing this starts nothing and reads no environment.
"""

from producers.builds.event import Ref
from producers.builds.retirement import retire_project, retire_version
from producers.builds.runner import ENVIRONMENT, CommandResult, ContainerGoneError
from producers.builds.telemetry import BuildTelemetry

__all__ = [
    "ENVIRONMENT",
    "BuildTelemetry",
    "CommandResult",
    "ContainerGoneError",
    "Ref",
    "retire_project",
    "retire_version",
]
