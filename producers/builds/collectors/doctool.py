"""C8: the documentation tool, its extensions and theme. Nothing of the project is run or unpickled: it is only read."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from producers.builds.event import DocToolName

_TOOLS: Final = {
    "sphinx-build": DocToolName.SPHINX,
    "sphinx-autobuild": DocToolName.SPHINX,
    "sphinx": DocToolName.SPHINX,
    "mkdocs": DocToolName.MKDOCS,
}


def tool_of_command(command: Sequence[str]) -> DocToolName | None:
    """Give the doc tool that a command runs, also through `python -m`, `uv run` and the like; another one is generic."""
    if not command:
        return None
    names = [PurePosixPath(word).name for word in command]
    if names[0] in _TOOLS:
        return _TOOLS[names[0]]
    launcher = names[0].startswith(("python", "pypy")) or names[0] in _LAUNCHERS
    if launcher:
        for name in names[1:]:
            if name in _TOOLS:
                return _TOOLS[name]
    return DocToolName.GENERIC


_LAUNCHERS: Final = frozenset(
    {"uv", "uvx", "poetry", "pdm", "hatch", "pipenv", "conda", "mamba", "micromamba", "env", "nice", "time"}
)
