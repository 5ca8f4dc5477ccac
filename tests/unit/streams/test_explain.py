"""`explain build-event` says what streams really do: its `after` is the clean event, its `why` is in words."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headcount.cli import cli
from schemas.batches import Head, encode_batch, encode_event
from schemas.codec import decode
from schemas.refusals import Reason
from schemas.topics import RAW_BUILDS
from streams.builds.judge import Judge
from streams.explain import FOLDED, UNKNOWN_FIELD, UNKNOWN_KEY, explain
from streams.scrub.names import load
from streams.scrub.rules import rules
from streams.scrub.why import CLASSES, RULES, why
from tests.build_events import event
from tests.canaries import CANARIES, PERSONAL, found_in
from tests.planted_event import full_event, is_own, plant

Record = dict[str, Any]
NAMES = load()
JUDGE = Judge(NAMES)
RECEIVED = 1_790_000_000_000_000
EXAMPLES = sorted((Path(__file__).parents[2] / "data" / "schemas" / RAW_BUILDS.name).glob("*.pass.json"))


def rows_of(given: Record) -> dict[str, Record]:
    rows, _ = explain(given, JUDGE, RECEIVED)
    assert len({row["field"] for row in rows}) == len(rows)
    return {row["field"]: row for row in rows}


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """A value by its path, as the rows name it; what is empty is a leaf."""
    if isinstance(value, dict) and value:
        return {k: v for name, item in value.items() for k, v in leaves(item, f"{path}.{name}").items()}
    if isinstance(value, list) and value:
        return {k: v for number, item in enumerate(value) for k, v in leaves(item, f"{path}[{number}]").items()}
    return {path.removeprefix("."): value}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_after_is_what_streams_make_of_the_event(path: Path) -> None:
    given = json.loads(path.read_text())
    raw = decode(RAW_BUILDS, encode_batch(RAW_BUILDS, Head("a" * 32, 0, 1, 1, 0), [encode_event(RAW_BUILDS, given)]))
    expected = leaves(JUDGE.accept(raw["events"][0], RECEIVED))
    shown = {
        name: value for row in rows_of(given).values() for name, value in leaves(row["after"], row["field"]).items()
    }
    # `private` is counted by streams: the raw event has no such field.
    assert shown == {name: value for name, value in expected.items() if not name.endswith(".private")} | {
        "project.private": expected["project.private"]
    }


@pytest.mark.parametrize("canary", CANARIES)
def test_any_event_is_explained_and_nothing_planted_is_said_to_be_left(canary: str) -> None:
    for path, spoilt in plant(full_event(), canary):
        rows = rows_of(spoilt)
        left = [(row["after"], row["why"], row["class"]) for row in rows.values()]
        assert is_own(path, canary) or not found_in(json.dumps(left, ensure_ascii=False)), path


def test_the_extras_of_a_private_package_go_with_its_name() -> None:
    given = full_event()
    given["packages"]["pip"]["declared"] = [
        {
            "name": "canary-secret-package",
            "constraint": "none",
            "specifier": None,
            "version": None,
            "extras": ["docs"],
            "conditional": False,
        }
    ]
    row = rows_of(given)["packages.pip.declared[0].extras[0]"]
    assert (row["before"], row["after"], row["why"]) == ("docs", None, FOLDED)


def test_a_private_image_says_nothing_of_packages() -> None:
    rows = rows_of(full_event() | {"image": {"os": None, "name": "a@b", "digest": "x"}})
    assert rows["image.name"]["after"] == "(private)"
    assert FOLDED not in (rows["image.name"]["why"], rows["image.digest"]["why"])


def test_a_private_package_is_shown_where_it_stood_and_why() -> None:
    given = event(1)
    given["packages"]["pip"]["all"] = [
        {"name": "Sphinx", "version": "8.1.3+acme.2"},
        {"name": "acme-secret-theme", "version": "4.5.6"},
        {"name": "docutils", "version": "0.21"},
    ]
    given["packages"]["conda"]["all"] = [{"name": "numpy", "channel": "https://conda.acme.test/main", "version": "2.0"}]
    rows = rows_of(given)
    assert (rows["packages.pip.all[0].name"]["before"], rows["packages.pip.all[0].name"]["after"]) == (
        "Sphinx",
        "sphinx",
    )
    assert rows["packages.pip.all[0].version"]["after"] == "8.1.3"
    assert rows["packages.pip.all[1].name"]["after"] == "(private)"
    assert rows["packages.pip.all[1].version"] == {
        "field": "packages.pip.all[1].version",
        "class": "coarsen",
        "before": "4.5.6",
        "after": None,
        "why": FOLDED,
    }
    assert rows["packages.pip.all[2].name"]["after"] == "docutils"
    assert rows["packages.conda.all[0].name"]["after"] == "(private)"


def test_what_the_schema_does_not_know_is_dropped_and_said() -> None:
    given = event(1) | {"hostname": "builder-7.acme.test"}
    given["project"]["owner_email"] = "a@acme.test"
    given["packages"]["pip"]["all"][0]["home_page"] = "x"
    given["collectors"]["acme"] = {"status": "ok", "count": 1, "duration_ms": 1, "error": None}
    rows = rows_of(given)
    for field in ("hostname", "project.owner_email", "packages.pip.all[0].home_page"):
        assert (rows[field]["class"], rows[field]["after"], rows[field]["why"]) == ("drop", None, UNKNOWN_FIELD)
    assert (rows["collectors.acme"]["after"], rows["collectors.acme"]["why"]) == (None, UNKNOWN_KEY)


@pytest.mark.parametrize("canary", PERSONAL)
def test_no_canary_is_in_any_after(canary: str) -> None:
    given = event(1)
    given["project"]["slug"] = given["python"]["implementation"] = given["doctool"]["html_theme"] = canary
    given["config"]["user"] = {"build": {"os": canary, "commands": [canary]}}
    given["packages"]["apt"]["all"] = [{"name": canary, "version": canary}]
    assert not found_in(json.dumps([row["after"] for row in rows_of(given).values()]))


def test_a_refused_event_is_shown_as_its_dead_letter() -> None:
    given = event(1)
    given["kind"], given["build"]["started_at"] = "build_started", "yesterday"
    rows, refused = explain(given, JUDGE, RECEIVED)
    after = {row["field"]: row["after"] for row in rows}
    assert refused is not None
    assert refused.reason is Reason.KIND
    assert (after["kind"], after["build.started_at"]) == ("(other)", "(other)")


def test_every_class_and_rule_has_words() -> None:
    assert set(RULES) == set(rules(NAMES)) | {"unnamed"}
    for field in ({"pii": name} for name in CLASSES):
        assert why(field)


def run(*words: str, text: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["explain", "build-event", *words], input=text, catch_exceptions=True)
    return result.exit_code, result.stdout, str(result.exception or result.stderr)


def test_json_is_a_row_a_line() -> None:
    code, out, _ = run("-", "--json", text=json.dumps(event(1)))
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert {frozenset(row) for row in rows} == {frozenset({"field", "class", "before", "after", "why"})}
    assert "project.slug" in {row["field"] for row in rows}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "this is no JSON"),
        ("[1]", "this is no JSON object"),
        (json.dumps(event(1) | {"steps": "none"}), "this is no build event"),
        (json.dumps(event(1) | {"project": {"id": 3}}), "this is no build event"),
    ],
)
def test_what_is_no_event_is_said(text: str, what: str) -> None:
    code, out, error = run("-", text=text)
    assert (code, out) == (1, "")
    assert what in error


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    code, _, error = run(str(tmp_path / "none.json"))
    assert code == 1
    assert "none.json" in error
