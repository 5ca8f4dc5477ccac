"""`headcount build` as a process, in a checkout of a test's own."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMED = ("--project", "kiln", "--version", "latest")


@dataclass(frozen=True, slots=True)
class Wrapper:
    checkout: Path
    environ: dict[str, str]
    quick: Path
    """An interpreter that answers nothing, at once: for tests that do not ask what the build was made with."""

    def argv(self, *options: str, command: tuple[str, ...], real: bool = False) -> list[str]:
        python = () if real or "--python" in options else ("--python", str(self.quick))
        return [sys.executable, "-m", "headcount", "build", *python, *options, "--", *command]

    def run(
        self, *options: str, command: tuple[str, ...], named: bool = True, real: bool = False, **environ: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.argv(*(NAMED if named else ()), *options, command=command, real=real),
            capture_output=True,
            cwd=self.checkout,
            env=self.environ | environ,
            timeout=120,
            check=False,
        )

    def event(self, *options: str, command: tuple[str, ...] = ("true",), **given: Any) -> dict[str, Any]:
        """Run with --dry-run and give the event."""
        done = self.run(*options, "--dry-run", "--json", command=command, **given)
        record: dict[str, Any] = json.loads(done.stdout)
        return record

    def write(self, name: str, text: str) -> Path:
        path = self.checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def in_terminal(self, command: tuple[str, ...], send: bytes = b"", when: bytes = b"") -> tuple[bytes, int]:
        """Run under a terminal; `send` is typed once `when` is on the screen. Gives the screen and the wait status."""
        argv = self.argv(*NAMED, "--dry-run", "--json", command=command)
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.checkout)
            os.execve(argv[0], argv, self.environ)
        screen = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # Linux' end of a terminal
                part = b""
            if not part:
                break
            screen += part
            if send and when in screen:
                os.write(terminal, send)
                send = b""
        os.close(terminal)
        return screen, os.waitpid(process, 0)[1]
