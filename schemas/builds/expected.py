"""When a datum or a field of a build event is expected (builds.md M2): only what is expected and not there is a loss.

Two tables, by collector and by field. Whatever is not expected counts nowhere, so each rule says when the datum has to be
there, and none of them looks at the datum itself: a collector that breaks must not take its expectation along.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from schemas.builds.latest import KNOWLEDGE, PARTS

Record = dict[str, Any]

BEFORE_THE_CONTAINER: Final = frozenset({"clone", "config", "environment"})
"""Stages of a failure at which there is nobody to ask yet."""

DEBIAN_LIKE: Final = frozenset({"debian", "ubuntu", "linuxmint", "raspbian", "kali"})
CONDA_PYTHONS: Final = ("miniconda", "miniforge", "mambaforge", "mamba", "micromamba", "conda")
"""How `build.tools.python` begins where it is a conda distribution."""

DOC_TOOLS: Final = frozenset({"sphinx", "mkdocs"})
PINS: Final = frozenset({"pinned", "prefix", "range"})

_UNTOLD: Final[Record] = {"status": "missing", "error": None, "truncated": False}


@dataclass(slots=True)
class Facts:
    """What several rules ask of one event. `collector(NAME)` gives a result, `missing` where none was told."""

    event: Record
    reached: bool = field(init=False)
    """The build came as far as a living container; what a dead one leaves unknown is no loss (L4)."""

    def __post_init__(self) -> None:
        build = self.event["build"]
        failure = build["failure"]
        self.reached = build["status"] == "normal" and (failure is None or failure["stage"] not in BEFORE_THE_CONTAINER)

    def collector(self, name: str) -> Record:
        """Give how a collector fared."""
        result: Record = self.event["collectors"].get(name, _UNTOLD)
        return result

    def status(self, name: str) -> str:
        """Give a collector's status."""
        return str(self.collector(name)["status"])

    def in_conda(self) -> bool:
        """Say whether it is a conda environment: conda was asked, or the config asks for one."""
        result = self.collector("conda_all")
        if result["status"] in ("ok", "timeout") or (
            result["status"] == "error" and result["error"] != "container_gone"
        ):
            return True
        return result["status"] != "empty" and self.reached and _asks_for_conda(self.event["config"]["final"])

    def on_debian(self) -> bool:
        """Say whether the system has dpkg, as far as is known."""
        return self.event["os"]["id"] is None or self.event["os"]["id"] in DEBIAN_LIKE


Rule = Callable[[Facts], bool]


def _asks_for_conda(final: str | None) -> bool:
    try:
        config = json.loads(final or "null")
    except ValueError:
        return False
    if not isinstance(config, Mapping):
        return False
    if config.get("conda"):
        return True
    tools = _mapping(_mapping(config.get("build")).get("tools"))
    python = tools.get("python")
    python = python.get("version") if isinstance(python, Mapping) else python
    return isinstance(python, str) and python.startswith(CONDA_PYTHONS)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _reached(facts: Facts) -> bool:
    return facts.reached


def _from_config(facts: Facts) -> bool:
    """C7 reads what `config.final` names; without that, its lack is the loss."""
    return facts.reached and facts.status("config_final") == "ok"


COLLECTORS: Final[Mapping[str, Rule]] = {
    "config_user": lambda facts: facts.status("config_user") not in ("empty", "missing"),  # a file was found
    "config_final": _reached,
    "pip_declared": _from_config,
    "pip_root": lambda facts: facts.status("pip_all") == "ok",
    "pip_all": _reached,
    "conda_all": Facts.in_conda,
    "apt_declared": _from_config,
    "apt_all": lambda facts: facts.reached and facts.on_debian(),
    "python": _reached,
    "os": _reached,
    "doctool": _reached,
}
"""By collector: when its knowledge is expected."""

assert COLLECTORS.keys() == set(PARTS)


def is_known(result: Record) -> bool:
    """Say whether a collector's result is knowledge (T3): `ok` or `empty`, and not cut."""
    return result["status"] in KNOWLEDGE and not result["truncated"]


def _always(_facts: Facts) -> bool:
    return True


@cache
def _of(collector: str) -> Rule:
    """A field of a datum: expected where the datum is, unless it was asked and there is none."""
    rule = COLLECTORS[collector]
    return lambda facts: facts.status(collector) != "empty" and rule(facts)


