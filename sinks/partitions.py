"""The states of the partitions that the group gave us: *unclaimed*, *running*, or *stopped*; each is in one of them.

Unclaimed: its position is not known, or not any more. Stopped: it waits for a person. Whatever changes a state also says so
to the reader, so that nothing is fetched of a partition that does not run.
"""

import logging
from collections.abc import Callable

from sinks.position import Position, Stop
from sinks.reader import Reader
from sinks.stops import describe

log = logging.getLogger("headcount.sink")


class Partitions:
    """All changes come from the sink's thread; others may read."""

    def __init__(self, reader: Reader, clock: Callable[[], float]) -> None:
        self._reader = reader
        self._clock = clock
        self._unclaimed: dict[int, float] = {}
        self.running: dict[int, Position] = {}
        self.stopped: dict[int, Stop] = {}
        self._suspected: dict[int, Stop] = {}

    def follow_group(self) -> None:
        """Forget what was taken from us, and begin with what is new."""
        for gone in self._known() - self._reader.assigned:
            self._forget(gone)
            self._unclaimed.pop(gone, None)
        for partition in self._reader.take_new():
            self.unclaim(partition)

    def _known(self) -> set[int]:
        return {*self._unclaimed, *self.running, *self.stopped}

    def _forget(self, partition: int) -> None:
        self.running.pop(partition, None)
        self.stopped.pop(partition, None)
        self._suspected.pop(partition, None)

    def unclaim(self, partition: int, *, after_seconds: float = 0.0) -> None:
        """Read its position anew, not before `after_seconds`."""
        self._forget(partition)
        self._reader.pause(partition)
        self._unclaimed[partition] = self._clock() + after_seconds

    def unclaim_running(self) -> None:
        """Read all positions anew."""
        for partition in list(self.running):
            self.unclaim(partition)

    def due(self) -> list[int]:
        """Give the partitions whose position is to be read now."""
        return [partition for partition, at in sorted(self._unclaimed.items()) if at <= self._clock()]

    def run(self, position: Position, *, clean_offset: int) -> None:
        """Let a claimed partition run, reading from an offset of the clean topic."""
        self._unclaimed.pop(position.partition, None)
        self.running[position.partition] = position
        self._reader.start(position.partition, clean_offset)

    def stop(self, stop: Stop) -> None:
        """Let a partition wait for a person."""
        self._unclaimed.pop(stop.partition, None)
        self._forget(stop.partition)
        self._reader.pause(stop.partition)
        self.stopped[stop.partition] = stop
        log.error("partition stopped", extra={"fields": describe(stop)})

    def is_confirmed(self, stop: Stop) -> bool:
        """Say whether a running partition met the same reason to stop twice in a row; the first time, it reads again.

        A stop costs a person's time, so it must not be an answer to an older fetch.
        """
        if self._suspected.get(stop.partition) == stop:
            return True
        self._suspected[stop.partition] = stop
        self.read_again(stop.partition)
        return False

    def clear_suspicion(self, partition: int) -> None:
        """Note that a partition gave a record that is in order."""
        self._suspected.pop(partition, None)

    def read_again(self, partition: int) -> None:
        """Fetch a running partition from its position on."""
        self._reader.start(partition, self.running[partition].next_clean_offset)
