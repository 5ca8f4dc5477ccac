"""Our processes under faults: each is started again at once when it ends, as a supervisor would."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path


class Kept:
    """A process that is kept running until `leave`."""

    def __init__(self, name: str, words: list[str], environ: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._words = [sys.executable, "-m", "headcount", *words]
        self._environ = {**os.environ, **environ}
        self._log = log.open("ab")
        self._leaving = False
        self.codes: list[int] = []
        self.process = self._start()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._words, env=self._environ, stdout=self._log, stderr=self._log)

    def _keep(self) -> None:
        while True:
            code = self.process.wait()
            self.codes.append(code)
            if self._leaving:
                return
            self.process = self._start()

    def kill(self) -> None:
        self.process.kill()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def leave(self) -> None:
        """SIGTERM; kill where that does not end it in time."""
        self._leaving = True
        self.process.terminate()
        self._thread.join(20)
        if self._thread.is_alive():
            self.process.kill()
            self._thread.join()
        self._log.close()
