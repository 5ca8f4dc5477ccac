"""All collectors of a build, each alone in its failure (B29) and bounded together (B30).

One after another, because a host's runner need not be safe in threads and because some use what others found.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from producers.builds.asking import Asker
from producers.builds.collectors.apt import collect_apt_all, declared_packages
from producers.builds.collectors.conda import CondaEnvironment, collect_conda
from producers.builds.collectors.declared import collect_declared
from producers.builds.collectors.doctool import collect_doctool, places, tool_of
from producers.builds.collectors.found import Found
from producers.builds.collectors.pip import collect_pip_all, collect_pip_root
from producers.builds.collectors.python import collect_python
from producers.builds.collectors.system import collect_system
from producers.builds.doctool_command import read_command
from producers.builds.errors import CollectorError, MissingError, NotApplicableError
from producers.builds.event import CollectorResult
from producers.builds.words import Status

TOTAL_SECONDS: Final = 60.0

CONDA_PYTHONS: Final = ("miniconda", "miniforge", "mambaforge", "mamba", "micromamba", "conda")
"""How the value of `build.tools.python` begins where it is a conda distribution."""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to ask: `python` the interpreter, `final` the merged config (None: unknown), `output` the build's
    output folder, `doctool` the host's word, `command` the build's command.
    """

    python: str = "python"
    conda: CondaEnvironment | None = None
    final: Mapping[str, Any] | None = None
    output: str | None = None
    doctool: str | None = None
    command: tuple[str, ...] = ()


@dataclass(slots=True)
class Findings:
    """Values and results by collector, as they come in; `close` keeps a collector that is given up from adding more."""

    values: dict[str, Any] = field(default_factory=dict)
    results: dict[str, CollectorResult] = field(default_factory=dict)
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, value: Any, result: CollectorResult) -> None:
        """Note one collector's end."""
        with self._lock:
            if not self._closed:
                self.results[name] = result
                if value is not None:
                    self.values[name] = value

    def close(self) -> None:
        """Take nothing more."""
        with self._lock:
            self._closed = True


Collector = Callable[[Asker, Plan, Mapping[str, Any]], Found[Any]]


def _doctool(ask: Asker, plan: Plan, found: Mapping[str, Any]) -> Found[Any]:
    tool = tool_of(plan.doctool, plan.final, plan.command)
    if tool is None:
        raise MissingError
    place = places(tool, plan.final, plan.output, read_command(plan.command))
    return collect_doctool(ask, tool, place, found.get("pip_all", ()))


def _apt_declared(_ask: Asker, plan: Plan, found: Mapping[str, Any]) -> Found[Any]:
    if plan.final is None:
        raise MissingError
    build = plan.final.get("build")
    names = build.get("apt_packages") if isinstance(build, Mapping) else None
    if not isinstance(names, list) or not names:
        raise NotApplicableError
    return declared_packages(names, found.get("apt_all", ()))


COLLECTORS: Final[Mapping[str, Collector]] = {
    "conda_all": lambda ask, plan, found: collect_conda(ask, plan.conda),
    "python": lambda ask, plan, found: collect_python(ask, plan.python, found.get("conda_all", ())),
    "os": lambda ask, plan, found: collect_system(ask, plan.python),
    "pip_all": lambda ask, plan, found: collect_pip_all(ask, plan.python),
    "pip_root": lambda ask, plan, found: collect_pip_root(ask, plan.python),
    "apt_all": lambda ask, plan, found: collect_apt_all(ask),
    "pip_declared": lambda ask, plan, found: collect_declared(ask, plan.final),
    "apt_declared": _apt_declared,
    "doctool": _doctool,
}
"""In the order of asking: a later one may use what an earlier one found."""

FIRST: Final = frozenset({"conda_all", "python", "pip_all"})
BESIDE: Final = frozenset({"os", "pip_root", "apt_all"})
"""Two lanes of equal length for a runner that is safe in threads; neither needs what the other finds."""

NAMES: Final = (*COLLECTORS, "config_user", "config_final")
"""Every datum of builds.md section 3."""


def conda_of(final: Mapping[str, Any] | None, prefix: str | None, name: str | None) -> CondaEnvironment | None:
    """Give the conda environment where the host names one or the config asks for one; else None (B18)."""
    build = (final or {}).get("build")
    tools = build.get("tools") if isinstance(build, Mapping) else None
    python = tools.get("python") if isinstance(tools, Mapping) else None
    word = str(python.get("version") if isinstance(python, Mapping) else python)
    if prefix or name or (final or {}).get("conda") or word.startswith(CONDA_PYTHONS):
        return CondaEnvironment(prefix, name)
    return None


def run_collector(call: Callable[[], Found[Any]], clock: Clock) -> tuple[Any, CollectorResult]:
    """Run one collector to its value (None: there is none) and result, whatever it raises."""
    started = clock()
    value, count, error, found = None, None, None, None
    try:
        found = call()
        value, count = found.value, found.count
        status = Status.OK if count else Status.EMPTY
    except CollectorError as failure:
        status, error = failure.status, failure.error
        count = 0 if status is Status.EMPTY else None
    except Exception as failure:  # noqa: BLE001  # the host's boundary (B28): our mistake is this collector's error
        status, error = Status.ERROR, type(failure).__name__
    took = max(round((clock() - started) * 1000), 0)
    if found is None:
        return None, CollectorResult(status, count, took, error)
    return value, CollectorResult(
        status,
        count,
        took,
        unnamed=found.unnamed,
        other_index=found.other_index,
        unparsed=found.unparsed,
        dropped_keys=found.dropped_keys,
    )


def collect_all(
    ask: Asker,
    plan: Plan,
    *,
    seconds: float,
    clock: Clock,
    at_once: bool = False,
    findings: Findings,
    collectors: Mapping[str, Collector] = COLLECTORS,
) -> None:
    """Run all collectors into `findings`, for at most `seconds`; what has not ended by then is a timeout.

    `at_once`: the runner is safe in threads, so that the slow ones need not wait for each other.
    """

    def run(names: Iterable[str]) -> None:
        for name in names:
            collect = partial(collectors[name], ask, plan, findings.values)
            findings.put(name, *run_collector(collect, clock))

    def run_all() -> None:
        beside = _thread(run, [name for name in collectors if name in BESIDE]) if at_once else None
        first = [name for name in collectors if name in FIRST]
        run(first)
        if beside is not None:
            beside.join()
        run(name for name in collectors if name not in first and (beside is None or name not in BESIDE))

    try:
        _thread(run_all).join(seconds)
    finally:  # a host may break off the waiting by a signal: what was found until then is kept
        findings.close()
        for name in collectors:
            findings.results.setdefault(name, CollectorResult(Status.TIMEOUT))


def _thread(target: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, name="headcount-collect", daemon=True)
    thread.start()
    return thread
