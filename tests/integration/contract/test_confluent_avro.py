"""Any Kafka tool reads our records: confluent-kafka's own Avro (de)serializer and our codec agree, both ways."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro.utils import generate_many

from headcount.kafka import producer
from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.batches import Head, encode_batch, encode_event
from schemas.codec import decode, encode
from schemas.registry import newest
from schemas.topics import ALL, RAW_BUILDS, Stage, Topic
from tests.build_events import event
from tests.integration.contract.registry import serving
from tests.kafka_topics import messages, records

Record = dict[str, Any]

WITH_SCHEMA = [topic for topic in ALL if topic.stage not in (Stage.STATE, Stage.TABLE)]
EVERY_FIELD = Path(__file__).parents[2] / "data" / "schemas" / RAW_BUILDS.name / "every_field.pass.json"
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MOMENT = 1_790_000_000_123_456


@pytest.fixture(scope="module")
def registry() -> Iterator[SchemaRegistryClient]:
    with serving() as url:
        client = SchemaRegistryClient({"url": url})
        with client:
            yield client


def context(topic: Topic) -> SerializationContext:
    return SerializationContext(topic.name, MessageField.VALUE)


def serializer(registry: SchemaRegistryClient) -> AvroSerializer:
    write: AvroSerializer = AvroSerializer(registry, conf={"auto.register.schemas": False, "use.latest.version": True})
    return write


def with_moments(value: Any, type_: Any, named: dict[str, Any]) -> Any:
    """A made-up record whose instants are ones that a `datetime` can hold: any long is none."""
    if isinstance(type_, list):
        return None if value is None else with_moments(value, next(each for each in type_ if each != "null"), named)
    if isinstance(type_, str):
        return with_moments(value, named[type_], named) if type_ in named else value
    match type_["type"]:
        case "record":
            return {
                field["name"]: with_moments(value[field["name"]], field["type"], named) for field in type_["fields"]
            }
        case "array":
            return [with_moments(item, type_["items"], named) for item in value]
        case "map":
            return {key: with_moments(item, type_["values"], named) for key, item in value.items()}
    return MOMENT if type_.get("logicalType") == "timestamp-micros" else value


def as_ours(value: Any) -> Any:
    """Instants as our codec has them: whole microseconds."""
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    if isinstance(value, dict):
        return {key: as_ours(item) for key, item in value.items()}
    return [as_ours(item) for item in value] if isinstance(value, list) else value


def named_types(node: Any) -> dict[str, Any]:
    """Every record that a schema defines, by its name: further on it is only named."""
    inner = node if isinstance(node, list) else list(node.values()) if isinstance(node, dict) else []
    found = {name: type_ for each in inner for name, type_ in named_types(each).items()}
    return found | ({node["name"]: node} if isinstance(node, dict) and "fields" in node else {})


def made(topic: Topic) -> list[Record]:
    schema = newest(topic.subject).schema
    named = named_types(schema)
    return [with_moments(each, schema, named) for each in generate_many(fastavro.parse_schema(_plain(schema)), 20)]


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _plain(value) for name, value in node.items() if name != "logicalType"}
    return [_plain(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("topic", WITH_SCHEMA, ids=lambda topic: topic.name)
def test_their_deserializer_reads_what_we_write(topic: Topic, registry: SchemaRegistryClient) -> None:
    read = AvroDeserializer(registry)
    for record in made(topic):
        assert as_ours(read(encode(topic, record), context(topic))) == record


@pytest.mark.parametrize("topic", WITH_SCHEMA, ids=lambda topic: topic.name)
def test_we_read_what_their_serializer_writes(topic: Topic, registry: SchemaRegistryClient) -> None:
    write = serializer(registry)
    for record in made(topic):
        written = write(record, context(topic))
        assert written is not None
        assert decode(topic, written) == record
        assert written == encode(topic, record), "one record, one sequence of bytes"


def test_an_id_that_the_registry_has_not_is_refused_there_too(registry: SchemaRegistryClient) -> None:
    value = bytearray(encode(RAW_BUILDS, made(RAW_BUILDS)[0]))
    value[1:5] = (9999).to_bytes(4, "big")
    with pytest.raises(Exception, match="nothing at"):
        AvroDeserializer(registry)(bytes(value), context(RAW_BUILDS))


def test_through_a_broker_in_both_directions(kafka: KafkaSettings, registry: SchemaRegistryClient) -> None:
    ensure(kafka, (RAW_BUILDS,))
    name = kafka.name(RAW_BUILDS)
    given = [json.loads(EVERY_FIELD.read_text()), event(2)]
    ours = encode_batch(RAW_BUILDS, Head("a" * 32, 0, 2, 2, 0), [encode_event(RAW_BUILDS, each) for each in given])
    theirs = serializer(registry)(decode(RAW_BUILDS, ours) | {"producer_id": "b" * 32}, context(RAW_BUILDS))
    client = producer(kafka)
    client.produce(name, ours, partition=0)
    client.produce(name, theirs, partition=1)
    assert client.flush(30) == 0

    values = {message.partition(): message.value() for message in messages(kafka, RAW_BUILDS)}
    read = AvroDeserializer(registry)(values[0], context(RAW_BUILDS))
    assert as_ours(read) == decode(RAW_BUILDS, ours)
    assert read["events"][0]["project"] == given[0]["project"]
    by_producer = {record["producer_id"]: record["events"] for _, record in records(kafka, RAW_BUILDS)}
    assert by_producer["b" * 32] == by_producer["a" * 32]
