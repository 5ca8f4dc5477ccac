"""Words that could be somebody's own: in configurations only known ones stay, of an image's name no part of an address."""

import json

import pytest

from streams.scrub.config import scrub_config
from streams.scrub.names import load
from streams.scrub.rules import rules

NAMES = load()


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
        ("canary.person@example.org", "(private)"),
    ],
)
def test_B24_an_image_keeps_the_last_part_of_its_name(name: str, kept: str) -> None:
    assert rules(NAMES)["image"](name) == kept
