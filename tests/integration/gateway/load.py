"""Load whose every request is known: who asked (its agent), which one it was (the file's name), when its answer came."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.integration.gateway.serving import Event, get
from tests.kafka_topics import eventually


@dataclass(slots=True)
class Client:
    """One client with a source of its own; it asks the next thing when it has an answer, and connects anew if it must."""

    port: int
    name: str
    asked: int = 0
    answered: dict[str, float] = field(default_factory=dict)
    """Names of the files that were answered, and when (monotonic seconds)."""
    slowest: list[float] = field(default_factory=list)
    statuses: set[bytes] = field(default_factory=set)
    locations: list[bytes] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What was asked and not answered."""

    async def run(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError as error:
                self.broken.append(f"connect: {type(error).__name__}")
                await asyncio.sleep(0.05)  # nobody listens at the moment
                continue
            try:
                while not is_over() and await self._ask(reader, writer):
                    pass
            finally:
                writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.asked += 1
        file = f"{self.name}-{self.asked}.zip"
        started = time.monotonic()
        try:
            writer.write(get(f"/tool/1.0/{file}", f"User-Agent: {self.name}"))
            async with asyncio.timeout(60):
                head = await reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.broken.append(f"{file}: {type(error).__name__}")
            return False
        now = time.monotonic()
        self.answered[file] = now
        self.slowest.append(now - started)
        self.statuses.add(head[9:12])
        self.locations.append(head.partition(b"ocation: ")[2].partition(b"\r\n")[0])
        return b"\r\nConnection: close\r\n" not in head


class Load:
    """Several clients at once, in a thread of their own, until the block ends."""

    def __init__(self, port: int, count: int) -> None:
        self.clients = [Client(port, f"client-{number}") for number in range(count)]
        self._over = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        await asyncio.gather(*(client.run(lambda: self._over) for client in self.clients))

    def __enter__(self) -> "Load":
        self._thread.start()
        self.more(10 * len(self.clients))
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()

    def more(self, answers: int, *, seconds: float = 60.0) -> None:
        """Wait for so many further answers."""
        wanted = self.total + answers
        assert eventually(lambda: self.total, is_right=lambda total: total >= wanted, seconds=seconds) >= wanted

    @property
    def total(self) -> int:
        return sum(len(client.answered) for client in self.clients)

    @property
    def answered(self) -> dict[str, float]:
        return {file: at for client in self.clients for file, at in client.answered.items()}

    @property
    def broken(self) -> list[str]:
        return [each for client in self.clients for each in client.broken]

    def p99(self, first: int = 0) -> float:
        """The 99th percentile of latencies, seconds, of each client's answers from its `first` one on."""
        all_of_them = sorted(each for client in self.clients for each in client.slowest[first:])
        return all_of_them[int(len(all_of_them) * 0.99)]


def is_in_order(seen: list[Event]) -> bool:
    """Whether each source's events stand in the order in which it asked."""
    last: dict[str, int] = {}
    for event in seen:
        number = int(event["file"].rpartition("-")[2].partition(".")[0])
        if number <= last.get(event["agent"], 0):
            return False
        last[event["agent"]] = number
    return True
