"""What a file of requirements names, by our reading and by pip's own."""

# a test is named for its row of builds.md

import json
import subprocess
from pathlib import Path

from producers.builds.words import Constraint
from tests.unit.producers.builds.requirement_corpus import cases, contents, gathered

ORACLE = Path(__file__).with_name("pip_oracle.py")

BEYOND_PIP = {Constraint.URL, Constraint.PATH, Constraint.INVALID}
"""Rows whose name may come from a file's name, which pip reads only when it has the file, and those it refuses."""


def test_C7_R1_to_R13_pip_finds_the_same_names(venv: Path, tmp_path: Path) -> None:
    folders = []
    for number, case in enumerate(cases()):
        folders.append(tmp_path / str(number))
        for name, content in contents(case).items():
            path = folders[-1] / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    argv = [str(venv / "bin/python"), str(ORACLE), *map(str, folders)]
    done = subprocess.run(argv, capture_output=True, check=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(answers) == len(folders)
    whole = 0
    for case, answer in zip(cases(), answers, strict=True):
        rows = gathered(contents(case)).value
        assert set(answer["names"]) <= {row.name for row in rows}, case
        if not answer["refused"]:
            whole += 1
            assert {row.name for row in rows if row.constraint not in BEYOND_PIP} <= set(answer["names"]), case
    assert whole >= 20
