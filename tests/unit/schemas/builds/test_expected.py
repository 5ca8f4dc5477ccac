"""M2: when a field or a datum is expected. Fixtures are builds as hosts give them; each field is expected in one."""

import json
from copy import deepcopy
from typing import Any

import pytest

from schemas.builds.expected import COLLECTORS, FIELDS, Facts, is_known
from schemas.builds.filled import fields, masks
from schemas.builds.latest import PARTS
from schemas.registry import newest
from schemas.topics import CLEAN_BUILDS
from tests.integration.sink.records import build_event, collector

Record = dict[str, Any]


def leaves(node: Any, path: str, named: dict[str, Any]) -> set[str]:
    """Every field of a schema that holds no record, as a dotted path."""
    if isinstance(node, list):
        return {leaf for branch in node if branch != "null" for leaf in leaves(branch, path, named)}
    if isinstance(node, str) and node in named:
        node = named[node]
    if isinstance(node, dict) and "fields" in node:
        named[node["name"]] = node
        return {
            leaf
            for field in node["fields"]
            for leaf in leaves(field["type"], f"{path}.{field['name']}".removeprefix("."), named)
        }
    inner = (node.get("items") or node.get("values")) if isinstance(node, dict) else None
    return leaves(inner, path, named) if inner is not None else {path}


def schema_fields() -> set[str]:
    batch = newest(CLEAN_BUILDS.subject).schema
    events = next(field for field in batch["fields"] if field["name"] == "events")
    return leaves(events["type"], "", {})


def expected(event: Record) -> set[str]:
    return set(fields(masks(Facts(event))[0]))


def filled(event: Record) -> set[str]:
    return set(fields(masks(Facts(event))[1]))


def lost(event: Record) -> set[str]:
    return expected(event) - filled(event)


def pinned_build() -> Record:
    event = build_event("1")
    event["organization"] = {"id": "41", "slug": "pottery"}
    event["version"]["kind"] = "branch"
    event["build"]["flags"] = ["latest_sphinx"]
    event["image"]["digest"] = "sha256:" + "0" * 64
    event["packages"]["pip"]["declared"][0] |= {"constraint": "pinned", "version": "8.1.3", "extras": ["docs"]}
    event["packages"]["apt"]["declared"] = [{"name": "graphviz", "version": "2.42.2-9"}]
    event["collectors"]["pip_declared"] |= {"unnamed": {"url": 1}}
    return event


def conda_build() -> Record:
    return build_event("2", conda=(("numpy", "conda-forge", "2.1.0"),))


def failed_build() -> Record:
    return build_event("3", success=False, statuses={"os": "error"}) | {"doctool": NO_TOOL}


def pypy_build() -> Record:
    python = {"version": "3.10.14", "implementation": "PyPy", "implementation_version": "7.3.17"}
    return build_event("4") | {"python": python}


def with_error() -> Record:
    event = build_event("5")
    event["collectors"]["apt_all"] |= {"status": "error", "error": "exit:1"}
    return event


NO_TOOL = {"name": None, "version": None, "extensions": [], "html_theme": None, "source": None}
FIXTURES = (pinned_build, conda_build, failed_build, pypy_build, with_error)


def test_M2_every_field_of_the_clean_schema_is_in_the_table() -> None:
    assert len(schema_fields()) > 60
    assert schema_fields() == FIELDS.keys()


def test_M2_each_field_is_expected_and_filled_in_some_build() -> None:
    """A field that is never expected is an error: nobody would see it go."""
    events = [make() for make in FIXTURES]
    assert FIELDS.keys() - set().union(*map(expected, events)) == set()
    assert FIELDS.keys() - set().union(*map(filled, events)) == set()


def test_M2_each_collector_is_expected_in_some_build() -> None:
    found = [Facts(make()) for make in FIXTURES]
    assert [name for name, rule in COLLECTORS.items() if not any(map(rule, found))] == []
    assert COLLECTORS.keys() == set(PARTS)


READ_BY_RULES = frozenset({"build.status", "build.failure.stage", "collectors.status", "kind"})
"""Never null in the schema."""


@pytest.mark.parametrize("path", sorted(FIELDS.keys() - READ_BY_RULES))
def test_M2_a_value_that_goes_is_lost_where_it_is_expected(path: str) -> None:
    """Each field alone is emptied in a build that has it; what a host may leave out is then not expected."""
    event = next(event for event in (make() for make in FIXTURES) if path in filled(event))
    emptied = deepcopy(event)
    *above, name = path.split(".")
    holders: list[Any] = [emptied]
    for part in above:
        holders = [item for holder in holders for item in _items(holder[part])]
    for holder in holders:
        holder[name] = None
    assert path not in filled(emptied)
    if FIELDS[path] is None:
        assert path not in expected(emptied)
    elif path not in ("python.implementation", "os.id", "doctool.name", "packages.pip.declared.constraint"):
        assert path in lost(emptied)


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if (
        isinstance(value, dict)
        and value
        and all(isinstance(item, dict) and "status" in item for item in value.values())
    ):
        return list(value.values())
    return [value]


