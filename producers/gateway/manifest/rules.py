"""A rule's table → the rule, one function a type. Each raises Wrong and reads every key that its type has."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import re2

from producers.gateway.answer import RuleType
from producers.gateway.manifest.model import (
    CargoRule,
    CatchAllRule,
    DockerRule,
    FileRule,
    Names,
    NpmRule,
    PixelRule,
    PythonRule,
    Rule,
    normal_name,
)
from producers.gateway.manifest.table import Table
from producers.gateway.paths import is_trick, normal
from producers.gateway.template import Target, TemplateError, read_target, read_template

_PYTHON_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NPM_NAME: Final = re.compile(r"(?:@[A-Za-z0-9_.!~*'()-]+/)?[A-Za-z0-9_.!~*'()-]+")
_CRATE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_IMAGE: Final = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_IMAGE_PATTERN: Final = re.compile(r"[a-z0-9._*{},/-]+")
_ALTERNATIVES: Final = re.compile(r"\{([a-z0-9._*,-]*)\}")
_DOWNLOAD: Final = frozenset({"crate", "version", "prefix", "lowerprefix"})
ALL: Final = "*"
_EXAMPLE: Final = "https://upstream.example.org"


def _python(table: Table, line: int) -> Rule:
    target = table.base(f"{_EXAMPLE}/simple/") + "/"
    names = _names(table, _PYTHON_NAME, normal_name)
    if names is None:
        raise table.wrong(None, "projects is missing", 'add projects = ["your-package"], or projects = "*" for all')
    return PythonRule(line, target, names, table.redirect())


def _npm(table: Table, line: int) -> Rule:
    names = _names(table, _NPM_NAME, str.lower) or Names(None, frozenset())
    return NpmRule(line, table.base(f"{_EXAMPLE}/npm"), names, table.flag("rewrite", True), table.redirect())


def _cargo(table: Table, line: int) -> Rule:
    names = _names(table, _CRATE_NAME, crate_name) or Names(None, frozenset())
    target = table.base(f"{_EXAMPLE}/index", prefix="sparse+")
    download = table.text_or_none("download")
    if download is not None:
        if "{" not in download:
            download = download.rstrip("/") + "/{crate}/{version}/download"
        _target(table, "download", download, _DOWNLOAD)
    return CargoRule(line, target, download, names, table.redirect())


def crate_name(name: str) -> str:
    """Give a crate's name as an index tells crates apart: without case, `-` as `_`."""
    return name.lower().replace("-", "_")


def _docker(table: Table, line: int) -> Rule:
    target = table.base("https://registry.example.org")
    images = table.texts("images")
    if images is None:
        raise table.wrong(None, "images is missing", 'add images = ["your-org/your-image", "your-org/*"]')
    exact, patterns = [], []
    for number, image in enumerate(images):
        if _IMAGE.fullmatch(image):
            exact.append(image)
            continue
        pattern = image_pattern(image)
        if pattern is None:
            where = Table((*table.path, "images"), {})
            do = "write org/image in lower case; * is part of one segment, {a,b} either of two"
            raise where.wrong(None, f"images[{number}] is neither an image's name nor a pattern: {image[:100]}", do)
        patterns.append((image, pattern))
    proxy = table.flag("always_proxy", False)
    return DockerRule(line, target, tuple(exact), tuple(patterns), proxy, table.redirect())


def image_pattern(image: str) -> str | None:
    """Make a regular expression of `library/*`, `{a,b}/tool-*` (DL22); None where it is no pattern."""
    if not _IMAGE_PATTERN.fullmatch(image) or "" in image.split("/"):
        return None
    parts, end = [], 0
    for found in _ALTERNATIVES.finditer(image):
        words = "|".join(map(_glob, found.group(1).split(",")))
        parts += [image[end : found.start()], f"(?:{words})"]
        end = found.end()
    parts.append(image[end:])
    if any(character in part for part in parts[::2] for character in "{},"):
        return None
    parts[::2] = map(_glob, parts[::2])
    return "".join(parts)


def _glob(text: str) -> str:
    return re.escape(text).replace(r"\*", "[^/]*")


def _file(table: Table, line: int) -> Rule:
    path, regex = table.text_or_none("path"), table.text_or_none("regex")
    if (path is None) == (regex is None):
        what = "neither path nor regex" if path is None else "both path and regex"
        raise table.wrong(None, what, 'write one of the two, such as path = "/tool/{version}/{file}"')
    template = compiled = None
    known: frozenset[str]
    if path is not None:
        try:
            template = read_template(path)
        except TemplateError as error:
            raise table.wrong("path", str(error), error.do) from error
        known = template.names
    else:
        assert regex is not None
        compiled = _regex(table, regex)
        known = frozenset(name.decode() for name in compiled.groupindex)
    text = table.text_or_none("target")
    target = None if text is None else _target(table, "target", text, known)
    project = table.text_or_none("project") or path or regex
    assert project is not None
    return FileRule(line, project, template, compiled, target, table.redirect())


def _regex(table: Table, regex: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(regex.encode(), options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be read"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        do = "write it in RE2's syntax: no look-around, no back-references; groups are (?P<name>…)"
        raise table.wrong("regex", f"the regular expression cannot be used: {text}", do) from error


def _target(table: Table, key: str, text: str, known: frozenset[str]) -> Target:
    try:
        return read_target(text, known)
    except TemplateError as error:
        raise table.wrong(key, str(error), error.do) from error


def _pixel(table: Table, line: int) -> Rule:
    path = table.text("path", 'path = "/pixel.png"')
    encoded = normal(path.encode())
    if not path.startswith("/") or variables_in(path) or "?" in path or "#" in path or is_trick(encoded):
        raise table.wrong("path", f"a pixel's path is one path, without variables or a query: {path[:100]}",
                          'write path = "/pixel.png"')  # fmt: skip
    return PixelRule(line, encoded, table.text("id", 'id = "readme"'))


def variables_in(path: str) -> bool:
    """Tell whether a path has braces."""
    return "{" in path or "}" in path


def _catch_all(table: Table, line: int) -> Rule:
    text = table.text_or_none("target")
    target = None if text is None else _target(table, "target", text, frozenset())
    return CatchAllRule(line, target, table.text_or_none("project"), table.redirect())


def _names(table: Table, valid: re.Pattern[str], fold: Callable[[str], str]) -> Names | None:
    if table.values.get("projects") == ALL:
        table.taken.add("projects")
        return Names(None, frozenset())
    if isinstance(table.values.get("projects"), str):
        name = table.values["projects"]
        raise table.wrong("projects", "projects is a text", f'write projects = ["{name}"], or projects = "*" for all')
    listed = table.texts("projects")
    if listed is None:
        return None
    for name in listed:
        if not valid.fullmatch(name):
            raise table.wrong(
                "projects", f"{name[:100]!r} is no project's name", 'write names, or projects = "*" for all'
            )
    return Names(listed, frozenset(map(fold, listed)))


READERS: Final[Mapping[RuleType, Callable[[Table, int], Rule]]] = {
    RuleType.PYTHON: _python,
    RuleType.NPM: _npm,
    RuleType.CARGO: _cargo,
    RuleType.DOCKER: _docker,
    RuleType.FILE: _file,
    RuleType.PIXEL: _pixel,
    RuleType.CATCH_ALL: _catch_all,
}
