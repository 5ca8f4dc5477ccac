"""Everything that exists behind the raw topic, as text, and the search for canaries in it.

A place is read whole and searched at once: what is looked for are some two hundred words in some ten million characters.
"""

import gzip
import html
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from headcount.kafka import TopicPartition, admin, consumer
from headcount.postgres import Connection, sql
from headcount.settings import KafkaSettings
from tests.canaries import CANARIES, forms

Place = tuple[str, str]
"""Where, and all the text that is there."""

PARTS = (
    "canary.person",
    "canaryuser",
    "canarywin",
    "canarybuildbox",
    "hunter2",
    "canary-corp",
    "canaryCanary",
    "C4n4ry",
)
"""What gives a person or a token away, even when the canary around it was cut."""


@cache
def wanted(canary: str) -> set[str]:
    """Every form in lower case; beside those of `forms` the two in which JSON and HTML write it."""
    return {form.lower() for form in (*forms(canary), json.dumps(canary)[1:-1], html.escape(canary))}


def found(text: str) -> dict[str, int]:
    """The canaries, and parts of canaries, that a text holds in any form, and where."""
    lower = text.lower()
    places = {canary: max(map(lower.find, wanted(canary))) for canary in (*CANARIES, *PARTS)}
    return {canary: at for canary, at in places.items() if at >= 0}


def leaks(places: Iterable[Place]) -> Iterator[str]:
    """What was found, one line each, with what stands around it; nothing where all is well."""
    for where, text in places:
        for canary, at in found(text).items():
            yield f"{where}: {canary!r} in {text[max(0, at - 120) : at + 120]!r}"


def topics(settings: KafkaSettings) -> list[str]:
    """Every topic under the prefix, ours or not."""
    names = admin(settings).list_topics(timeout=30).topics
    return sorted(name for name in names if name.startswith(settings.topic_prefix))


def topic_text(settings: KafkaSettings, name: str) -> Place:
    """Keys, values and headers of all records, also those of transactions that did not commit."""
    client = consumer(
        settings,
        group_id="privacy",
        isolation_level="read_uncommitted",
        enable_partition_eof=True,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    count = len(client.list_topics(name, timeout=30).topics[name].partitions)
    client.assign([TopicPartition(name, partition, 0) for partition in range(count)])
    parts: list[bytes] = []
    ended = 0
    try:
        while ended < count:
            for message in client.consume(1000, 0.05):
                if message.error() is not None:
                    ended += 1
                    continue
                pairs: Any = message.headers() or ()
                parts += [part for key, value in pairs for part in (key.encode(), value or b"")]
                parts += [message.key() or b"", message.value() or b""]
    finally:
        client.close()
    return f"topic {name}", b"\n".join(parts).decode("latin-1")


_RELATIONS = """
    SELECT namespace.nspname, class.relname,
        (SELECT array_agg(attname::text) FROM pg_attribute
         WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND atttypid = 'bytea'::regtype)
    FROM pg_class AS class
    JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND namespace.nspname NOT IN ('pg_catalog', 'information_schema') AND namespace.nspname NOT LIKE 'pg_toast%'
    ORDER BY 1, 2
"""


def database_text(connection: Connection[Any]) -> Iterator[Place]:
    """Every table and view of every schema that is not Postgres' own; bytes also as the text that they spell."""
    for schema, name, byte_columns in connection.execute(_RELATIONS.encode()).fetchall():
        relation = sql.Identifier(schema, name)
        rows = connection.execute(sql.SQL("SELECT row::text FROM {} AS row").format(relation)).fetchall()
        parts = [row[0] or "" for row in rows]
        for column in byte_columns or ():
            spelt = sql.SQL("SELECT encode({}, 'escape') FROM {}").format(sql.Identifier(column), relation)
            parts += [row[0] or "" for row in connection.execute(spelt).fetchall()]
        yield f"{schema}.{name}", "\n".join(parts)


def file_text(folder: Path) -> Iterator[Place]:
    """Every file in a folder, what compressed ones hold, and their names."""
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("latin-1")
        yield f"file {path.relative_to(folder)}", f"{path.name}\n{text}"
