"""Lists and configurations by content."""

import math

import pytest

from sinks.builds.content import ITEM_COLUMNS, PackageList, config, list_rows
from sinks.builds.content import package_list as canonical

NAMES = [name for name, _ in ITEM_COLUMNS]


def package_list(part: str, packages: list[dict[str, object]]) -> PackageList:
    return canonical(part, list_rows(part, packages))


def package(name: str, version: str | None = "1.0") -> dict[str, object]:
    return {"name": name, "version": version}


def test_B47_a_list_is_the_same_in_any_order_and_with_repetition() -> None:
    left = package_list("apt_all", [package("b"), package("a"), package("a")])
    right = package_list("apt_all", [package("a"), package("b")])
    assert left.hash == right.hash
    assert len(left.rows) == 2


def test_B47_another_version_name_or_ecosystem_is_another_list() -> None:
    lists = [
        package_list("apt_all", [package("a")]),
        package_list("apt_all", [package("a", "1.1")]),
        package_list("apt_all", [package("b")]),
        package_list("apt_all", [package("a", None)]),
        package_list("apt_all", []),
        package_list("pip_all", [package("a")]),
        package_list("pip_all", []),
    ]
    assert len({entry.hash for entry in lists}) == len(lists)


def test_items_have_sort_keys_and_meet_over_ecosystems_by_their_canonical_name() -> None:
    conda = package_list("conda_all", [{"name": "ruamel.yaml", "version": "0.18", "channel": None}])
    item = dict(zip(NAMES, conda.items()[0], strict=True))
    assert (item["name"], item["canonical_name"], item["channel"]) == ("ruamel.yaml", "ruamel-yaml", None)
    assert item["sort_key"].startswith("1")
    declared = package_list(
        "pip_declared",
        [
            {
                "name": "a",
                "constraint": "range",
                "specifier": "<2",
                "version": None,
                "extras": ["x"],
                "conditional": True,
            }
        ],
    )
    item = dict(zip(NAMES, declared.items()[0], strict=True))
    assert (item["constraint_kind"], item["specifier"], item["extras"], item["conditional"]) == (
        "range",
        "<2",
        ["x"],
        True,
    )
    assert (item["version"], item["sort_key"]) == (None, None)


def test_K1_keys_in_another_order_are_the_same_configuration() -> None:
    assert config('{"a": 1, "b": [1, 2]}').hash == config('{"b":[1,2],"a":1}').hash


def test_K1_2_and_2_0_and_text_differ_and_lists_keep_their_order() -> None:
    texts = ['{"a": 2}', '{"a": 2.0}', '{"a": "2"}', '{"a": [1, 2]}', '{"a": [2, 1]}', "{}"]
    assert len({config(text).hash for text in texts}) == len(texts)


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', f'{{"a": {math.inf}}}', '{"a": Infinity}', '{"a": 1e999}'])
def test_K1_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|NaN|Infinity|Out of range"):
        config(text)
