"""The projects that the demo builds, as data."""

import ast
from pathlib import PurePosixPath

import pytest
import yaml
from packaging.requirements import Requirement

from headcount.demo.checkout import project_files
from headcount.demo.projects import BUILDS, PROJECTS, Maker, Project, Version

VERSIONS = [(project, version) for project in PROJECTS for version in project.versions]


@pytest.mark.parametrize(("project", "version"), VERSIONS, ids=[f"{one.name}-{two.slug}" for one, two in VERSIONS])
def test_every_file_is_filled_in_and_what_its_name_says(project: Project, version: Version) -> None:
    texts = project_files(project, version)
    assert {"docs/requirements.txt", ".readthedocs.yaml"} < set(texts)
    for name, text in texts.items():
        assert "$" not in text, name
        if name.endswith(".py"):
            ast.parse(text)
        if PurePosixPath(name).suffix in (".yml", ".yaml"):
            assert isinstance(yaml.safe_load(text), dict)
    declared = [Requirement(line) for line in texts["docs/requirements.txt"].splitlines()]
    assert {"sphinx", "mkdocs"} & {each.name for each in declared}


def test_there_is_something_to_see() -> None:
    versions = [version for _, version in VERSIONS]
    assert BUILDS == 7
    assert [version.slug for version in versions if version.fails] == ["redesign"]
    assert [version.slug for version in versions if version.builds == 2] == ["latest"]
    assert {project.maker for project in PROJECTS} == {Maker.VENV, Maker.UV}
    assert all(sum(version.is_default for version in project.versions) == 1 for project in PROJECTS)


def test_a_shared_environment_declares_the_same() -> None:
    for project, version in VERSIONS:
        if version.environment:
            owner = next(each for each in project.versions if each.slug == version.environment)
            assert owner.requirements == version.requirements
            assert not owner.environment
