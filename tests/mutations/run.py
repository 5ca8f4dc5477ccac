"""One run: so many broken outputs, each through its collector, its datum checked, and its event sent and scrubbed."""

import io
import random
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import fastavro

from producers.builds.assemble import assemble
from producers.builds.event import Build, CollectorResult, Config, DocTool, Image, Project
from producers.builds.explained import COLLECTORS, read_output
from producers.builds.record import plain_record, sendable
from producers.builds.words import Status
from schemas.batches import MAX_EVENT_BYTES, encode_event
from schemas.registry import newest
from schemas.topics import CLEAN_BUILDS, RAW_BUILDS, Topic
from streams.builds.judge import Judge
from tests.mutations.justified import CHECKS
from tests.mutations.mutate import mutated
from tests.unit.producers.builds.outputs import seeds

RECEIVED: Final = 1_790_000_000_000_000
_NAMES: Final = {
    "C1": "python",
    "C2": "os",
    "C3": "pip_all",
    "C4": "pip_root",
    "C5": "conda_all",
    "C6": "apt_all",
    "C7": "pip_declared",
    "C8": "doctool",
}


@dataclass(slots=True)
class Tally:
    """How the broken outputs fared, by collector and status, and by error."""

    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)


def run(count: int, seed: int, judge: Judge, names: Sequence[str] = tuple(COLLECTORS)) -> Tally:
    """Break `count` outputs, as many of each collector. Raises AssertionError with what it takes to see it again."""
    tally, texts = Tally(), seeds()
    for number in range(count):
        name = names[number % len(names)]
        how, text = mutated(random.Random(f"{seed}/{number}"), texts[name])
        try:
            value, result = check(name, text)
            if name != "C9":
                check_event(name, value, result, judge)
        except Exception as error:
            shown = text if len(text) < 2000 else text[:1000] + b" ... " + text[-1000:]
            raise AssertionError(f"seed {seed}, number {number}, {name}, {how}: {shown!r}") from error
        tally.statuses[name, result.status] += 1
        if result.error:
            tally.errors[name, result.error] += 1
    return tally


def check(name: str, text: bytes) -> tuple[Any, CollectorResult]:
    """Read one output and check the answer."""
    value, result = read_output(name, text)
    assert result.status in (Status.OK, Status.EMPTY, Status.ERROR, Status.MISSING), result
    assert (result.error is not None) is (result.status is Status.ERROR)
    if result.status in (Status.OK, Status.EMPTY):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            CHECKS[name](text, value if name == "C9" else sendable(value))
    else:
        assert value is None
    return value, result


def check_event(name: str, value: Any, result: CollectorResult, judge: Judge) -> None:
    """Send an event with this datum, and take it in again."""
    datum = _NAMES[name]
    event = assemble(
        organization=None,
        project=Project("1", "kiln", private=False),
        version=None,
        build=Build("1", "2026-03-02T10:00:00Z"),
        image=Image(),
        config=Config(),
        final=None,
        doctool=DocTool(),
        steps=(),
        values={} if value is None else {datum: value},
        results={datum: result},
    )
    encoded = encode_event(RAW_BUILDS, plain_record(event, str))
    assert len(encoded) <= MAX_EVENT_BYTES
    raw = fastavro.schemaless_reader(io.BytesIO(encoded), _schema(RAW_BUILDS), None)
    fastavro.schemaless_writer(io.BytesIO(), _schema(CLEAN_BUILDS), judge.accept(raw, RECEIVED))


@cache
def _schema(topic: Topic) -> Any:
    """Give the schema of one event of a topic's batches."""
    batch: Any = fastavro.parse_schema(newest(topic.subject).schema)
    return fastavro.parse_schema(next(each for each in batch["fields"] if each["name"] == "events")["type"]["items"])