def _failed(facts: Facts) -> bool:
    build = facts.event["build"]
    return build["status"] == "normal" and not build["success"]


def _uses_doc_tool(facts: Facts) -> bool:
    return facts.reached and facts.event["doctool"]["name"] in DOC_TOOLS


def _declares(constraints: frozenset[str]) -> Rule:
    return lambda facts: any(row["constraint"] in constraints for row in facts.event["packages"]["pip"]["declared"])


def _asked_of_apt(facts: Facts) -> bool:
    return facts.status("apt_all") == "ok" and bool(facts.event["packages"]["apt"]["declared"])


def _has_collectors(facts: Facts) -> bool:
    return bool(facts.event["collectors"])


def _some_collector(status: str) -> Rule:
    return lambda facts: any(result["status"] == status for result in facts.event["collectors"].values())


GIVEN: Final = None
"""The host's own to give or not: expected where it is there. That it stops coming shows against the days before."""

FIELDS: Final[Mapping[str, Rule | None]] = {
    "event_id": _always,
    "kind": _always,
    "organization.id": GIVEN,
    "organization.slug": GIVEN,
    "project.id": _always,
    "project.slug": _always,
    "project.private": _always,
    "version.id": _always,
    "version.slug": _always,
    "version.kind": GIVEN,
    "version.default": _always,
    "build.id": _always,
    "build.attempt": _always,
    "build.started_at": _always,
    "build.length_seconds": lambda facts: facts.event["build"]["status"] != "lost",
    "build.status": _always,
    "build.success": _always,
    "build.commit": GIVEN,
    "build.vcs": GIVEN,
    "build.failure.stage": _failed,
    "build.failure.error": GIVEN,
    "build.flags": GIVEN,
    "image.os": GIVEN,
    "image.name": GIVEN,
    "image.digest": GIVEN,
    "config.user": _of("config_user"),
    "config.final": _of("config_final"),
    "packages.pip.declared.name": _of("pip_declared"),
    "packages.pip.declared.constraint": _of("pip_declared"),
    "packages.pip.declared.specifier": _declares(PINS),
    "packages.pip.declared.version": _declares(frozenset({"pinned"})),
    "packages.pip.declared.extras": GIVEN,
    "packages.pip.declared.conditional": _of("pip_declared"),
    "packages.pip.root.name": _of("pip_root"),
    "packages.pip.root.version": _of("pip_root"),
    "packages.pip.all.name": _of("pip_all"),
    "packages.pip.all.version": _of("pip_all"),
    "packages.conda.all.name": _of("conda_all"),
    "packages.conda.all.channel": _of("conda_all"),
    "packages.conda.all.version": _of("conda_all"),
    "packages.apt.declared.name": _of("apt_declared"),
    "packages.apt.declared.version": _asked_of_apt,
    "packages.apt.all.name": _of("apt_all"),
    "packages.apt.all.version": _of("apt_all"),
    "python.version": _of("python"),
    "python.implementation": _of("python"),
    "python.implementation_version": lambda facts: facts.event["python"]["implementation"] == "PyPy",
    "os.name": _of("os"),
    "os.version": lambda facts: facts.event["os"]["id"] == "ubuntu",  # Debian's 12 is no dotted number
    "os.id": _of("os"),
    "doctool.name": _reached,
    "doctool.version": lambda facts: _uses_doc_tool(facts) and facts.status("pip_all") == "ok",
    "doctool.extensions": _uses_doc_tool,
    "doctool.html_theme": _uses_doc_tool,
    "doctool.source": _uses_doc_tool,
    "steps.name": GIVEN,
    "steps.seconds": lambda facts: bool(facts.event["steps"]),
    "steps.exit_code": GIVEN,
    "collectors.status": _always,
    "collectors.count": _some_collector("ok"),
    "collectors.duration_ms": _has_collectors,
    "collectors.error": _some_collector("error"),
    "collectors.truncated": _has_collectors,
    "collectors.unnamed": GIVEN,
    "collectors.other_index": _has_collectors,
    "collectors.unparsed": _has_collectors,
    "collectors.dropped_keys": _has_collectors,
    "collectors.private": _has_collectors,
}
"""By field of the clean event: when a value is expected. A field of rows has one where any row has."""
