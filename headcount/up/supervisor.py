"""`headcount up`: starts the servers, prepares them, runs our processes, and stands by until it is asked to stop.

Whatever happens it writes `stack.json` first and leaves no process behind: what it started it stops, our processes
before the servers.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from headcount.errors import HeadcountError, UnavailableError
from headcount.settings import Settings
from headcount.up import identity, jars, probe
from headcount.up.child import Child, Command, last_lines
from headcount.up.interrupts import Interrupts, StopAskedError
from headcount.up.plan import Plan, make_plan
from headcount.up.prepare import STEPS
from headcount.up.processes import PROCESSES, OurProcess
from headcount.up.restarts import Restarts
from headcount.up.state import StateDir, explain_os_error
from headcount.up.supervised import Supervised

TICK_SECONDS = 0.2
PREPARE_SECONDS = 120.0
READY_SECONDS = 60.0
"""For our processes. One that has a backlog to work off is not ready for longer, and is left to it."""

DEATHS_AT_START = 3
"""A process that dies so often before it was ready will not become so by itself."""

LEAST_FREE_BYTES = 256 * 1024 * 1024


class Supervisor:
    """One run of the stack on one state directory, whose lock the caller holds."""

    def __init__(
        self,
        state: StateDir,
        loaded: Settings,
        environ: Mapping[str, str],
        *,
        cache: Path,
        kafka_port: int | None,
        postgres_port: int | None,
        tell: Callable[[str], None],
        say: Callable[[str], None],
    ) -> None:
        self._state = state
        self._tell = tell  # progress: for a person who waits
        self._say = say  # what happened: for the log
        self._interrupts = Interrupts()
        self._servers: list[Supervised] = []
        self._ours: list[Supervised] = []
        self._steps: list[Child] = []
        last = state.read_stack()
        end_leftovers(last)
        self._plan = make_plan(
            state,
            loaded,
            environ,
            cache=cache,
            last_ports=last.get("ports", {}),
            kafka_port=kafka_port,
            postgres_port=postgres_port,
        )
        self._stack: dict[str, Any] = {
            **identity.mark(os.getpid()),
            "state": "starting",
            "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "kafka": self._plan.bootstrap,
            "database": self._plan.reader,
            "ports": {**last.get("ports", {}), **self._plan.ports},
        }

    def run(self, on_ready: Callable[[Plan, list[str]], None]) -> None:
        """Run until a signal asks to stop. `on_ready` is told which processes are still not ready, usually none.

        Raises HeadcountError where the start fails; everything is stopped by then.
        """
        self._interrupts.install()
        failure: HeadcountError | None = None
        try:
            self._start_servers()
            self._prepare()
            self._start_ours()
            unready = self._wait_ready()
            self._write(state="ready", phase=None)
            on_ready(self._plan, unready)
            while True:
                time.sleep(TICK_SECONDS)
                self._tend()
        except StopAskedError:
            pass
        except HeadcountError as error:
            failure = error
        except OSError as error:
            failure = explain_os_error(error, self._state.root)
        finally:
            self._stop(failure)
        if failure is not None:
            raise failure

    def _start_servers(self) -> None:
        kafka, postgres = self._plan.kafka, self._plan.postgres
        check_space(self._state.root)
        if kafka is not None:
            jars.fetch_jars(kafka.jars, self._phase)
        self._phase("starting Kafka and PostgreSQL")
        servers = {"kafka": kafka, "postgres": postgres}
        for name, server in servers.items():
            if server is not None:
                self._start(self._servers, Supervised(name, server.launch, server.is_ready))
        for server in servers.values():
            if server is not None:
                server.wait_ready()
        self._tend()

    def _prepare(self) -> None:
        self._phase("preparing topics and tables")
        self._state.make_gateway_manifest()
        for step in STEPS:
            with self._interrupts.held():
                self._steps.append(Child.start(self._step_command(step)))
        deadline = time.monotonic() + PREPARE_SECONDS
        for child in self._steps:
            try:
                status = child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                status = -1
            if status != 0:
                raise _step_failure(child.command, status)

    def _step_command(self, step: str) -> Command:
        log = self._state.logs / f"prepare-{step}.log"
        argv = [sys.executable, "-m", "headcount.up.prepare", step]
        return Command(f"prepare-{step}", argv, self._plan.environment, log)

    def _start_ours(self) -> None:
        self._phase("starting " + ", ".join(process.name for process in PROCESSES))
        for process in PROCESSES:
            url = self._plan.metrics_url(process.name)
            restarts = Restarts()
            launch = partial(self._launch_ours, process, restarts)
            self._start(self._ours, Supervised(process.name, launch, partial(_is_ready, url), url, restarts=restarts))

    def _launch_ours(self, process: OurProcess, restarts: Restarts) -> Child:
        return Child.start(self._our_command(process, restarts.count))

    def _our_command(self, process: OurProcess, restarts: int) -> Command:
        told = {"HEADCOUNT_METRICS_PORT": str(self._plan.ports[process.name]), "HEADCOUNT_RESTARTS": str(restarts)}
        environment = {**self._plan.environment, **told}
        return Command(process.name, process.argv, environment, self._state.logs / f"{process.name}.log")

    def _wait_ready(self) -> list[str]:
        """Wait for our processes; returns those that work but are not ready in time. Raises for one that keeps
        dying."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            self._tend()
            unready = [one.name for one in self._ours if not one.is_ready]
            for one in self._ours:
                if not one.is_ready and one.restarts.count >= DEATHS_AT_START:
                    raise _keeps_dying(one)
            if not unready or time.monotonic() > deadline:
                return unready
            time.sleep(probe.POLL_SECONDS)

    def _tend(self) -> None:
        changed = False
        for one in (*self._servers, *self._ours):
            with self._interrupts.held():
                changed |= one.tend(self._say)
        if changed:
            self._write()

    def _start(self, among: list[Supervised], one: Supervised) -> None:
        with self._interrupts.held():
            among.append(one)
            one.start()
            self._write()

    def _stop(self, failure: HeadcountError | None) -> None:
        self._interrupts.ignore_from_now_on()
        with contextlib.suppress(OSError):  # a full disk keeps nothing running
            self._phase("stopping", **({} if failure else {"state": "stopping"}))
        for child in self._steps:
            child.kill()
        _stop_all([*reversed(self._ours)])
        _stop_all(self._servers)
        parts = None if failure is None else {"what": failure.what, "where": failure.where, "do": failure.do}
        with contextlib.suppress(OSError):
            self._write(state="failed" if failure else "stopped", phase=None, error=parts)

    def _phase(self, text: str, **more: Any) -> None:
        self._tell(text)
        self._write(phase=text, **more)

    def _write(self, **more: Any) -> None:
        self._stack.update(more, unready=[one.name for one in self._ours if not one.is_ready])
        processes = {one.name: one.record() for one in (*self._servers, *self._ours)}
        self._state.write_stack({**self._stack, "processes": processes})


