"""The contract: ids that never change their meaning, annotated fields, compatible versions, examples that hold."""

import contextlib
import io
import json
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import fastavro
import pytest
from fastavro.utils import generate_many, generate_one
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.batches import Head, encode_batch, encode_event
from schemas.codec import decode, encode
from schemas.encoder import encode_long
from schemas.errors import RefusedError
from schemas.registry import Registered, newest, registered
from schemas.topics import ALL, BY_NAME, DEAD_BUILDS, RAW_BUILDS, Stage, Topic, partition_of
from streams.builds.domain import builds
from streams.scrub.names import load

DATA = Path(__file__).parents[2] / "data" / "schemas"
CLASSES = {"keep", "drop", "hash", "coarsen", "scrub"}
RECEIVED = 1_790_000_000_000_000
WITH_SCHEMA = [topic for topic in ALL if topic.stage in (Stage.RAW, Stage.CLEAN, Stage.LATEST, Stage.DEAD)]


def fields(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of every record in a schema."""
    if isinstance(schema, list):
        for branch in schema:
            yield from fields(branch, path)
    elif isinstance(schema, dict):
        for field in schema.get("fields", []):
            yield f"{path}.{field['name']}", field
            yield from fields(field["type"], f"{path}.{field['name']}")
        for inner in ("items", "values"):
            yield from fields(schema.get(inner), path)


def test_an_id_means_the_same_bytes_for_ever() -> None:
    for schema in registered().values():
        assert schema.fingerprint() == schema.sha256, f"{schema.subject} {schema.version} was edited: add a version"


def test_every_schema_file_has_an_id_and_every_topic_with_a_schema_one() -> None:
    files = {(path.parent.name, int(path.stem)) for path in Path("schemas/avro").glob("*/*.avsc")}
    assert files == {(schema.subject.removesuffix("-value"), schema.version) for schema in registered().values()}
    assert {newest(topic.subject).subject for topic in WITH_SCHEMA} == {topic.subject for topic in WITH_SCHEMA}


@pytest.mark.parametrize("schema", registered().values(), ids=lambda schema: f"{schema.subject}-{schema.version}")
def test_every_field_says_what_it_is_and_how_private(schema: Registered) -> None:
    found = list(fields(schema.schema))
    assert found
    for path, field in found:
        assert len(field.get("doc", "")) > 5, path
        assert field.get("pii") in CLASSES, path


def compatible(writer: dict[str, Any], reader: dict[str, Any], value: Any) -> None:
    """Really write with one version and read with the other; raises where that cannot be."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(writer), value)
    out.seek(0)
    fastavro.schemaless_reader(out, fastavro.parse_schema(writer), fastavro.parse_schema(reader))


def example(topic: Topic) -> dict[str, Any]:
    """A record of a topic made by Avro's own rules: defaults, and one item in each list."""
    made = generate_one(fastavro.parse_schema(newest(topic.subject).schema))
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize("topic", WITH_SCHEMA, ids=lambda topic: topic.name)
def test_versions_of_a_schema_are_fully_compatible(topic: Topic) -> None:
    versions = [schema.schema for schema in registered().values() if schema.subject == topic.subject]
    value = example(topic)
    for writer, reader in [*permutations(versions, 2), (versions[-1], versions[-1])]:
        compatible(writer, reader, value)


def test_the_check_of_compatibility_can_fail() -> None:
    now = newest(RAW_BUILDS.subject).schema
    more = json.loads(json.dumps(now))
    more["fields"].append({"name": "region", "type": ["null", "string"], "default": None})
    value = example(RAW_BUILDS)
    compatible(now, more, value)
    compatible(more, now, value)
    del more["fields"][-1]["default"]
    with pytest.raises(fastavro.read.SchemaResolutionError):
        compatible(now, more, value)


@pytest.mark.parametrize("path", sorted(DATA.glob("*/*.pass.json")), ids=lambda path: path.name)
def test_what_passes(path: Path) -> None:
    topic, event = BY_NAME[path.parent.name], json.loads(path.read_text())
    batch = encode_batch(topic, Head("a" * 32, 0, 1, 1, 0), [encode_event(topic, event)])
    decoded = decode(topic, batch)["events"][0]
    assert decoded["project"]["id"] == event["project"]["id"]
    assert decoded.get("packages") == event.get("packages")
    clean = builds(load()).accept(decoded, RECEIVED)
    assert clean["build"]["id"] == event["build"]["id"]


@pytest.mark.parametrize("path", sorted(DATA.glob("*/*.fail.json")), ids=lambda path: path.name)
def test_what_is_refused_for_the_reason_in_its_name(path: Path) -> None:
    topic, event = BY_NAME[path.parent.name], json.loads(path.read_text())
    decoded = decode(topic, encode_batch(topic, Head("a" * 32, 0, 1, 1, 0), [encode_event(topic, event)]))["events"][0]
    domain = builds(load())

    def judge() -> None:
        domain.event_id(decoded)
        domain.accept(decoded, RECEIVED)

    with pytest.raises(RefusedError) as refused:
        judge()
    assert refused.value.reason == path.name.removesuffix(".fail.json")


def test_a_batch_of_encoded_events_is_the_batch_that_avro_writes() -> None:
    event = json.loads((DATA / RAW_BUILDS.name / "every_field.pass.json").read_text())
    head = Head("a" * 32, 7, 300, 300, 2)
    joined = encode_batch(RAW_BUILDS, head, [encode_event(RAW_BUILDS, event)] * 300)
    whole = {"producer_id": "a" * 32, "seq": 7, "handed_over": 300, "dropped": 2, "events": [event] * 300}
    assert joined == by_fastavro(RAW_BUILDS, whole)


def by_fastavro(topic: Topic, record: dict[str, Any]) -> bytes:
    out = io.BytesIO(b"\0" + newest(topic.subject).id.to_bytes(4, "big"))
    out.seek(5)
    fastavro.schemaless_writer(out, fastavro.parse_schema(newest(topic.subject).schema), record)
    return out.getvalue()


@pytest.mark.parametrize("topic", WITH_SCHEMA, ids=lambda topic: topic.name)
def test_our_encoder_writes_the_bytes_that_fastavro_writes(topic: Topic) -> None:
    schema = fastavro.parse_schema(newest(topic.subject).schema)
    for made in generate_many(schema, 20):
        assert isinstance(made, dict)
        there = decode(topic, by_fastavro(topic, made))
        assert encode(topic, there) == by_fastavro(topic, made)
    every = json.loads((DATA / RAW_BUILDS.name / "every_field.pass.json").read_text())
    if topic is RAW_BUILDS:
        batch = {"producer_id": "a" * 32, "seq": 2**40, "handed_over": 2**20, "dropped": 0, "events": [every]}
        assert encode(topic, decode(topic, by_fastavro(topic, batch))) == by_fastavro(topic, batch)


@given(st.integers(-(2**63), 2**63 - 1))
def test_longs_of_any_size(number: int) -> None:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema("long"), number)
    assert encode_long(number) == out.getvalue()


