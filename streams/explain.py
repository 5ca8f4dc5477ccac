"""`headcount explain build-event`: what scrubbing leaves of one raw event, field by field, by the code that streams run.

A row a field: `field`, `class`, `before`, `after`, `why`. A private package's row is shown where it stood, as the one
row that all private packages of its list become.
"""

import itertools
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from headcount.errors import HeadcountError
from headcount.settings import load
from schemas.batches import Head, encode_batch, encode_event
from schemas.codec import decode
from schemas.errors import RefusedError
from schemas.refusals import MEANING
from schemas.registry import newest
from schemas.topics import RAW_BUILDS
from streams.builds.judge import Judge, event_id, presentable
from streams.scrub.names import PRIVATE
from streams.scrub.names import load as load_names
from streams.scrub.why import why

Record = dict[str, Any]
Row = dict[str, Any]

STDIN: Final = "-"
UNKNOWN_FIELD: Final = "the schema has no such field: it is never sent"
UNKNOWN_KEY: Final = "the keys of this map are a closed list: another one is dropped"
FOLDED: Final = "all private packages of a list become one row: their versions would tell them apart"
NOTHING: Final = "nothing was given here"
FORMED: Final = (
    "kept in the clean record's form: a time as microseconds since 1970, success with status normal only, "
    "a checked word that is wrong as (other)"
)
_TEXT_WIDTH: Final = 60


def explain(given: Mapping[str, Any], judge: Judge, received_at: int) -> tuple[list[Row], RefusedError | None]:
    """Give the rows of an event, and why it would be refused: then `after` is what its dead letter holds.

    Raises HeadcountError where it does not fit the schema.
    """
    raw = _decoded(given)
    refused = None
    try:
        event_id(raw)
        after = _unfolded(raw, judge.accept(raw, received_at), judge, received_at)
    except RefusedError as error:
        refused, after = error, presentable(raw, judge.scrub(raw))
    schema = _event_schema()
    walk = _Walk(schema)
    return [*walk.record(schema, raw, after, ""), *walk.unknown(schema, given, "")], refused


def _event_schema() -> Mapping[str, Any]:
    events: Mapping[str, Any] = newest(RAW_BUILDS.subject).schema["fields"][-1]["type"]["items"]
    return events


def _decoded(given: Mapping[str, Any]) -> Record:
    """Write and read the event as a producer and streams do, so that defaults and types are those of the schema."""
    event = dict(given)
    if isinstance(event.get("config"), dict):
        event["config"] = {
            name: part if part is None or isinstance(part, str) else json.dumps(part, ensure_ascii=False)
            for name, part in event["config"].items()
        }
    try:
        encoded = encode_event(RAW_BUILDS, event)
    except Exception as error:  # what does not fit makes fastavro raise nearly anything
        raise HeadcountError(
            f"this is no build event: {error}",
            where=RAW_BUILDS.subject,
            do="compare it with `headcount schemas show 1`",
        ) from error
    record: Record = decode(RAW_BUILDS, encode_batch(RAW_BUILDS, Head("0" * 32, 0, 1, 1, 0), [encoded]))["events"][0]
    return record


def _unfolded(raw: Record, clean: Record, judge: Judge, received_at: int) -> Record:
    """Put each package's own clean row where its raw one stands, by judging it alone."""
    alone = raw | {"config": None, "collectors": {}, "steps": []}
    packages: Record = {}
    for ecosystem, scopes in (raw["packages"] or {}).items():
        packages[ecosystem] = {}
        for scope, rows in scopes.items():
            empty: Record = {name: {each: [] for each in parts} for name, parts in raw["packages"].items()}
            judged = []
            for row in rows:
                empty[ecosystem][scope] = [row]
                judged += judge.accept(alone | {"packages": empty}, received_at)["packages"][ecosystem][scope]
            packages[ecosystem][scope] = judged
    return clean | {"packages": packages or clean["packages"]}


