"""What is kept of upstreams, without one."""

import asyncio

from producers.gateway.python_index.pages import Outcome
from producers.gateway.upstream.kept import AwayError, Fetched, Kept
from producers.gateway.upstream.told import Told


def test_DL19_memory_is_bounded_and_what_was_used_last_stays() -> None:
    async def fetch(key: str, _: object) -> Fetched[str] | Outcome:
        if key.startswith("missing"):
            return Outcome.MISSING
        if key.startswith("away"):
            raise AwayError
        return Fetched(key, 10_000, ())

    async def test() -> None:
        kept: Kept[str] = Kept(fetch, clock=lambda: 0.0, max_bytes=100_000, told=Told("index", None))
        for number in range(1_000):
            assert await kept.get("always") == "always"
            assert await kept.get(f"{number}") == f"{number}"
            assert await kept.get(f"missing{number}") is Outcome.MISSING
            assert await kept.get(f"away{number}") is Outcome.AWAY
            assert kept.bytes <= 100_000
        assert kept.fresh("always") == "always"
        assert kept.fresh("999") == "999"
        assert kept.fresh("1") is None
        assert len(kept._failed) <= 200
        assert not kept._flights

    asyncio.run(test())
