"""Things of an upstream, kept: fresh for a minute, then asked for anew, used for a day while there is no answer (DL19).

One event loop's; nothing here is locked. The clock is monotonic seconds.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from producers.gateway.python_index.pages import Outcome
from producers.gateway.upstream.told import Told

T = TypeVar("T")

FRESH_SECONDS: Final = 60.0
STALE_SECONDS: Final = 24 * 3600.0
MISSING_SECONDS: Final = 60.0
SLOW_SECONDS: Final = 2.0
"""So long somebody waits for a new one while there is an old one."""

FAILED_SECONDS: Final = 1.0
"""So long after a failure nobody asks again: an upstream in trouble is not asked once a request."""

MAX_BYTES: Final = 256 << 20
NOTHING_BYTES: Final = 500
"""What an entry without a thing costs."""


class AwayError(Exception):
    """The upstream did not answer, or not with what was asked for."""


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T]):
    """What an upstream answered: a thing with its size in bytes and what its next fetch may be asked with.

    `thing` None: as it was (304).
    """

    thing: T | None
    size: int
    validators: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Entry(Generic[T]):
    """`thing` None: the upstream has none. `seen` is when it last said so."""

    thing: T | None
    size: int
    validators: tuple[tuple[str, str], ...]
    seen: float


@dataclass(slots=True)
class _Flight:
    task: "asyncio.Task[Any]"
    begun: float


Fetch = Callable[[str, tuple[tuple[str, str], ...]], Awaitable[Fetched[T] | Outcome]]
"""Given the key and the validators; MISSING where there is no such thing. Raises AwayError, and nothing else."""


class Kept(Generic[T]):
    """Things by key, the ones used longest ago thrown out first when there are too many bytes.

    `told` is told of each answer: fetched, unchanged, missing or away, why it is away, and the URL, which is the key up to
    its first line end.
    """

    def __init__(
        self,
        fetch: Fetch[T],
        *,
        clock: Callable[[], float],
        max_bytes: int = MAX_BYTES,
        slow_seconds: float = SLOW_SECONDS,
        told: Told,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._max_bytes = max_bytes
        self._slow_seconds = slow_seconds
        self._told = told
        self._entries: OrderedDict[str, _Entry[T]] = OrderedDict()
        self._flights: dict[str, _Flight] = {}
        self._failed: OrderedDict[str, float] = OrderedDict()
        self.bytes = 0

    def fresh(self, key: str) -> T | None:
        """Give a thing that needs no asking."""
        return self._within(key, FRESH_SECONDS)

    def at_hand(self, key: str) -> T | None:
        """Give a thing as it was last seen, within a day."""
        return self._within(key, STALE_SECONDS)

    def _within(self, key: str, seconds: float) -> T | None:
        entry = self._entries.get(key)
        if entry is None or self._clock() - entry.seen >= seconds:
            return None
        self._entries.move_to_end(key)
        return entry.thing

    async def get(self, key: str) -> T | Outcome:
        """Give a thing, asking for it where that is due; waits `slow_seconds` at most where an old one would do."""
        entry = self._entries.get(key)
        now = self._clock()
        if entry is not None:
            self._entries.move_to_end(key)
            if now - entry.seen < (FRESH_SECONDS if entry.thing is not None else MISSING_SECONDS):
                return Outcome.MISSING if entry.thing is None else entry.thing
        flight = self._flight(key, now)
        if flight is not None:
            patience = None
            if entry is not None and entry.thing is not None and now - entry.seen < STALE_SECONDS:
                patience = max(0.0, self._slow_seconds - (now - flight.begun))
            # The task goes on when whoever waits for it leaves: others wait too.
            await asyncio.wait([flight.task], timeout=patience)
            if flight.task.done() and flight.task.result() is not Outcome.AWAY:
                answer: T | Outcome = flight.task.result()
                return answer
        old = self.at_hand(key)
        return Outcome.AWAY if old is None else old

    def _flight(self, key: str, now: float) -> _Flight | None:
        flight = self._flights.get(key)
        if flight is None and now - self._failed.get(key, -FAILED_SECONDS) >= FAILED_SECONDS:
            flight = _Flight(asyncio.ensure_future(self._fly(key)), now)
            self._flights[key] = flight
        return flight

    async def _fly(self, key: str) -> T | Outcome:
        """Fetch a thing and keep it."""
        url = key.partition("\n")[0]
        entry = self._entries.get(key)
        validators = entry.validators if entry is not None and entry.thing is not None else ()
        try:
            fetched = await self._fetch(key, validators)
        except AwayError as error:
            self._note_failure(key)
            self._told("away", str(error), url)
            return Outcome.AWAY
        finally:
            del self._flights[key]
        self._failed.pop(key, None)
        if isinstance(fetched, Outcome):
            self._told("missing", "", url)
            self._keep(key, _Entry(None, NOTHING_BYTES, (), self._clock()))
            return fetched
        thing, size = fetched.thing, fetched.size
        if thing is None and entry is not None:
            thing, size = entry.thing, entry.size - len(key)
        if thing is None:
            return Outcome.AWAY
        self._told("unchanged" if fetched.thing is None else "fetched", "", url)
        self._keep(key, _Entry(thing, size, fetched.validators, self._clock()))
        return thing

    def _note_failure(self, key: str) -> None:
        self._failed[key] = self._clock()
        self._failed.move_to_end(key)
        while len(self._failed) > self._max_bytes // NOTHING_BYTES:
            self._failed.popitem(last=False)

    def _keep(self, key: str, entry: _Entry[T]) -> None:
        before = self._entries.pop(key, None)
        entry.size += len(key)
        self.bytes += entry.size - (before.size if before is not None else 0)
        self._entries[key] = entry
        while self.bytes > self._max_bytes and len(self._entries) > 1:
            _, old = self._entries.popitem(last=False)
            self.bytes -= old.size
        self._told.holds(self.bytes)

    async def close(self) -> None:
        """End what is under way."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
