"""Files that are looked at while the gateway runs: a change is checked whole, then swapped in at once (DL3)."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from headcount.errors import HeadcountError
from headcount.metrics import Metrics

_log = logging.getLogger("headcount.gateway")

Signature = tuple[tuple[int, int, int] | None, ...]


class Watched:
    """Some files that make one thing. `load` reads and checks them (in a thread) and gives what swaps the new in.

    Where `load` raises HeadcountError the old stays in use, one line says what is wrong, and a metric is red until it is
    mended.
    """

    def __init__(
        self, what: str, files: Sequence[Path], load: Callable[[], Callable[[], None]], *, metrics: Metrics
    ) -> None:
        self._what = what
        self._files = tuple(files)
        self._load = load
        self._metrics = metrics
        self._loaded = self._seen = self._signature()
        self._task: asyncio.Task[None] | None = None
        self._again = False
        metrics.gateway_broken.labels(what).set(0)

    def is_broken(self, error: HeadcountError) -> None:
        """Say that the files are broken, and that something else is in use."""
        self._tell("broken", error.what, error.where, error.do)

    def look(self) -> None:
        """Load what has changed, once it has stopped changing: an editor may be half way through it."""
        signature = self._signature()
        if signature == self._seen and signature != self._loaded:
            self.reload()
        self._seen = signature

    def reload(self) -> None:
        """Load anew, changed or not; one at a time."""
        if self._task is not None:
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._reload())

    async def _reload(self) -> None:
        self._again = True
        while self._again:
            self._again = False
            self._loaded = self._signature()
            try:
                swap = await asyncio.to_thread(self._load)
            except HeadcountError as error:
                self.is_broken(error)
            except Exception as error:  # noqa: BLE001 - outermost frame of a task: the old stays, whatever it was
                self._tell("broken", repr(error), ", ".join(map(str, self._files)), "report this to headcount")
            else:
                swap()
                self._tell("loaded")
        self._task = None

    def _tell(self, outcome: str, what: str = "", where: str = "", do: str = "") -> None:
        self._metrics.gateway_reloads.labels(self._what, outcome).inc()
        self._metrics.gateway_broken.labels(self._what).set(outcome == "broken")
        if outcome == "broken":
            fields = {"what": what, "where": where, "do": do}
            _log.error("the %s is broken: the old one stays in use", self._what, extra={"fields": fields})
        else:
            _log.info("the %s is loaded anew", self._what)

    def _signature(self) -> Signature:
        return tuple(map(_signature, self._files))


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        known = path.stat()
    except OSError:
        return None
    return (known.st_mtime_ns, known.st_size, known.st_ino)
