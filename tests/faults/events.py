"""Seeded build events with what makes latest rows hard: ties, attempts, failures, parts nobody knows, retirements."""

import hashlib
import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.build_events import COLLECTORS, event, retirement

Record = dict[str, Any]

VERSIONS = 400
RETIREMENTS = 0.004
STATES = (("ok", False),) * 6 + (
    ("empty", False),
    ("error", False),
    ("missing", False),
    ("timeout", False),
    ("ok", True),
)


def make_events(seed: int, count: int) -> list[Record]:
    """Give `count` distinct events, over some hundred versions: builds, and retirements of versions and projects."""
    rng = random.Random(seed)
    return [_retirement(rng, number) if rng.random() < RETIREMENTS else _event(rng, number) for number in range(count)]


def _month() -> date:
    """A day of last month: the daily job of the sink under test leaves no build alone that is older than half a year."""
    return datetime.now(UTC).date().replace(day=1) - timedelta(days=1)


def _instant(rng: random.Random, first_day: int = 1) -> str:
    return f"{_month():%Y-%m}-{rng.randint(first_day, 28):02d}T{rng.randint(0, 23):02d}:00:00.{rng.randint(0, 9)}Z"


def _retirement(rng: random.Random, number: int) -> Record:
    key = rng.randrange(VERSIONS)
    # Most of them late: what is retired early has many builds since.
    made = retirement(
        f"p{key // 4}", None if rng.random() < 0.3 else f"v{key % 4}", _instant(rng, rng.choice((1, 28, 28)))
    )
    return made | {"event_id": hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).hexdigest()}


def _event(rng: random.Random, number: int) -> Record:
    key = rng.randrange(VERSIONS)
    made = event(
        number,
        project=f"p{key // 4}",
        version=None if rng.random() < 0.02 else f"v{key % 4}",
        id=f"{number:06d}",
        attempt=rng.randint(1, 3),
        started_at=_instant(rng),
        success=rng.random() < 0.7,
    )
    if not made["build"]["success"]:
        made["build"]["failure"] = {"stage": "build", "error": "exit:1"}
    made["packages"]["pip"]["all"] = [
        {"name": name, "version": f"{rng.randint(1, 9)}.{rng.randint(0, 20)}"}
        for name in rng.sample(("sphinx", "docutils", "babel", "jinja2", "mkdocs", "requests"), rng.randint(0, 4))
    ]
    for name in COLLECTORS:
        status, truncated = rng.choice(STATES)
        made["collectors"][name] |= {"status": status, "truncated": truncated}
    del made["event_id"]
    made["event_id"] = hashlib.blake2b(json.dumps(made, sort_keys=True).encode(), digest_size=16).hexdigest()
    return made
