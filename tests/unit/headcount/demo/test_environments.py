"""What pip's refusals become."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from headcount.demo.children import Children, Done
from headcount.demo.environments import make_environment, other_python
from headcount.demo.projects import KILN, Maker
from headcount.errors import HeadcountError


class Pip(Children):
    """Makes nothing; pip says this."""

    def __init__(self, said: str) -> None:
        super().__init__({})
        self.said = said
        self.asked: list[str] = []

    def run(self, argv: Sequence[str], *, cwd: Path | None = None) -> Done:
        self.asked.append(" ".join(argv))
        return Done(1 if "install" in argv and self.said else 0, "", self.said)


def make(pip: Pip) -> None:
    make_environment(pip, Path("/e"), KILN.versions[0], Path("/r.txt"), maker=Maker.VENV, python="python")


def test_no_index_is_one_line_and_names_none() -> None:
    with pytest.raises(HeadcountError, match="no package index") as caught:
        make(Pip("WARNING: Retrying …\nERROR: No matching distribution found for sphinx"))
    assert "\n" not in caught.value.what
    assert "://" not in f"{caught.value}{caught.value.do}"


def test_another_refusal_is_pips_own_last_line() -> None:
    with pytest.raises(HeadcountError, match="could not install: ERROR: no space left") as caught:
        make(Pip("something\nERROR: no space left\n"))
    assert caught.value.where == "/r.txt"


def test_no_option_chooses_an_index() -> None:
    pip = Pip("")
    make(pip)
    assert not any("index" in line or "://" in line for line in pip.asked)


def test_another_python_must_work_to_be_taken() -> None:
    assert other_python(Pip(""), find=lambda name: f"/x/{name}") is not None
    assert other_python(Pip(""), find=lambda name: None) is None

    class Broken(Pip):
        def run(self, argv: Sequence[str], *, cwd: Path | None = None) -> Done:
            return Done(127, "", "not installed")

    assert other_python(Broken(""), find=lambda name: f"/x/{name}") is None
