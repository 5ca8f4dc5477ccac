"""Configurations: known keys only, and of each value what its kind allows (builds.md K1, K3, P1, P8).

`data/config_keys.json` has the keys, past ones too, with the kind of each value. Keys that it lacks are dropped.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from streams.scrub.names import OTHER, PRIVATE, Names
from streams.scrub.text import scrub_text
from streams.scrub.words import CONFIG_WORDS

USUAL_FILES: Final = re.compile(
    r"(?:(?:\.|docs?|requirements|doc/source|docs/source)/)?"
    r"(?:conf\.py|mkdocs\.ya?ml|properdocs\.ya?ml|pyproject\.toml|setup\.(?:py|cfg)|environment\.ya?ml"
    r"|(?:docs?|dev|test|base|rtd)?[-_]?requirements(?:[-_](?:docs?|dev|test|rtd))?\.(?:txt|in)|docs?\.txt|\.|docs?)"
)
"""File names that many projects share, with their usual folder: they tell nothing about whose project it is."""

TOOLS: Final = frozenset(
    {"sphinx-build", "sphinx-apidoc", "sphinx-autogen", "mkdocs", "pip", "pip3", "python", "python3", "uv", "poetry",
     "pdm", "hatch", "tox", "nox", "conda", "mamba", "micromamba", "asdf", "npm", "npx", "yarn", "pnpm", "node", "make",
     "cmake", "doxygen", "git", "curl", "wget", "apt-get", "cargo", "go", "bash", "sh", "cp", "mv", "mkdir", "rm",
     "cat", "echo", "sed", "cd", "export", "pandoc", "jupyter-book", "jb", "antora", "hugo", "docusaurus", "pelican",
     "zensical", "pixi", "just", "ls", "touch", "find", "tar", "unzip", "test", "set", "env", "true", "false"}
)  # fmt: skip
"""Tools that a build command is reduced to; anything else is `(other)`."""

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_LETTERS: Final = re.compile(r"[A-Za-z]{3,}")
_JOINTS: Final = re.compile(r"[._-]+")
_PART: Final = re.compile(r"\d*[A-Za-z]*\d*|html5", re.ASCII)
"""Letters once, digits around them: what goes back and forth between the two is no version and no name of a tool."""
MAX_LIST: Final = 500
_LARGEST: Final = 10**9
"""A larger number is no setting; NaN and infinity compare as larger too."""


def scrub_config(text: str, names: Names) -> str | None:
    """Scrub one part given as JSON text; gives canonical JSON text, or null where it is no JSON that K1 can hash."""
    try:
        kept = _value(json.loads(text, parse_constant=_refuse), _keys(), names)
    except (ValueError, RecursionError):
        return None
    return None if kept is None else json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _refuse(constant: str) -> float:
    raise ValueError(constant)


@cache
def _keys() -> Any:
    return json.loads(files("streams").joinpath("data", "config_keys.json").read_text(encoding="utf-8"))


def _value(value: Any, kind: Any, names: Names) -> Any:
    """Reduce a value to its kind: a mapping of keys, a list of one kind, or a word of `_scalar`."""
    if value is None:
        return None
    if isinstance(value, list):
        inner = kind[0] if isinstance(kind, list) else kind
        return [_value(item, inner, names) for item in value[:MAX_LIST]]
    if isinstance(value, dict):
        return _mapping(value, kind, names)
    if isinstance(kind, Mapping):
        # A tool may be given short (`python: "3.12"`) where its long form is a mapping.
        kind = kind.get("", "word")
    return _scalar(value, kind[0] if isinstance(kind, list) else kind, names)


def _mapping(value: dict[str, Any], kind: Any, names: Names) -> Any:
    if isinstance(kind, list):
        kind = kind[0]
    if not isinstance(kind, Mapping):
        return OTHER
    if set(kind) == {"*"}:
        return {str(number): _value(item, kind["*"], names) for number, item in enumerate(value.values())}
    return {key: _value(item, kind[key], names) for key, item in value.items() if key and key in kind}


def _scalar(value: Any, kind: Any, names: Names) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < _LARGEST else OTHER
    text = str(value)
    match kind:
        case "command":
            return _tool(text)
        case "path":
            return text if USUAL_FILES.fullmatch(text) else "<path>"
        case "pip_name":
            return names.of_pip(text)
        case "apt_name":
            name, _, version = text.partition("=")
            return names.of_apt(name) + ("=" + _word(version, names) if version else "")
        case "image":
            return ":".join(_word(part, names) for part in text.rpartition("/")[2].split(":")[:2])
    return _word(text, names)


def _word(text: str, names: Names) -> str:
    """Keep a number, a version, known words and public names: any other word may be a private name."""
    if not _WORD.fullmatch(text) or text != scrub_text(text):
        return OTHER
    is_known = all(_PART.fullmatch(part) for part in _JOINTS.split(text)) and all(
        word.lower() in CONFIG_WORDS for word in _LETTERS.findall(text)
    )
    return text if is_known or names.of_pip(text) != PRIVATE else OTHER


def _tool(command: str) -> str:
    words = (word.rpartition("/")[2] for word in command.split() if not re.match(r"^[A-Za-z_]\w*=", word))
    first = next(words, "")
    if first in ("python", "python3") and next(words, "") == "-m":
        module = next(words, "")
        first = {"sphinx": "sphinx-build", "sphinx.cmd.build": "sphinx-build"}.get(module, module)
    return first if first in TOOLS else OTHER
