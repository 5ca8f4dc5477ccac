"""Our processes as a test starts them: with their log in a file, and ended whatever happens."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headcount.settings import KafkaSettings
from tests.kafka_topics import eventually
from tests.stack import Database

TREE = Path(__file__).parents[1]


class Running:
    """A process of ours and what it logged."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    def lines(self) -> list[dict[str, Any]]:
        """Its log lines; what is no JSON is under `text`."""
        found = []
        for line in self._log.read_text(errors="replace").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                found.append({"event": "", "text": line})
        return found

    def said(self, event: str, *, seconds: float = 40.0) -> list[dict[str, Any]]:
        """Wait for a log line of this event; gives all of them."""
        return eventually(
            lambda: [line for line in self.lines() if event in line["event"]], is_right=bool, seconds=seconds
        )

    def ready(self, *, seconds: float = 40.0) -> str:
        """Wait until /readyz answers ok; gives its last answer."""
        return eventually(self.readyz, is_right=lambda answer: answer == "ok\n", seconds=seconds)

    def readyz(self) -> str:
        urls = [line["metrics"] for line in self.lines() if "metrics" in line]
        if not urls:
            return "no metrics served yet"
        try:
            with urllib.request.urlopen(f"{urls[-1]}/readyz", timeout=5) as answer:
                body: bytes = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                body = error.read()
        except OSError as error:
            return str(error)
        return body.decode()

    def ended(self, *, seconds: float = 40.0) -> int:
        """Wait for its end; gives the exit code."""
        return self.process.wait(seconds)


def environment(settings: KafkaSettings, state: Path, database: Database | None = None) -> dict[str, str]:
    """The settings of a process under test."""
    named = {
        "HEADCOUNT_KAFKA": settings.bootstrap,
        "HEADCOUNT_KAFKA_TOPIC_PREFIX": settings.topic_prefix,
        "HEADCOUNT_STATE_DIR": str(state),
        # The builds of tests have dates of their own, which retention would find too old one day.
        "HEADCOUNT_BUILDS_DAYS": "36500",
    }
    if database is not None:
        named |= {
            "HEADCOUNT_DATABASE": database.owner,
            "HEADCOUNT_DATABASE_SINK": database.sink,
            "HEADCOUNT_DATABASE_READER": database.reader,
        }
    return named


@contextmanager
def running(words: Sequence[str], environ: Mapping[str, str], log: Path) -> Iterator[Running]:
    """Run `python WORDS` until the block ends: SIGTERM then, and kill where that is not enough."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *words], env={**os.environ, **environ}, cwd=TREE, stdout=out, stderr=out
        )
    try:
        yield Running(process, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def headcount(environ: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """Run one command of ours to its end."""
    return subprocess.run(
        [sys.executable, "-m", "headcount", *words],
        env={**os.environ, **environ},
        cwd=TREE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
