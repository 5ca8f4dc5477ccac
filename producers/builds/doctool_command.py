"""What COMMAND says about the documentation tool: which one, its config file and its output folder. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from producers.builds.words import DocToolName

_TOOLS: Final = {
    "sphinx-build": DocToolName.SPHINX,
    "sphinx-autobuild": DocToolName.SPHINX,
    "sphinx": DocToolName.SPHINX,
    "mkdocs": DocToolName.MKDOCS,
}
_LAUNCHERS: Final = frozenset(
    {"uv", "uvx", "poetry", "pdm", "hatch", "pipenv", "conda", "mamba", "micromamba", "env", "nice", "time"}
)

_SPHINX_VALUES: Final = frozenset("btdcDAwj")
"""Options of sphinx-build that take a value in the next word."""
_CONFIG_FOLDER: Final = ("-c", "--conf-dir")
_MKDOCS_CONFIG: Final = ("-f", "--config-file")
_MKDOCS_OUTPUT: Final = ("-d", "--site-dir")


@dataclass(frozen=True, slots=True)
class Invocation:
    """A doc tool as it is called: its config file and output folder where the command names them."""

    tool: DocToolName | None = None
    config: str | None = None
    output: str | None = None


def read_command(command: Sequence[str]) -> Invocation:
    """Read a command, also through `python -m`, `uv run` and the like. Another tool is generic; no command is None."""
    if not command:
        return Invocation()
    names = [PurePosixPath(word).name for word in command]
    at = 0 if names[0] in _TOOLS else None
    if at is None and (names[0].startswith(("python", "pypy")) or names[0] in _LAUNCHERS):
        at = next((index for index, name in enumerate(names) if name in _TOOLS), None)
    if at is None:
        return Invocation(DocToolName.GENERIC)
    tool, words = _TOOLS[names[at]], command[at + 1 :]
    return _sphinx(words) if tool is DocToolName.SPHINX else _mkdocs(words)


def _sphinx(words: Sequence[str]) -> Invocation:
    folders: list[str] = []
    config: str | None = None
    rest = list(words)
    if rest[:1] == ["-M"]:
        rest = rest[2:]
    while rest:
        word = rest.pop(0)
        if word in _CONFIG_FOLDER and rest:
            config = rest.pop(0)
        elif word.startswith("--"):
            name, _, value = word.partition("=")
            config = value if name in _CONFIG_FOLDER and value else config
        elif word.startswith("-") and len(word) == 2 and word[1] in _SPHINX_VALUES:
            rest[:1] = []
        elif not word.startswith("-"):
            folders.append(word)
    source = config or (folders[0] if folders else None)
    return Invocation(
        DocToolName.SPHINX,
        str(PurePosixPath(source) / "conf.py") if source else None,
        folders[1] if len(folders) > 1 else None,
    )


def _mkdocs(words: Sequence[str]) -> Invocation:
    return Invocation(DocToolName.MKDOCS, _value(words, _MKDOCS_CONFIG), _value(words, _MKDOCS_OUTPUT))


def _value(words: Sequence[str], names: tuple[str, ...]) -> str | None:
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else next(iter(words[index + 1 : index + 2]), None)
    return None
