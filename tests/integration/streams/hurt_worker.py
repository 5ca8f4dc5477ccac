"""A real worker with one thing made to go wrong; the word says which."""

import os
import sys
import time
from typing import Any

from headcount.logs import configure
from headcount.settings import load
from streams.runtime import app as faust_app
from streams.runtime import worker
from streams.runtime.owned import Owned

SLOW_SECONDS = 14


def slow() -> None:
    """The first takes wait in the middle of their work, as a long pause of the machine would make them."""
    take, waited = Owned.take, set[int]()

    def waits(self: Owned, records: Any) -> None:
        if id(self) not in waited:
            waited.add(id(self))
            print('{"event": "a take waits"}', flush=True)
            time.sleep(SLOW_SECONDS)
        take(self, records)

    Owned.take = waits  # type: ignore[method-assign]  # this is what the test is about


def skips() -> None:
    """Faust loses the third record of a take, as it was seen to do after a crash (F5)."""
    takes = faust_app._takes

    def lossy(owners: Any, events: list[Any]) -> Any:
        return takes(owners, events[:2] + events[3:])

    faust_app._takes = lossy


def raises() -> None:
    """A decision raises (F3, F4)."""

    def broken(self: Owned, records: Any) -> None:
        raise RuntimeError("made to fail")

    Owned.take = broken  # type: ignore[method-assign]  # this is what the test is about


def main() -> None:
    word, slot = sys.argv[1:]
    {"slow": slow, "skips": skips, "raises": raises}[word]()
    settings = load(os.environ)
    configure("streams", settings.process.log_level)
    worker.run(settings, int(slot))


main()