def test_M2_false_and_zero_are_values() -> None:
    assert {"project.private", "collectors.private", "collectors.truncated"} <= filled(build_event("1"))


@pytest.mark.parametrize(
    ("statuses", "final", "is_expected"),
    [
        ({"conda_all": "empty"}, None, False),
        ({"conda_all": "missing"}, None, False),
        ({"conda_all": "missing"}, {"conda": {"environment": "<path>"}}, True),
        ({"conda_all": "missing"}, {"conda": None, "build": {"tools": {"python": "mambaforge-22.9"}}}, True),
        ({"conda_all": "missing"}, {"build": {"tools": {"python": {"version": "miniconda3-4.7"}}}}, True),
        ({"conda_all": "missing"}, {"build": {"tools": {"python": {"version": "3.12"}}}}, False),
        ({"conda_all": "missing"}, ["conda"], False),
        ({"conda_all": "error"}, None, True),
        ({"conda_all": "timeout"}, None, True),
        ({"conda_all": "ok"}, None, True),
    ],
)
def test_M2_conda_is_expected_in_conda_environments(statuses: dict[str, str], final: Any, is_expected: bool) -> None:
    event = build_event("1", statuses=statuses)
    event["config"]["final"] = None if final is None else json.dumps(final)
    assert COLLECTORS["conda_all"](Facts(event)) is is_expected
    assert ("packages.conda.all.name" in expected(event)) is is_expected


def test_M2_a_container_that_went_says_nothing_of_conda() -> None:
    event = build_event("1")
    event["collectors"]["conda_all"] = collector("error", error="container_gone")
    assert not COLLECTORS["conda_all"](Facts(event))


@pytest.mark.parametrize(
    ("tool", "is_expected"), [("sphinx", True), ("mkdocs", True), ("generic", False), (None, False)]
)
def test_M2_extensions_and_theme_are_expected_with_sphinx_or_mkdocs(tool: str | None, is_expected: bool) -> None:
    event = build_event("1") | {"doctool": NO_TOOL | {"name": tool}}
    for path in ("doctool.extensions", "doctool.html_theme"):
        assert (path in expected(event)) is is_expected
        assert path not in filled(event)


def test_M2_root_is_expected_where_all_is_ok() -> None:
    for status, is_expected in (("ok", True), ("empty", False), ("missing", False), ("error", False)):
        event = build_event("1", statuses={"pip_all": status, "pip_root": "error"})
        assert COLLECTORS["pip_root"](Facts(event)) is is_expected
        assert ("packages.pip.root.name" in expected(event)) is is_expected


def test_M2_the_users_config_is_expected_where_a_file_was_found() -> None:
    for status, is_expected in (("ok", True), ("error", True), ("empty", False), ("missing", False)):
        event = build_event("1", user=None, statuses={"config_user": status})
        assert COLLECTORS["config_user"](Facts(event)) is is_expected
        assert ("config.user" in lost(event)) is is_expected


def test_M2_the_version_is_always_expected() -> None:
    event = build_event("1", version=None, success=False)
    event["build"] |= {"status": "lost", "failure": {"stage": "clone", "error": None}}
    assert {"version.id", "version.slug"} <= lost(event)


@pytest.mark.parametrize("stage", ["clone", "config", "environment"])
def test_M2_nothing_is_expected_of_a_container_that_never_was(stage: str) -> None:
    event = build_event("1", success=False, statuses=dict.fromkeys(PARTS, "missing"))
    event["build"]["failure"] = {"stage": stage, "error": "unknown_key"}
    assert [name for name, rule in COLLECTORS.items() if rule(Facts(event))] == []


@pytest.mark.parametrize("stage", ["install", "build", "upload"])
def test_M2_a_failure_in_the_container_excuses_no_collector(stage: str) -> None:
    event = build_event("1", success=False)
    event["build"]["failure"] = {"stage": stage, "error": "exit:1"}
    assert {"pip_all", "python", "os", "doctool", "apt_all"} <= {
        n for n, rule in COLLECTORS.items() if rule(Facts(event))
    }


def test_M2_apt_is_expected_where_there_is_dpkg() -> None:
    for system, is_expected in (("ubuntu", True), ("debian", True), (None, True), ("alpine", False), ("macos", False)):
        event = build_event("1", statuses={"apt_all": "missing"}) | {
            "os": {"name": None, "version": None, "id": system}
        }
        assert COLLECTORS["apt_all"](Facts(event)) is is_expected


def test_M2_a_collector_that_nobody_told_of_is_missing() -> None:
    event = build_event("1") | {"collectors": {}}
    assert not is_known(Facts(event).collector("pip_all"))
    assert COLLECTORS["pip_all"](Facts(event))


def test_M2_a_cut_list_is_no_knowledge() -> None:
    assert [is_known(collector(status)) for status in ("ok", "empty", "missing", "error", "timeout")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert not is_known(collector("ok", truncated=True))
