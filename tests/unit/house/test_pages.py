"""Pages that are written from the code say what the code says now, and the data dictionary leaves nothing out."""

import re
from typing import Any

import pytest

from headcount.metrics import Metrics
from headcount.settings import SETTINGS, variable
from schemas.registry import registered
from schemas.topics import BY_NAME
from tests.unit.house.pages import DOCS, MARKER, PAGES, listed, privacy_page


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


def test_every_metric_and_setting_is_there() -> None:
    """Counted without the generator, which may leave something out on both sides."""
    metrics, settings = PAGES["metrics.md"](), PAGES["settings.md"]()
    names = re.findall(r"^# HELP (\S+) ", Metrics().render().decode(), re.MULTILINE)
    assert len(names) > 15
    assert [name for name in names if f"`{name}`" not in metrics and not name.endswith("_created")] == []
    assert [name for name in SETTINGS if f"`{variable(name)}`" not in settings] == []


def field_names(node: Any) -> set[str]:
    inner = node if isinstance(node, list) else list(node.values()) if isinstance(node, dict) else []
    found = {name for each in inner for name in field_names(each)}
    return found | {field["name"] for field in (node.get("fields", []) if isinstance(node, dict) else [])}


@pytest.mark.parametrize("schema", registered().values(), ids=lambda schema: schema.subject)
def test_every_field_of_every_schema_is_in_the_dictionary(schema: Any) -> None:
    topic = BY_NAME[schema.subject.removesuffix("-value")]
    assert field_names(schema.schema) == {path.rpartition(".")[2] for path, _, _ in listed(topic)}
    page = privacy_page()
    for path, field, _ in listed(topic):
        assert f"| `{path}` | {field['doc']}" in page, path


def test_the_promise_stands_above_the_marker() -> None:
    by_hand, _, written = (DOCS / "privacy.md").read_text(encoding="utf-8").partition(MARKER)
    assert "## What we promise" in by_hand
    assert "### `headcount.builds.raw.v1`" in written
