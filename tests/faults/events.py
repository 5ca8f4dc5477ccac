"""Seeded build events with what makes latest rows hard: ties, attempts, failures, parts that nobody knows."""

import hashlib
import json
import random
from typing import Any

from tests.build_events import COLLECTORS, event

Record = dict[str, Any]

VERSIONS = 400
STATES = (("ok", False),) * 6 + (
    ("empty", False),
    ("error", False),
    ("missing", False),
    ("timeout", False),
    ("ok", True),
)


def make_events(seed: int, count: int) -> list[Record]:
    """Give `count` distinct events, over some hundred versions."""
    rng = random.Random(seed)
    return [_event(rng, number) for number in range(count)]


def _event(rng: random.Random, number: int) -> Record:
    key = rng.randrange(VERSIONS)
    made = event(
        number,
        project=f"p{key // 4}",
        version=None if rng.random() < 0.02 else f"v{key % 4}",
        id=f"{number:06d}",
        attempt=rng.randint(1, 3),
        started_at=f"2026-03-{rng.randint(1, 28):02d}T{rng.randint(0, 23):02d}:00:00.{rng.randint(0, 9)}Z",
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
