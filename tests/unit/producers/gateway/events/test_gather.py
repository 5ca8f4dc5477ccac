"""Requests are handed over soon, in order, and one that does not fit takes no other along."""

import asyncio
from typing import Any

from headcount.metrics import Metrics
from producers.gateway.answer import About, Kind, RuleType
from producers.gateway.events.encode import Answered
from producers.gateway.events.gather import GATHER_REQUESTS, Gatherer
from producers.publisher import Group

ABOUT = About(RuleType.FILE, Kind.FILE, "tool")


class Taken:
    """Stands where the publisher stands: what it was given, in which portions."""

    def __init__(self) -> None:
        self.portions: list[int] = []

    def publish_groups(self, topic: Any, groups: list[Group], *, since: float) -> bool:
        self.portions.append(sum(len(group.events) for group in groups))
        return True


def one(**changes: Any) -> Answered:
    return Answered(1_795_521_600_000_000, "192.0.2.1", b"pip", ABOUT, b"GET", 302, size=0)._replace(**changes)


def gathered(answered: list[Answered]) -> tuple[Taken, Metrics]:
    taken, metrics = Taken(), Metrics()

    async def main() -> None:
        gatherer = Gatherer(taken, metrics=metrics)  # type: ignore[arg-type]  # what it needs of a publisher
        for each in answered:
            gatherer.add(each)
        async with asyncio.timeout(5):
            while sum(taken.portions) < len(answered) - 1:
                await asyncio.sleep(0.001)  # between two looks at a condition

    asyncio.run(main())
    return taken, metrics


def test_a_single_request_is_handed_over_by_itself() -> None:
    assert gathered([one()] * 2)[0].portions == [2]


def test_many_are_handed_over_in_portions() -> None:
    taken, metrics = gathered([one()] * (2 * GATHER_REQUESTS + 10))
    assert taken.portions == [GATHER_REQUESTS, GATHER_REQUESTS, 10]
    assert f'headcount_gateway_requests_total{{rule="file",status="3xx"}} {2.0 * GATHER_REQUESTS + 10}' in (
        metrics.render().decode()
    )


def test_one_that_does_not_fit_takes_no_other_along() -> None:
    taken, metrics = gathered([one(), one(size="many"), one()])
    assert sum(taken.portions) == 2
    assert 'headcount_dropped_events_total{cause="schema"} 1.0' in metrics.render().decode()
