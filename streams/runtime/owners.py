"""The raw partitions that this worker owns now, by generation of the consumer group."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor

from streams.errors import TakeFailedError
from streams.runtime.exit import die
from streams.runtime.owned import Owned
from streams.take import RawRecord

_log = logging.getLogger(__name__)


class Owners:
    """Opens partitions on assignment, gives takes to their partitions, forgets partitions that were taken away."""

    def __init__(self, make: Callable[[int, int], Owned], executor: Executor, opened: Callable[[], None]) -> None:
        self._make = make
        self._opened = opened
        self._executor = executor
        self._owned: dict[int, Owned] = {}
        self._assigning = asyncio.Lock()

    def __iter__(self) -> Iterator[Owned]:
        return iter(list(self._owned.values()))

    def get(self, partition: int) -> Owned | None:
        """Give a partition that is owned now."""
        return self._owned.get(partition)

    async def assign(self, partitions: set[int], generation: int) -> Sequence[Owned]:
        """Open what is assigned in this generation, forget the rest. Ends the process where opening fails."""
        # Faust also seeks while the flow is off, at any time: the second call must find what the first one opened.
        async with self._assigning:
            return await self._assign(partitions, generation)

    async def _assign(self, partitions: set[int], generation: int) -> Sequence[Owned]:
        for partition in set(self._owned) - partitions:
            del self._owned[partition]
        stale = [p for p in partitions if p not in self._owned or self._owned[p].generation != generation]
        for partition in stale:
            self._owned.pop(partition, None)
        try:
            opened = await asyncio.gather(*(self._open(partition, generation) for partition in sorted(stale)))
        except Exception as error:  # noqa: BLE001 - outermost frame; half an assignment must not go on
            die("partitions cannot be opened", error=str(error), kind=type(error).__name__)
        self._opened()
        self._owned.update({owned.partition: owned for owned in opened})
        return [self._owned[partition] for partition in sorted(partitions)]

    async def _open(self, partition: int, generation: int) -> Owned:
        owned = self._make(partition, generation)
        await asyncio.get_running_loop().run_in_executor(self._executor, owned.open)
        return owned

    async def take(self, partition: int, generation: int, records: Sequence[RawRecord]) -> None:
        """Give records that were fetched under `generation` to their partition; of another generation they count nothing."""
        owned = self._owned.get(partition)
        if owned is None or owned.generation != generation:
            _log.info("records of another generation passed over", extra={"fields": {"partition": partition}})
            return
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, owned.take, records)
        except TakeFailedError as error:
            if self._owned.get(partition) is owned:
                # Fenced or failed: a producer that stays on after this conflicts for ever.
                die("take failed", partition=partition, error=str(error))
            _log.warning("take of a partition that was taken away failed", extra={"fields": {"partition": partition}})
