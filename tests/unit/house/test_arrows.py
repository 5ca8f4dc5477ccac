"""The arrows of imports: stages meet at `schemas/` only, and each client has one module that knows it."""

import ast

import pytest

from tests.unit.house.tree import Import, imports, imports_of, modules

STAGES = ("producers", "streams", "sinks")
OURS = ("headcount", "schemas", *STAGES)
KNOW_THE_STAGES = ("headcount.cli", "headcount.up", "headcount.ledger_accept")
"""All others of the shell are beneath the stages. The demo drives by command line, so it is not among them."""

ONE_MODULE = {
    "confluent_kafka": "headcount.kafka",
    "faust": "streams.runtime.app",
    "mode": "streams.runtime.app",
    "aiokafka": "streams.runtime.app",
    "psycopg": "headcount.postgres",
    "prometheus_client": "headcount.metrics",
    "jinja2": "headcount.report.page",
    "jgo": "headcount.up.jars",
    "pyarrow": "headcount.report.parquet_file",
}
IMPORTS = imports()


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def wrong(found: Import) -> str | None:
    """Say what rule of style.md an import breaks; null where it breaks none."""
    stage = found.module.partition(".")[0]
    if stage == "schemas" and found.top in OURS and found.top != "schemas":
        return f"{found}: schemas/ imports nothing of ours"
    if stage in STAGES and found.top in STAGES and found.top != stage:
        return f"{found}: stages meet at schemas/ only"
    if stage in STAGES and any(within(found.name, each) for each in (*KNOW_THE_STAGES[:1], "headcount.demo")):
        return f"{found}: a stage imports the shell that is beneath it"
    if stage == "headcount" and found.top in STAGES and not any(within(found.module, each) for each in KNOW_THE_STAGES):
        return f"{found}: only {' and '.join(KNOW_THE_STAGES)} know the stages"
    if found.module != ONE_MODULE.get(found.top, found.module):
        return f"{found}: only {ONE_MODULE[found.top]} knows {found.top}"
    return None


def test_every_arrow_is_allowed() -> None:
    assert len(IMPORTS) > 300
    assert [text for text in map(wrong, IMPORTS) if text is not None] == []


def test_the_command_line_knows_commands_by_name_only() -> None:
    """`headcount build` starts fast because cli.py imports nothing of what it lists."""
    modules = ("headcount.cli", "headcount.lazy", "headcount.errors")
    known = {found.name for found in IMPORTS if found.module in modules and found.top in OURS}
    assert known == {
        "headcount.__version__",
        "headcount.errors.HeadcountError",
        "headcount.lazy.Lazy",
        "headcount.lazy.LazyGroup",
    }


@pytest.mark.parametrize("client", ONE_MODULE)
def test_each_client_is_imported(client: str) -> None:
    """A rule about a client that nobody uses any more is dead."""
    if client not in ("mode", "aiokafka"):  # these come with Faust, and are forbidden elsewhere all the same
        assert any(found.top == client for found in IMPORTS), client


@pytest.mark.parametrize(
    ("module", "line", "rule"),
    [
        ("schemas.topics", "import headcount.settings", "nothing of ours"),
        ("sinks.writer", "from streams.scrub import text", "stages meet"),
        ("streams.command", "from headcount.cli import cli", "beneath"),
        ("headcount.kafka", "import sinks", "know the stages"),
        ("headcount.demo.run", "import producers.builds", "know the stages"),
        ("headcount.demo.run", "def f():\n    import psycopg", "only headcount.postgres"),
        ("streams.runtime.worker", "import faust", "only streams.runtime.app"),
    ],
)
def test_the_check_sees_a_wrong_arrow(module: str, line: str, rule: str) -> None:
    texts = [wrong(found) for found in imports_of(module, ast.parse(line))]
    assert any(text is not None and rule in text for text in texts), texts


def test_no_two_modules_import_each_other() -> None:
    """A circle of imports has no reading order."""
    names = set(modules())
    arrows: dict[str, set[str]] = {name: set() for name in names}
    for found in IMPORTS:
        target = found.name if found.name in names else found.name.rpartition(".")[0]
        # `from package import module` runs package/__init__ too, which is empty in this house or re-exports.
        if target in names and target != found.module:
            arrows[found.module].add(target)
    circles = sorted((a, b) for a, targets in arrows.items() for b in targets if a < b and a in arrows[b])
    assert circles == []
