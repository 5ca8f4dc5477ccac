"""Who runs where: what is measured on the first core, everything else on the second. A process's children inherit it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

MEASURED = 0
OTHERS = -1


@contextmanager
def core(which: int) -> Iterator[None]:
    """Hold this thread, and what it starts, to one core until the block ends; with one core there is no choice."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[which]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
