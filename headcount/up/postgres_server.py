"""PostgreSQL as a child process on one folder and one port, loopback and passwords only.

The cluster is made under another name, with its roles and its database, before it listens anywhere; the rename at the
end makes it real, so a kill in the middle leaves nothing half made.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

from headcount.errors import HeadcountError, UnavailableError
from headcount.up import postgres_binaries, probe
from headcount.up.child import Child, Command, last_lines
from headcount.up.ports import HOST
from headcount.up.state import explain_os_error

DATABASE = "headcount"
MAJOR_VERSION = "18"

READY_SECONDS = 60.0
"""Bounds a start that replays the log after a kill -9; an ordinary one takes half a second."""

KILL_SECONDS = 5.0

INITDB = (
    *("--username", "postgres", "--encoding", "UTF8", "--auth", "reject", "--no-instructions"),
    # Sorts the same on every system, whatever locales it has.
    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
)

HBA = f"host all all {HOST}/32 scram-sha-256\n"
"""Nobody gets in without a password, and nobody from elsewhere."""


def grants(database: str) -> list[str]:
    """Who may enter a database: its owner, and our two other roles. What they may read there is said by the
    migrations."""
    return [
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;',
        f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO headcount_sink;',
        f'GRANT CONNECT ON DATABASE "{database}" TO headcount_reader;',
    ]


def bootstrap_sql(passwords: Mapping[str, str]) -> str:
    """Roles and the database, one statement a line, as single-user mode reads it. The passwords have no quotes in
    them."""
    lines = [f"ALTER ROLE postgres PASSWORD '{passwords['postgres']}';"]
    lines += [
        f"CREATE ROLE {role} LOGIN PASSWORD '{passwords[role]}';"
        for role in ("headcount_owner", "headcount_sink", "headcount_reader")
    ]
    lines += [
        "ALTER ROLE headcount_reader SET statement_timeout = '60s';",
        f"CREATE DATABASE {DATABASE} OWNER headcount_owner;",
    ]
    return "\n".join([*lines, *grants(DATABASE)]) + "\n"


class PostgresServer:
    """One cluster on one folder and one port."""

    def __init__(self, folder: Path, *, port: int, passwords: Mapping[str, str], cache: Path, log: Path) -> None:
        self.folder = folder
        self.port = port
        self.passwords = passwords
        self.cache = cache
        self.log = log
        self.user = postgres_binaries.run_as()
        self.child: Child | None = None
        self._binaries: Path | None = None

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """A libpq URL for `owner`, `sink`, `reader`, or `postgres` (the superuser)."""
        name = role if role == "postgres" else f"headcount_{role}"
        return f"postgresql://{name}:{self.passwords[name]}@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Run it and return when it takes connections."""
        self.launch()
        self.wait_ready()

    def launch(self) -> Child:
        """Make the cluster where there is none, and run it."""
        self.prepare()
        self.child = Child.start(self.command())
        return self.child

    def prepare(self) -> None:
        """Make the cluster where there is none, and clear what a kill -9 left."""
        self._binaries = postgres_binaries.find_binaries(user=self.user, cache=self.cache)
        try:
            if not self.folder.exists():
                self._make_cluster()
            found = (self.folder / "PG_VERSION").read_text(encoding="ascii").strip()
            if (self.folder / "postmaster.pid").exists():
                self._clear_after_kill()
        except OSError as error:
            raise explain_os_error(error, self.folder) from error
        if found != MAJOR_VERSION:
            raise HeadcountError(
                f"this database was written by PostgreSQL {found}, and this headcount brings {MAJOR_VERSION}",
                where=str(self.folder),
                do="export what you need with the headcount that wrote it, then give another --state-dir",
            )

    def command(self) -> Command:
        """How to run it, after `prepare`."""
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "100",
        }
        return Command(
            name="postgres",
            argv=[
                *self._program("postgres"),
                *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
            ],
            environment=self._environment(),
            log=self.log,
            folder=self.folder,
            user=self.user,
            stop_signal=signal.SIGINT,  # "fast": rolls back what is open, and does not wait for clients to leave
            orphan_signal=signal.SIGINT,
        )

    def wait_ready(self) -> None:
        """Return when it takes connections; say what its log says if it ended instead."""
        child = self.child
        assert child is not None
        answered = probe.wait_until(lambda: not child.is_alive or self.is_ready(), READY_SECONDS)
        if not child.is_alive or not answered:
            how = (
                f"takes no connections after {READY_SECONDS:.0f} s"
                if child.is_alive
                else f"ended with {child.process.returncode}"
            )
            self.kill()
            raise UnavailableError(
                f"PostgreSQL {how}:\n{last_lines(self.log)}",
                where=str(self.log),
                do="see the lines above, and run `headcount doctor`",
            )

    def is_ready(self) -> bool:
        """Whether it takes connections: what it writes itself into its pid file, which is how pg_ctl knows."""
        try:
            lines = (self.folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return (
            len(lines) >= 8
            and lines[7].strip() == "ready"
            and self.child is not None
            and lines[0] == str(self.child.pid)
        )

    def stop(self) -> None:
        """Stop it in order: open transactions roll back, and everything committed is on disk."""
        if self.child is not None:
            self.child.stop()

    def kill(self) -> None:
        """kill -9, of the whole server."""
        if self.child is not None:
            self.child.kill()

    def _program(self, name: str, *mode: str) -> list[str]:
        assert self._binaries is not None
        # Every program below runs with the cluster's folder as its working directory, and calls it so: the
        # unprivileged user may own a folder that it could not walk to, as in root's home.
        return [str(self._binaries / name), *mode, "-D", "." if self.user is None else "/proc/self/cwd"]

    def _environment(self) -> dict[str, str]:
        # The PG… variables of the user are meant for other servers.
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def _clear_after_kill(self) -> None:
        """End backends that outlived their server, which a new one would refuse to start beside; forget its pid.

        We hold the lock of the state and have ended its server, so the pid file names nobody, or a stranger.
        """
        for process in psutil.process_iter(["name"]):
            with contextlib.suppress(psutil.Error):
                if process.info["name"] == "postgres" and process.cwd() == str(self.folder):
                    process.kill()
                    process.wait(KILL_SECONDS)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _make_cluster(self) -> None:
        fresh = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self.user is not None:
            shutil.chown(fresh, self.user)
        self._run([*self._program("initdb"), *INITDB], fresh)
        self._run([*self._program("postgres", "--single"), "postgres"], fresh, bootstrap_sql(self.passwords))
        (fresh / "pg_hba.conf").write_text(HBA, encoding="ascii")
        fresh.rename(self.folder)

    def _run(self, argv: list[str], folder: Path, text: str = "") -> None:
        answer = subprocess.run(
            argv,
            cwd=folder,
            user=self.user,
            env=self._environment(),
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        # Single-user mode ends with 0 even where a statement failed.
        if answer.returncode != 0 or "ERROR:" in answer.stderr or "FATAL:" in answer.stderr:
            raise UnavailableError(
                f"PostgreSQL's cluster could not be made:\n{answer.stderr[-2000:]}",
                where=str(folder),
                do="see the lines above, and run `headcount doctor`",
            )
