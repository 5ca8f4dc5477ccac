"""Extensions and theme out of `conf.py` (its syntax tree) and `mkdocs.yml`, statically: literals only."""

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from producers.builds.collectors.config import parse_yaml
from producers.builds.errors import UnreadableError
from producers.builds.requirement_files import decode
from producers.builds.words import ErrorWord

_GROWING: Final = {"append": False, "extend": True}
"""Methods that add to a list: whether they take a list."""


@dataclass(frozen=True, slots=True)
class Static:
    """What could be read; `unread` counts the items that are no literals."""

    extensions: tuple[str, ...] = ()
    html_theme: str | None = None
    unread: int = 0


@dataclass(slots=True)
class _ConfPy:
    extensions: list[str] = field(default_factory=list)
    themes: list[tuple[str | None, bool]] = field(default_factory=list)
    unread: int = 0

    def items(self, node: ast.expr) -> list[str]:
        """Give the literal items of a list, a tuple, or a sum of them."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.items(node.left) + self.items(node.right)
        if isinstance(node, ast.List | ast.Tuple):
            return [text for element in node.elts for text in self.element(element)]
        if isinstance(node, ast.IfExp):
            return self.items(node.body) + self.items(node.orelse)
        if isinstance(node, ast.Name) and node.id == "extensions":
            return list(self.extensions)
        self.unread += 1
        return []

    def element(self, node: ast.expr) -> Iterable[str]:
        return self.items(node.value) if isinstance(node, ast.Starred) else self.text(node)

    def text(self, node: ast.expr) -> Iterator[str]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        else:
            self.unread += 1

    def assign(self, target: ast.expr, value: ast.expr, sure: bool) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for each, its in zip(target.elts, value.elts, strict=True):
                self.assign(each, its, sure)
        if not isinstance(target, ast.Name):
            return
        if target.id == "extensions":
            found = self.items(value)
            self.extensions = found if sure else self.extensions + found
        elif target.id == "html_theme":
            literal = value.value if isinstance(value, ast.Constant) else None
            self.themes.append((literal if isinstance(literal, str) else None, sure))
            self.unread += not isinstance(literal, str)

    def call(self, node: ast.Call) -> None:
        function = node.func
        if (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id == "extensions"
            and function.attr in _GROWING
            and len(node.args) == 1
        ):
            argument = node.args[0]
            self.extensions += self.items(argument) if _GROWING[function.attr] else self.text(argument)

    def theme(self) -> str | None:
        """Give the last theme that is set whatever happens; else the only one that is set under a condition."""
        sure = [theme for theme, is_sure in self.themes if is_sure]
        maybe = {theme for theme, is_sure in self.themes if not is_sure}
        if sure:
            return sure[-1]
        return maybe.pop() if len(maybe) == 1 else None


def parse_conf_py(content: bytes) -> Static:
    """Read a Sphinx `conf.py`. What is under a condition counts as set. Raises UnreadableError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the parser about somebody else's file: nobody here can mend it
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(type(error).__name__) from error
    found = _ConfPy()
    try:
        _walk(tree.body, found, sure=True)
    except RecursionError as error:
        raise UnreadableError("RecursionError") from error
    return Static(tuple(found.extensions), found.theme(), found.unread)


def _walk(body: list[ast.stmt], found: _ConfPy, *, sure: bool) -> None:
    for node in body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found.assign(target, node.value, sure)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            found.assign(node.target, node.value, sure)
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name) and node.target.id == "extensions" and isinstance(node.op, ast.Add):
                found.extensions += found.items(node.value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            found.call(node.value)
        elif isinstance(node, ast.ImportFrom) and any(name.name == "*" for name in node.names):
            found.unread += 1  # who knows what else is set there
        elif isinstance(node, ast.If | ast.For | ast.While):
            _walk(node.body, found, sure=False)
            _walk(node.orelse, found, sure=False)
        elif isinstance(node, ast.With):
            _walk(node.body, found, sure=sure)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                _walk(case.body, found, sure=False)
        elif isinstance(node, ast.Try | ast.TryStar):
            for block in (node.body, *(handler.body for handler in node.handlers), node.orelse):
                _walk(block, found, sure=False)
            _walk(node.finalbody, found, sure=sure)


class _AnyTag(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen when it runs
    """The safe loader, for files whose tags (`!ENV`, `!!python/name:…`) only MkDocs can resolve: they are None."""


_AnyTag.add_multi_constructor("", lambda loader, suffix, node: None)


def parse_mkdocs_yml(content: bytes) -> Static:
    """Read a `mkdocs.yml`: plugins and the theme's name. Raises UnreadableError."""
    config = parse_yaml(decode(content), loader=_AnyTag)
    if not isinstance(config, Mapping):
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    plugins = config.get("plugins") or []
    theme = config.get("theme")
    name = theme.get("name") if isinstance(theme, Mapping) else theme
    names = [_plugin(item) for item in (list(plugins) if isinstance(plugins, Mapping | list) else [None])]
    return Static(
        tuple(name for name in names if name is not None),
        name if isinstance(name, str) and name else None,
        names.count(None),
    )


def _plugin(item: Any) -> str | None:
    """Give a plugin's name: alone, or as the one key of its options."""
    if isinstance(item, Mapping) and len(item) == 1:
        item = next(iter(item))
    return item if isinstance(item, str) else None
