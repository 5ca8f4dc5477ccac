"""A log to be maltreated, and followers that let their files go with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from producers.ship.follow import Follower
from tests.unit.producers.ship.log_of import Log

Following = Callable[..., Follower]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.close()


@pytest.fixture
def following() -> Iterator[Following]:
    """Makes followers as their class does; `following(path, after=FOLLOWER)` is what a new process makes of the last one."""
    made: list[Follower] = []

    def follow(path: Path, *, after: Follower | None = None, **options: Any) -> Follower:
        known = {} if after is None else {"marks": after.marks(), "done": after.done}
        made.append(Follower(path, **known, **options))
        return made[-1]

    yield follow
    for each in made:
        each.close()
