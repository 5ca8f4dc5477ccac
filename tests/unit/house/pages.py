"""Pages of docs/ that are written from the code: `make docs` writes them, a test holds them to it.

metrics.md, settings.md and rows.md are written whole; of privacy.md only what stands under its marker, the data dictionary.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from headcount.metrics import Metrics
from headcount.settings import SETTINGS, KafkaSettings, ProcessSettings, RetentionSettings, SpoolSettings, variable
from schemas.registry import newest
from schemas.topics import (
    ALL,
    CLEAN_BUILDS,
    DEAD_BUILDS,
    DEAD_DOWNLOADS,
    LATEST_BUILDS,
    RAW_BUILDS,
    RAW_DOWNLOADS,
    Stage,
    Topic,
)
from streams.scrub.why import CLASSES, RULES
from tests.unit.house.rows import rows_page
from tests.unit.house.tree import ROOT

DOCS = ROOT / "docs"
MARKER = "<!-- Below this line `make docs` writes. -->"
HOUR_MS = 3_600_000

METRICS = """\
# Metrics

Every process serves these on `/metrics`, in Prometheus' text format, and sets those that concern it. `headcount status`
says where each one listens. No label holds anything that a client controls: `partition`, `topic` and `process` are our own
numbers and names. Alerts on them are in `deploy/prometheus/alerts.yml`, and [operate.md](operate.md) says what to do.

{table}

Written by `make docs` from `headcount/metrics.py`.
"""
SETTINGS_WORDS = """\
# Settings

A process reads its settings once, at its start, and stops with a line that names what is wrong. Inside a host
(`headcount build`, the publisher) that is one line, and the host goes on. A name that begins with `HEADCOUNT_` and is not
in this table is refused, so that a slip of the pen does not go unseen.

`HEADCOUNT_CONFIG` may name a TOML file with the same names in lower case without the prefix (`kafka = "kafka:9092"`); a
variable wins over the file. An empty variable counts as not set.

{table}

Written by `make docs` from `headcount/settings.py`.
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def metrics_page() -> str:
    rows: list[tuple[str, ...]] = []
    for metric in vars(Metrics()).values():
        for described in metric.describe() if hasattr(metric, "describe") else ():
            suffix = "_total" if described.type == "counter" else ""
            # prometheus_client tells the labels of a metric that has no sample yet nowhere else.
            labels = ", ".join(map(code, metric._labelnames))
            rows.append((code(described.name + suffix), described.type, labels, described.documentation))
    return METRICS.format(table=table(("metric", "type", "labels", "what"), sorted(rows)))


def _defaults() -> dict[str, str]:
    where = {"replication_factor": "kafka_replication_factor", "max_bytes": "spool_bytes"}
    known = [
        each for made in (ProcessSettings, KafkaSettings, SpoolSettings, RetentionSettings) for each in fields(made)
    ]
    return {
        where.get(each.name, each.name): str(each.default) for each in known if isinstance(each.default, int | str)
    } | {
        "state_dir": "`headcount` in the user's data folder",
        "spool_dir": "`spool` in the state folder",
    }


def settings_page() -> str:
    defaults = _defaults()
    rows = [
        (
            code(variable(name)),
            setting.doc + (" Shown in no log and no message." if setting.secret else ""),
            setting.allowed,
            defaults.get(name, ""),
        )
        for name, setting in SETTINGS.items()
    ]
    return SETTINGS_WORDS.format(table=table(("variable", "what", "allowed", "default"), rows))