@given(st.binary(max_size=400))
@settings(max_examples=500)
def test_garbage_raises_only_our_error(data: bytes) -> None:
    schema = newest(RAW_BUILDS.subject)
    for value in (data, b"\0" + schema.id.to_bytes(4, "big") + data):
        # Whatever else it raised would fail the test.
        with contextlib.suppress(RefusedError):
            assert decode(RAW_BUILDS, value)["events"] is not None


def test_a_schema_of_another_topic_is_unknown_here() -> None:
    letter = by_fastavro(DEAD_BUILDS, example(DEAD_BUILDS))
    with pytest.raises(RefusedError, match="unknown_schema"):
        decode(RAW_BUILDS, letter)


def test_a_topic_is_named_by_domain_stage_and_version() -> None:
    assert [topic.name for topic in ALL if topic.stage is not Stage.TABLE] == [
        *(f"headcount.builds.{stage}.v1" for stage in ("raw", "clean", "latest", "state", "dead")),
        "headcount.downloads.raw.v1",
        "headcount.downloads.dead.v1",
    ]


def test_raw_bytes_are_gone_within_a_day() -> None:
    for topic in ALL:
        if topic.stage is Stage.RAW:
            assert int(topic.settings["retention.ms"]) + 2 * int(topic.settings["segment.ms"]) <= 24 * 3_600_000
            assert topic.settings["message.timestamp.type"] == "LogAppendTime"


@given(st.text())
def test_a_source_goes_to_one_partition(source: str) -> None:
    assert 0 <= partition_of(source) < 8
    assert partition_of(source) == partition_of(source)


def test_the_partition_is_librdkafkas_consistent_one() -> None:
    # CRC-32 of "123456789" is the check value of its definition.
    assert partition_of("123456789") == 0xCBF43926 % 8
