"""Scrubbing by the schema's classes: nothing planted comes through, what is public stays, and twice is once."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.registry import newest
from schemas.topics import RAW_BUILDS
from streams.builds.judge import Judge, presentable
from streams.scrub.config import scrub_config
from streams.scrub.names import Names, load
from streams.scrub.rules import rules
from streams.scrub.schema import UnclassifiedError, compile_scrubber
from streams.scrub.text import scrub_patterns, scrub_text
from tests.canaries import CANARIES, PERSONAL, found_in
from tests.planted_event import full_event, is_own, plant, texts_of

Record = dict[str, Any]
NAMES = load()
JUDGE = Judge(NAMES)
RULES = rules(NAMES)
RECEIVED = 1_790_000_000_000_000


@pytest.mark.parametrize("canary", PERSONAL)
@pytest.mark.parametrize("around", ["{}", "see {} there", "({})", "x={}", '"{}",', "{}/more"])
def test_free_text_keeps_no_canary(canary: str, around: str) -> None:
    assert not found_in(scrub_text(around.format(canary)))


@pytest.mark.parametrize(
    "text",
    [
        "latest",
        "stable",
        "v1.2.3",
        "release-2.0.x",
        "feature/login-page",
        "Ubuntu 24.04.1 LTS",
        "3.12.4",
        "1.0.dev20240102",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert scrub_text(text) == text


@given(st.text(max_size=300))
@settings(max_examples=500)
def test_scrubbing_text_is_total_and_idempotent(text: str) -> None:
    for scrub in (scrub_text, scrub_patterns):
        once = scrub(text)
        assert scrub(once) == once
        assert "\0" not in once
        once.encode("utf-8")


@given(st.sampled_from(PERSONAL), st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=500)
def test_a_canary_between_blanks_never_survives(canary: str, before: str, after: str) -> None:
    assert not found_in(scrub_text(f"{before[:20]} {canary} {after[:20]}"))


def test_P1_to_P12_every_text_of_the_schema_is_planted() -> None:
    batch: Any = newest(RAW_BUILDS.subject).schema
    wanted = set(texts_of(batch["fields"][-1]["type"]["items"]))
    planted = {path.replace(".collectors.pip_declared.", ".collectors.*.") for path, _ in plant(full_event(), "x")}
    assert len(wanted) > 40
    assert wanted - planted == set()


@pytest.mark.parametrize("canary", CANARIES)
def test_B44_a_canary_in_any_field_is_in_no_clean_event_and_no_dead_letter(canary: str) -> None:
    planted = 0
    for path, spoilt in plant(full_event(), canary):
        if is_own(path, canary):
            continue
        raw = with_defaults(spoilt)
        assert not found_in(json.dumps(presentable(raw, JUDGE.scrub(raw)), ensure_ascii=False)), path
        if path not in (".event_id", ".kind", ".build.started_at"):
            assert not found_in(json.dumps(JUDGE.accept(raw, RECEIVED), ensure_ascii=False)), path
        planted += 1
    assert planted > 60


def with_defaults(record: Record) -> Record:
    """The event as the codec gives it: every field there."""
    import io

    import fastavro

    batch: Any = fastavro.parse_schema(newest(RAW_BUILDS.subject).schema)
    schema = fastavro.parse_schema(batch["fields"][-1]["type"]["items"])
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    out.seek(0)
    decoded = fastavro.schemaless_reader(out, schema, None)
    assert isinstance(decoded, dict)
    return decoded


def test_what_is_public_stays() -> None:
    clean = JUDGE.accept(with_defaults(full_event()), RECEIVED)
    assert clean["packages"]["apt"]["all"] == [{"name": "graphviz", "version": "2.42.2-9+deb12u1"}]
    assert clean["packages"]["conda"]["all"] == [{"name": "numpy", "channel": "conda-forge", "version": "1.0"}]
    assert clean["doctool"]["extensions"] == ["myst_parser"]
    assert clean["doctool"]["html_theme"] == "furo"
    assert json.loads(clean["config"]["user"]) == {"version": 2, "sphinx": {"configuration": "docs/conf.py"}}
    assert clean["build"]["failure"] == {"stage": "build", "error": "exit:1"}


def test_P5_names_on_no_public_list_are_one_private_row() -> None:
    raw = full_event()
    raw["packages"]["pip"]["all"] = [{"name": n, "version": "1.0"} for n in ("sphinx", "acme-one", "acme-two")]
    clean = JUDGE.accept(with_defaults(raw), RECEIVED)
    assert clean["packages"]["pip"]["all"] == [
        {"name": "sphinx", "version": "1.0"},
        {"name": "(private)", "version": None},
    ]
    assert clean["collectors"]["pip_all"]["private"] == 2
    ours = Judge(load(["acme-*"])).accept(with_defaults(raw), RECEIVED)
    assert [row["name"] for row in ours["packages"]["pip"]["all"]] == ["sphinx", "acme-one", "acme-two"]


@pytest.mark.parametrize(
    ("version", "kept"),
    [
        ("1.0+acme.3", "1.0"),
        ("1!2.0rc1", "1!2.0rc1"),
        ("4.10.0.84", "4.10.0.84"),
        ("192.0.2.77", None),
        ("<script>", None),
    ],
)
def test_P6_the_local_part_of_a_version_is_cut(version: str, kept: str | None) -> None:
    assert RULES["version"](version) == kept


@pytest.mark.parametrize(
    ("version", "kept"),
    [
        ("2:2.42.2-9+deb12u1", "2:2.42.2-9+deb12u1"),
        ("1.2.3~rc1+dfsg-4ubuntu0.22.04.1", "1.2.3~rc1+dfsg-4ubuntu0.22.04.1"),
        ("1.0-1+acmecorp3", "1.0-1"),
        ("7.88.1-10+192.0.2.77", "7.88.1-10"),
    ],
)
def test_B20_a_debian_version_is_verbatim_but_for_an_own_suffix(version: str, kept: str) -> None:
    assert RULES["apt_version"](version) == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Ubuntu 24.04.1 LTS", "Ubuntu 24.04.1 LTS"),
        ("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux 12 (bookworm)"),
        ("Ubuntu 22.04 built for alice", "Ubuntu 22.04"),
        ("AcmeOS 3", "(other)"),
    ],
)
def test_a_system_is_described_in_known_words(name: str, kept: str) -> None:
    assert RULES["os_name"](name) == kept


@pytest.mark.parametrize(
    ("command", "tool"),
    [
        ("curl -u alice:secret https://upstream.example.org", "curl"),
        ("PIP_INDEX_URL=https://x pip install -r a.txt", "pip"),
        ("python -m sphinx -b html docs out", "sphinx-build"),
        ("./deploy-acme.sh --token x", "(other)"),
        ("", "(other)"),
    ],
)
def test_P1_commands_keep_the_tools_name_only(command: str, tool: str) -> None:
    scrubbed = scrub_config(json.dumps({"build": {"commands": [command], "jobs": {"post_build": [command]}}}), NAMES)
    assert json.loads(scrubbed or "") == {"build": {"commands": [tool], "jobs": {"post_build": [tool]}}}


def test_P8_unusual_paths_and_unknown_keys_go() -> None:
    text = json.dumps(
        {"sphinx": {"configuration": "teams/alice/conf.py"}, "alice": 1, "build": {"secret": 2, "os": "ubuntu-24.04"}}
    )
    assert json.loads(scrub_config(text, NAMES) or "") == {
        "sphinx": {"configuration": "<path>"},
        "build": {"os": "ubuntu-24.04"},
    }


def test_K1_equal_content_gives_equal_text_and_numbers_differ_from_their_words() -> None:
    one, other = '{"version": 2, "formats": ["pdf"]}', '{"formats":["pdf"],"version":2}'
    assert scrub_config(one, NAMES) == scrub_config(other, NAMES)
    assert len({scrub_config(f'{{"version": {v}}}', NAMES) for v in ("2", "2.0", '"2"')}) == 3
    assert scrub_config('{"version": NaN}', NAMES) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@settings(max_examples=300)
def test_a_config_of_any_shape_is_scrubbed_and_twice_is_once(value: Any) -> None:
    once = scrub_config(json.dumps({"build": value, "python": value, "formats": value}), NAMES)
    assert once is not None
    assert scrub_config(once, NAMES) == once


def test_an_unclassified_field_fails_the_build() -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string", "doc": "x"}]}
    with pytest.raises(UnclassifiedError, match=r"R\.a"):
        compile_scrubber(schema, RULES)
    schema["fields"][0]["pii"] = "scrub"  # type: ignore[index]  # a dict of mixed values
    with pytest.raises(UnclassifiedError, match="no rule"):
        compile_scrubber(schema, RULES)


def test_a_dropped_field_is_null() -> None:
    schema = {
        "type": "record",
        "name": "R",
        "fields": [{"name": "a", "type": ["null", "string"], "doc": "x", "pii": "drop"}],
    }
    assert compile_scrubber(schema, RULES)({"a": "secret"}) == {"a": None}


def test_names_of_the_64_bit_time_transition_count_as_their_elders() -> None:
    names = Names(pip=frozenset(), apt=frozenset({"libssl3"}))
    assert names.of_apt("libssl3t64") == "libssl3t64"
    assert names.of_apt("libacme3t64") == "(private)"