def _records(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every record that a schema defines: it may be named again further on."""
    if isinstance(node, list):
        for branch in node:
            yield from _records(branch)
    elif isinstance(node, Mapping):
        if "fields" in node:
            yield node
        for inner in (*(field["type"] for field in node.get("fields", ())), node.get("items"), node.get("values")):
            yield from _records(inner)


class _Walk:
    """Goes through schema, raw and clean event together."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._named: dict[str, Mapping[str, Any]] = {record["name"]: record for record in _records(schema)}

    def record(self, schema: Mapping[str, Any], before: Any, after: Any, path: str) -> Iterator[Row]:
        is_private = path.startswith("packages.") and isinstance(after, dict) and after.get("name") == PRIVATE
        for field in schema["fields"]:
            name = field["name"]
            rows = self._value(field["type"], field, before[name], after and after.get(name), path + name)
            for row in rows:
                yield row | {"why": FOLDED} if is_private and name != "name" else row

    def _value(self, type_: Any, field: Mapping[str, Any], before: Any, after: Any, path: str) -> Iterator[Row]:
        type_ = self._resolved(type_)
        kind = type_["type"] if isinstance(type_, Mapping) else type_
        if kind == "record" and before is not None:
            yield from self.record(type_, before, after, f"{path}.")
        elif kind == "array" and before:
            # Less may be left: the extras of a private package go with its name, and long lists are cut.
            for number, (one, other) in enumerate(itertools.zip_longest(before, after or ())):
                yield from self._value(type_["items"], field, one, other, f"{path}[{number}]")
        elif kind == "map" and before:
            for key, one in before.items():
                if key in (after or ()):
                    yield from self._value(type_["values"], field, one, after[key], f"{path}.{key}")
                else:
                    yield _row(f"{path}.{key}", "drop", one, None, UNKNOWN_KEY)
        else:
            yield _row(path, field["pii"], before, after, _why(kind, field, before, after))

    def unknown(self, schema: Any, given: Any, path: str) -> Iterator[Row]:
        """Give a row to each field of the given event that the schema has not: it is in no raw record."""
        schema = self._resolved(schema)
        if isinstance(given, Mapping) and isinstance(schema, Mapping) and schema["type"] == "record":
            fields = {field["name"]: field for field in schema["fields"]}
            for name, value in given.items():
                if name in fields:
                    yield from self.unknown(fields[name]["type"], value, f"{path}{name}.")
                else:
                    yield _row(f"{path}{name}", "drop", value, None, UNKNOWN_FIELD)
        elif isinstance(given, list) and isinstance(schema, Mapping) and schema["type"] == "array":
            for number, item in enumerate(given):
                yield from self.unknown(schema["items"], item, f"{path[:-1]}[{number}].")
        elif isinstance(given, Mapping) and isinstance(schema, Mapping) and schema["type"] == "map":
            for key, value in given.items():
                yield from self.unknown(schema["values"], value, f"{path}{key}.")

    def _resolved(self, type_: Any) -> Any:
        if isinstance(type_, list):
            type_ = next(branch for branch in type_ if branch != "null")
        return self._named.get(type_, type_) if isinstance(type_, str) else type_


def _why(kind: str, field: Mapping[str, Any], before: Any, after: Any) -> str:
    if kind in ("record", "array", "map"):
        return NOTHING
    return FORMED if field["pii"] == "keep" and before != after else why(field)


def _row(field: str, class_: str, before: Any, after: Any, reason: str) -> Row:
    return {"field": field, "class": class_, "before": before, "after": after, "why": reason}


def _event_of(file: str) -> Record:
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
        event = json.loads(text)
    except OSError as error:
        raise HeadcountError(
            f"the file cannot be read: {error.strerror}", where=file, do="name another file, or - for stdin"
        ) from error
    except (ValueError, RecursionError) as error:
        raise HeadcountError(f"this is no JSON: {error}", where=file, do="give the JSON of one event") from error
    if not isinstance(event, dict):
        raise HeadcountError("this is no JSON object", where=file, do="give the JSON of one event")
    return event


def _as_text(row: Row) -> str:
    before, after = (json.dumps(row[name], ensure_ascii=False) for name in ("before", "after"))
    change = _cut(after) if before == after else f"{_cut(before)} → {_cut(after)}"
    return f"{row['field']}  {change}\n    {row['class']}; {row['why']}"


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_WIDTH else text[: _TEXT_WIDTH - 1] + "…"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
@click.argument("file")
def build_event(file: str, as_json: bool) -> None:
    """Show field by field what scrubbing leaves of the raw build event in FILE. FILE is its JSON; - is stdin.

    Example: headcount build --dry-run --project kiln --version latest -- make html | headcount explain build-event -
    """
    judge = Judge(load_names(load(os.environ).public_names))
    received_at = int(datetime.now(UTC).timestamp() * 1_000_000)
    rows, refused = explain(_event_of(file), judge, received_at)
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _as_text(row))
    if refused is not None:
        click.echo(f"refused as {refused.reason}: {MEANING[refused.reason]}; shown is its dead letter", err=True)
