"""What each rule keeps of words that could be somebody's own: known ones, public names, ids; of an image no address."""

import json

import pytest

from streams.scrub.config import scrub_config
from streams.scrub.names import load
from streams.scrub.rules import rules

NAMES = load()
RULES = rules(NAMES)


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ({"build": {"os": "ubuntu-24.04", "tools": {"python": "miniconda3-4.7"}}}, "same"),
        ({"build": {"tools": {"python": "pypy3.10", "nodejs": "20", "golang": "latest"}}}, "same"),
        ({"formats": ["htmlzip", "pdf", "epub"]}, "same"),
        ({"sphinx": {"builder": "dirhtml"}}, "same"),
        ({"build": {"image": "readthedocs/build:8.0"}}, {"build": {"image": "build:8.0"}}),
        ({"build": {"image": "acme/secret-image:1"}}, {"build": {"image": "(other):1"}}),
        ({"python": {"install": [{"method": "pip", "extra_requirements": ["docs", "sphinx"]}]}}, "same"),
        ({"python": {"version": "acme-team"}}, {"python": {"version": "(other)"}}),
        ({"sphinx": {"builder": "acme_builder"}}, {"sphinx": {"builder": "(other)"}}),
        ({"build": {"apt_packages": ["graphviz=2.42-acme"]}}, {"build": {"apt_packages": ["graphviz=(other)"]}}),
    ],
)  # fmt: skip
def test_K3_values_of_a_configuration_are_known_words(part: object, kept: object) -> None:
    assert json.loads(scrub_config(json.dumps(part), NAMES) or "") == (part if kept == "same" else kept)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("docker.example.org/team/builder:22", "builder:22"),
        ("builder@sha256:" + "0" * 64, "builder"),
        ("registry.corp.internal:5000/team/token-service:9", "token-service:9"),
        ("canary.person@example.org", "(private)"),
    ],
)
def test_B24_an_image_keeps_the_last_part_of_its_name(name: str, kept: str) -> None:
    assert rules(NAMES)["image"](name) == kept


@pytest.mark.parametrize(
    ("channel", "kept"),
    [
        ("conda-forge", "conda-forge"),
        ("https://conda.example.org/t/ab-123/acme", "private"),
        ("https://kalle:geheimnis@conda.example.org/acme", "private"),
        ("acme", "private"),
        ("", "private"),
    ],
)
def test_P4_of_a_channel_a_public_name_is_kept(channel: str, kept: str) -> None:
    assert RULES["channel"](channel) == kept


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        ("exit:137", "exit:137"),
        ("ValueError", "ValueError"),
        ("ValueError: no such file /home/kalle", "(other)"),
        ("exit:1 kalle@example.org", "(other)"),
        ("Traceback (most recent call last):", "(other)"),
        ("kalle_failed", "(other)"),
    ],
)
def test_P10_an_error_is_a_class_and_a_code(error: str, kept: str) -> None:
    assert RULES["error"](error) == kept


@pytest.mark.parametrize("name", ["id", "text", "commit"])
def test_P11_ids_and_commits_are_kept(name: str) -> None:
    for text in ("550871", "5d1c0ffe", "2074"):
        assert RULES[name](text) == text
    assert RULES["id"]("9b1f6c0e5a7d4e21b8c3d2f4a6970e15") == "9b1f6c0e5a7d4e21b8c3d2f4a6970e15"
    assert RULES["commit"]("kalle@example.org") is None


def test_P11_ids_that_differ_stay_different() -> None:
    ids = [
        "socket.io",
        "asp.net",
        "pottery/kiln",
        "pottery/kiln.js",
        "5f1e",
        "9b1f6c0e-5a7d-4e21-b8c3-d2f4a6970e15",
        "a_b",
        "a-b",
    ]
    assert [RULES["id"](each) for each in ids] == ids


def test_P7_slugs_keep_what_they_are_but_personal_things() -> None:
    assert RULES["text"]("fix/DOC-99-of-kalle") == "fix/DOC-99-of-kalle"
    assert RULES["text"]("kalle@example.org/fix") == "<email>"