def end_leftovers(stack: Mapping[str, Any]) -> list[str]:
    """End what a killed supervisor left running; returns their names. Ours first, then the servers."""
    processes: dict[str, Any] = stack.get("processes", {})
    return [name for name in reversed(processes) if identity.end(processes[name])]


def check_space(folder: Path) -> None:
    """Refuse to start on a disk that is about to be full: neither server says so in one line."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise UnavailableError(
            f"the disk is full: {free // 2**20} MiB are free, {LEAST_FREE_BYTES // 2**20} MiB are needed to start",
            where=str(folder),
            do="free some space, or give a --state-dir on another disk",
        )


def _is_ready(url: str) -> bool:
    return probe.http_status(f"{url}/readyz")[0] == 200


def _stop_all(supervised: list[Supervised]) -> None:
    children = [one.child for one in supervised if one.child is not None]
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()


def _keeps_dying(supervised: Supervised) -> HeadcountError:
    assert supervised.child is not None
    log = supervised.child.command.log
    return HeadcountError(
        f"{supervised.name} died {supervised.restarts.count} times while starting:\n{last_lines(log)}",
        where=str(log),
        do="see the lines above, and run `headcount doctor`",
    )


def _step_failure(command: Command, status: int) -> HeadcountError:
    said = last_lines(command.log, 1)
    try:
        return HeadcountError(**json.loads(said))
    except (ValueError, TypeError):
        how = "took too long" if status == -1 else "failed"
        return HeadcountError(
            f"{command.name.replace('-', ': ')} {how}:\n{last_lines(command.log)}",
            where=str(command.log),
            do="see the lines above, and run `headcount doctor`",
        )
