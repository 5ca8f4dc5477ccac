"""C1-C9 on outputs of real tools: the datum to the letter."""

# a test is named for its row of builds.md

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.producers.builds.outputs import FOLDER, brief, explained, outputs

EXPECTED: dict[str, Any] = yaml.safe_load((FOLDER / "expected.yaml").read_text())


@pytest.mark.parametrize(("name", "path"), outputs(), ids=[f"{name}_{path.stem}" for name, path in outputs()])
def test_C1_C2_C3_C5_C6_C8_C9_B20_B22_B23_B26_outputs_of_real_tools(name: str, path: Path) -> None:
    answer = explained(name, path)
    expected = EXPECTED[f"{path.parent.name}/{path.name}"]
    found = {key: answer[key] for key in ("status", "error", "unparsed", "dropped_keys") if answer[key]}
    assert {**found, "datum": brief(name, answer)} == expected
    assert (answer["count"] is None) is (answer["status"] == "error")


def test_B16_P3_P4_other_keys_of_rows_are_found_nowhere() -> None:
    for name, path in outputs():
        if name in ("C3", "C5"):
            kept = json.dumps(explained(name, path))
            for given in ("editable", "/srv", "base_url", "pypi_0", "tk-1234", "user:pw", "dist_name"):
                assert given not in kept, path


def test_C4_B13_roots_are_read_as_all_is_and_stand_for_nothing_else() -> None:
    path = FOLDER / "c3/pip_26.json"
    all_of_it, roots = explained("C3", path), explained("C4", path)
    assert roots["datum"] == all_of_it["datum"]
    assert roots["packages"] == {"pip": {"root": roots["datum"]}}
    assert all_of_it["packages"] == {"pip": {"all": roots["datum"]}}
