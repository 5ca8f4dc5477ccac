"""BuildTelemetry: what a builder calls around one build (builds.md section 9). No call raises or outlasts its bound."""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from producers.builds import facts
from producers.builds.asking import Asker
from producers.builds.assemble import assemble
from producers.builds.collect import TOTAL_SECONDS, Findings, Plan, collect_all, conda_of, run_collector
from producers.builds.collectors.config import config_text
from producers.builds.collectors.doctool import tool_alone, tool_of
from producers.builds.event import Build, CollectorResult, Config, Failure, Image, Project, Ref, Step, Version
from producers.builds.mask import mask_of
from producers.builds.record import Record, clean_text, plain_record
from producers.builds.runner import ReadFile, Runner
from producers.builds.words import BuildStatus, Stage, Status, VersionKind

MISSING: Final = "missing"

_LOG: Final = logging.getLogger(__name__)


class Publishes(Protocol):
    """What takes the event: `producers.publisher.Publisher`."""

    def publish(self, topic: Any, record: Record, *, source: str) -> bool:
        """Take one record of a source; False where it was dropped."""


@dataclass(slots=True)
class RunningStep:
    """A step that is going on. Set `exit_code` where the step has one of its own."""

    exit_code: int | None = None


class BuildTelemetry:
    """Collects one build attempt and hands over its event, once.

    Needed: `publisher` and `project`; `runner` runs commands in the build's container (None: there is no container).
    `build_id`: a UUID is made if none is given. `started_at`: aware; now if none is given. `secrets`: values of the
    build's environment that must not leave. `checkout`: the absolute path of the checkout, and `output` of the folder
    that the build writes, both as in the container. `python`: the interpreter to ask. `doctool`: the host's word,
    `command` the build's command where the host knows no better. `conda_prefix`, `conda_name`: of the build's conda
    environment, where the config does not say that there is one. `threadsafe`: the runner may be called by two threads
    at once, which halves the time.
    """

    def __init__(
        self,
        publisher: Publishes | None,
        *,
        project: Ref,
        version: Ref | None = None,
        organization: Ref | None = None,
        build_id: str | int | None = None,
        attempt: int = 1,
        started_at: datetime | None = None,
        runner: Runner | None = None,
        read_file: ReadFile | None = None,
        secrets: Iterable[str] = (),
        private: bool = False,
        version_kind: str | None = None,
        version_default: bool = False,
        commit: str | None = None,
        vcs: str | None = None,
        flags: Iterable[str] = (),
        image_os: str | None = None,
        image_name: str | None = None,
        image_digest: str | None = None,
        checkout: str | None = None,
        output: str | None = None,
        python: str = "python",
        doctool: str | None = None,
        command: Sequence[str] = (),
        conda_prefix: str | None = None,
        conda_name: str | None = None,
        threadsafe: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._begun = clock()
        self._runner = runner
        self._read_file = read_file
        self._at_once = threadsafe is True
        self._mask = mask_of([secrets] if isinstance(secrets, str) else facts.texts(secrets))
        self._checkout = checkout
        self._conda = (conda_prefix, conda_name)
        self._plan = Plan(
            python=facts.text(python) or "python",
            output=facts.text(output),
            doctool=facts.text(doctool),
            command=facts.texts(command),
        )
        self._organization = facts.named(organization)
        project_named, version_named = facts.named(project), facts.named(version)
        kind = facts.word(version_kind, VersionKind)
        self._project = Project(project_named.id, project_named.slug, private is True) if project_named else None
        self._version = (
            Version(version_named.id, version_named.slug, kind, version_default is True) if version_named else None
        )
        self._build = Build(
            id=facts.identity(build_id) or str(uuid.uuid4()),
            started_at=facts.instant(started_at) or facts.instant(datetime.now(UTC)),
            attempt=attempt if isinstance(attempt, int) and 0 < attempt < 1 << 31 else 1,
            commit=facts.text(commit),
            vcs=facts.text(vcs),
            flags=facts.texts(flags)[: facts.FLAGS],
        )
        self._image = Image(facts.text(image_os), facts.text(image_name), facts.text(image_digest))
        self._config = Config()
        self._failure: Failure | None = None
        self._steps: list[Step] = []
        self._findings = Findings()
        self._values: dict[str, Any] = {}
        self._results: dict[str, CollectorResult] = {}
        self._collected = False
        self._finished = False

    @contextmanager
    def step(self, name: str) -> Iterator[RunningStep]:
        """Time a step of the build, seconds. Its exit code is 0, or what was set; None when it raised."""
        begun, running = self._clock(), RunningStep()
        try:
            yield running
            running.exit_code = 0 if running.exit_code is None else running.exit_code
        finally:
            seconds = round(max(self._clock() - begun, 0.0), 3)
            code = facts.exit_code(running.exit_code)
            said = clean_text(name, self._mask) if isinstance(name, str) else None
            if said is not None and len(self._steps) < facts.STEPS:
                self._steps.append(Step(said, seconds, code))

    def config(self, *, user: Any = None, final: Any = None, error: str | None = None) -> None:
        """Give the parsed file before any default (None: there is no file) and its merge with every default.

        `error`: why there is no value though there is a file (`unparseable`), or `missing`: it was named and is not there.
        """
        with self._boundary("config"):
            reason = facts.error_word(error)
            user_text = self._part("config_user", user, Status.EMPTY, reason)
            self._config = Config(user_text, self._part("config_final", final, Status.MISSING, reason))
            merged = final if isinstance(final, Mapping) else user if isinstance(user, Mapping) else None
            self._plan = replace(self._plan, final=merged)

    def failed(self, stage: str, error: str | BaseException | None = None) -> None:
        """Say where the build failed, and with which class of error; a message is not kept."""
        with self._boundary("failed"):
            self._failure = Failure(facts.word(stage, Stage) or Stage.BUILD, facts.error_word(error))

    def collect(self, total_seconds: float = TOTAL_SECONDS) -> None:
        """Ask the container for every datum, for at most `total_seconds`. Only the first call does anything."""
        if self._collected or self._finished:
            return
        self._collected = True
        with self._boundary("collect"):
            conda = conda_of(self._plan.final, *self._conda)
            plan = replace(self._plan, conda=conda)
            ask = Asker(
                self._runner,
                self._read_file,
                python=plan.python,
                roots=[
                    root for root in (self._checkout, self._plan.output) if isinstance(root, str) and root[:1] == "/"
                ],
                deadline=self._clock() + total_seconds,
                clock=self._clock,
            )
            try:
                collect_all(
                    ask,
                    plan,
                    seconds=total_seconds,
                    clock=self._clock,
                    at_once=self._at_once,
                    findings=self._findings,
                )
            finally:
                self._values.update(self._findings.values)
                self._results.update(self._findings.results)

    def finish(
        self, *, status: str = BuildStatus.NORMAL, success: bool = False, length_seconds: float | None = None
    ) -> bool:
        """Hand the event over; a second call does nothing. True where the publisher has taken it.

        `length_seconds`: of the build, where the host knows better than the time since this object was made.
        """
        if self._finished:
            return False
        self._finished = True
        with self._boundary("finish"):
            length = facts.seconds(length_seconds)
            length = facts.seconds(self._clock() - self._begun) if length is None else length
            ended = facts.word(status, BuildStatus) or BuildStatus.NORMAL
            succeeded = success is True and ended == BuildStatus.NORMAL
            build = replace(
                self._build,
                length_seconds=None if length is None else int(length),
                status=ended,
                success=succeeded,
                failure=None if succeeded else self._failure,
            )
            event = assemble(
                organization=self._organization,
                project=self._project,
                version=self._version,
                build=build,
                image=self._image,
                config=self._config,
                final=self._plan.final,
                doctool=tool_alone(
                    tool_of(self._plan.doctool, self._plan.final, self._plan.command), self._values.get("pip_all", ())
                ),
                steps=tuple(self._steps),
                values=self._values,
                results=self._results,
            )
            return self._hand_over(plain_record(event, self._mask))
        return False

    def _hand_over(self, record: Record) -> bool:
        from schemas.routes import source_of_build
        from schemas.topics import RAW_BUILDS

        if self._publisher is None:
            return False
        project_id = self._project.id if self._project else None
        version_id = self._version.id if self._version else None
        return self._publisher.publish(RAW_BUILDS, record, source=source_of_build(project_id, version_id)) is True

    def _part(self, name: str, value: Any, absent: Status, error: str | None) -> str | None:
        if value is None:
            status = absent if error is None else Status.MISSING if error == MISSING else Status.ERROR
            reason = error if status is Status.ERROR else None
            self._results[name] = CollectorResult(status, 0 if status is Status.EMPTY else None, error=reason)
            return None
        text, self._results[name] = run_collector(lambda: config_text(value, self._mask), self._clock)
        return text if isinstance(text, str) else None

    @contextmanager
    def _boundary(self, call: str) -> Iterator[None]:
        """Keep a mistake of ours away from the host; its class is logged, no text of it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # the host's boundary (I1): no call raises
            _LOG.warning("headcount: %s was given up: %s", call, type(error).__name__)
