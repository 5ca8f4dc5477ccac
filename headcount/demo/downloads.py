"""The demo of downloads: an index behind the gateway, packages installed through it twice, and the events of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from headcount.demo import requests
from headcount.demo.children import Children
from headcount.demo.index import PACKAGES, is_reached, manifest, pips_connection, pips_index
from headcount.demo.installs import Installer, environment, find_pip, find_uv, install
from headcount.demo.progress import Progress
from headcount.demo.wheels import LOCAL_PACKAGES, LocalIndex, pages
from headcount.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Install:
    """An install that was made: by what, the how-manieth, when (microseconds since 1970 UTC), and how many packages."""

    installer: str
    number: int
    began: int
    ended: int
    packages: int


@dataclass(frozen=True, slots=True)
class Downloads:
    """All installs, how many requests the gateway says it answered, and those that are on Kafka."""

    installs: Sequence[Install]
    answered: int
    seen: Sequence[requests.Seen]


class Shop:
    """An index, chosen before the stack starts, and the installs from it through the stack's gateway. To be closed."""

    def __init__(self, children: Children, progress: Progress, root: Path) -> None:
        self._children = children
        self._progress = progress
        self._root = root
        self._local: LocalIndex | None = None
        self._packages: Sequence[str] = PACKAGES[:]
        self._connection: dict[str, str] = {}
        self._pip: list[str] = []

    def open(self, file: Path) -> None:
        """Choose the index and write the gateway's manifest."""
        with self._progress.step("asking pip which index it uses"):
            self._root.mkdir(parents=True)
            self._pip = find_pip(self._children, self._root / "own")
            self._connection = pips_connection(self._children, self._pip)
            found = pips_index(self._children, self._pip)
            # All projects: those that we name need others.
            if found is not None:
                file.write_text(manifest(found, ()), encoding="utf-8")
                if is_reached(self._children, file, PACKAGES):
                    self._progress.say("  ✓ the gateway stands before the index that pip uses")
                    return
            self._local = LocalIndex(pages(LOCAL_PACKAGES)).start()
            self._packages = list(LOCAL_PACKAGES)[:1]
            file.write_text(manifest(self._local.url, list(LOCAL_PACKAGES)), encoding="utf-8")
        self._progress.say("  ✓ pip's index is not reached from here: the gateway stands before one made on the spot")

    def install(self) -> Downloads:
        """Install with pip and with uv, and the same once more; then wait for the events of it."""
        status = requests.stack_status(self._children)
        gateway = status["gateway"]
        environ = environment(self._children.environ, self._connection)
        installers = [Installer("pip", self._pip, self._root / "pip")]
        uv = find_uv()
        if uv is None:
            self._progress.say("    uv is not on this machine: only pip installs")
        else:
            installers.append(Installer("uv", [uv], self._root / "uv"))
        done = []
        for number in (1, 2):
            for installer in installers:
                again = ", again" if number > 1 else ""
                names = " and ".join(self._packages)
                with self._progress.step(
                    f"installing {names} with {installer.name}{again}",
                    done=f"{installer.name} installed {names} through the gateway{again}",
                ):
                    began = _now()
                    packages = install(
                        self._children,
                        installer,
                        environ,
                        index=f"{gateway}/simple/",
                        packages=self._packages,
                        target=installer.folder / f"installed-{number}",
                    )
                    done.append(Install(installer.name, number, began, _now(), packages))
        look: Callable[[], list[requests.Seen]] = partial(requests.read, KafkaSettings(status["kafka"]))
        with self._progress.step("waiting until every request is on Kafka", done="every request is on Kafka"):
            answered, seen = requests.await_requests(lambda: requests.answered_by(status["metrics"]["gateway"]), look)
        return Downloads(done, answered, seen)

    def close(self) -> None:
        """Stop the index, where it is ours."""
        if self._local is not None:
            self._local.close()


def _now() -> int:
    return time.time_ns() // 1000