def walk(node: Any, path: str, seen: set[str]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every field: its path, itself, and the name of the record type where that was listed before and is not again."""
    if isinstance(node, list):
        for branch in node:
            yield from walk(branch, path, seen)
    elif isinstance(node, dict):
        if "fields" in node:
            seen.add(node["name"])
        for field in node.get("fields", ()):
            where = f"{path}.{field['name']}".removeprefix(".")
            yield where, field, _named_before(field["type"], seen)
            yield from walk(field["type"], where, seen)
        yield from walk(node.get("items"), f"{path}[]", seen)
        yield from walk(node.get("values"), f"{path}.*", seen)


def _named_before(type_: Any, seen: set[str]) -> str:
    if isinstance(type_, list):
        return "".join(_named_before(branch, seen) for branch in type_)
    if isinstance(type_, dict) and "fields" not in type_:
        return _named_before(type_.get("items") or type_.get("values"), seen)
    return type_ if isinstance(type_, str) and type_ in seen else ""


def listed(topic: Topic) -> list[tuple[str, dict[str, Any], str]]:
    return list(walk(newest(topic.subject).schema, "", set()))


def _what_is_done(field: dict[str, Any]) -> str:
    return f"{field['pii']}: {code(field['rule'])}" if "rule" in field else str(field["pii"])


def _life(topic: Topic) -> str:
    settings = topic.settings
    segment = int(settings["segment.ms"]) // HOUR_MS
    if settings["cleanup.policy"] == "compact":
        return "the newest record of each key, until a null takes it away; an older one until the broker compacts"
    retention = int(settings["retention.ms"]) // HOUR_MS
    return f"{_span(retention)}, and at most twice {_span(segment)} more until the broker deletes the file"


def _span(hours: int) -> str:
    return f"{hours // 24} d" if hours % 24 == 0 else f"{hours} h"


_HOLDS = {
    Stage.RAW: ("events as producers sent them", "streams only"),
    Stage.CLEAN: ("scrubbed events and the account of each raw record", "sinks, and any consumer of yours"),
    Stage.LATEST: ("the latest build of each version, scrubbed", "any consumer of yours"),
    Stage.STATE: ("positions, numbers of batches, ids of events: no content", "streams only"),
    Stage.TABLE: ("nothing", "nobody"),
    Stage.DEAD: ("refused events, scrubbed, with the reason", "people; `headcount replay`"),
}


def _topic_table(topic: Topic, rows: list[tuple[str, dict[str, Any], str]], gone_on: set[str] | None) -> str:
    head = ["field", "what it is", "class: rule", *(["goes on"] if gone_on is not None else [])]
    lines: list[Sequence[str]] = []
    for path, field, again in rows:
        doc = field["doc"] + (f" As {code(again)} above." if again else "")
        more = [] if gone_on is None else ["yes" if path in gone_on or f"account.{path}" in gone_on else "no"]
        lines.append([code(path), doc, _what_is_done(field), *more])
    return f"### `{topic.name}`\n\n{table(head, lines)}\n"


def _database() -> str:
    """The columns by what the migrations say of them, the newest word last."""
    said: dict[str, str] = {}
    for path in sorted((ROOT / "sinks" / "migrations").glob("*.sql")):
        pattern = r"COMMENT ON (?:TABLE|COLUMN) (\S+) IS '((?:[^']|'')*)'"
        said |= dict(re.findall(pattern, path.read_text(encoding="utf-8")))
    rows = []
    for name, text in sorted(said.items()):
        match = re.fullmatch(r"(.*?)\s*\[(\w+)\]", text.replace("''", "'"), re.DOTALL)
        assert match is not None, f"{name} has no privacy class"
        rows.append((code(name.partition(".")[2]), match.group(1), match.group(2)))
    return table(("table or column", "what it is", "class"), rows)


def data_dictionary() -> str:
    clean = {path for path, _, _ in listed(CLEAN_BUILDS)}
    raw = {(path, field["doc"]) for path, field, _ in listed(RAW_BUILDS)}
    own = [row for row in listed(CLEAN_BUILDS) if (row[0], row[1]["doc"]) not in raw]
    return "\n".join(
        (
            "## Topics: who reads them, and for how long they last\n",
            table(
                ("topic", "holds", "read by", "lasts"),
                [(code(topic.name), *_HOLDS[topic.stage], _life(topic)) for topic in ALL],
            ),
            "\n## Classes\n",
            table(("class", "what is done"), [(code(name), text) for name, text in CLASSES.items()]),
            "\n## Rules\n",
            table(("rule", "what it lets through"), [(code(name), text) for name, text in sorted(RULES.items())]),
            "\n## Fields\n",
            "What goes on is what the clean topic has as well, and with it Postgres and the latest topic.\n",
            _topic_table(RAW_BUILDS, listed(RAW_BUILDS), clean),
            _topic_table(CLEAN_BUILDS, own, None).replace("v1`\n", "v1`: what it has beside the fields above\n", 1),
            _topic_table(LATEST_BUILDS, listed(LATEST_BUILDS), None),
            _topic_table(DEAD_BUILDS, listed(DEAD_BUILDS), None),
            _topic_table(RAW_DOWNLOADS, listed(RAW_DOWNLOADS), None),
            _topic_table(DEAD_DOWNLOADS, listed(DEAD_DOWNLOADS), None),
            "## Tables in Postgres\n",
            f"{_database()}\n",
        )
    )


def privacy_page() -> str:
    by_hand = (DOCS / "privacy.md").read_text(encoding="utf-8").partition(MARKER)[0]
    return f"{by_hand}{MARKER}\n\n{data_dictionary()}"


PAGES = {"metrics.md": metrics_page, "settings.md": settings_page, "privacy.md": privacy_page, "rows.md": rows_page}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
