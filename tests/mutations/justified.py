"""What may be read from a text, found again in another way: a value that this does not find is not justified.

Each check raises AssertionError. They read the text as people would, and share no code with the collectors.
"""

import ast
import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import unquote

import yaml

Row = Mapping[str, Any]

_DECODER: Final = json.JSONDecoder()
_VERSION_KEY: Final = re.compile(r'"version"\s*:', re.IGNORECASE)
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]|[A-Za-z0-9]")
_PLAIN_VERSION: Final = re.compile(r"[0-9][0-9A-Za-z.+!]*")
_PYTHON: Final = re.compile(r"[A-Za-z]*[Pp]y(?:thon)?[ \t]+(\d+(?:\.\d+)+(?:(?:a|b|rc)\d+)?\+?)(?=\s|$)", re.ASCII)
_DPKG: Final = re.compile(r"^([a-z0-9][a-z0-9+.-]*)\t([0-9][0-9A-Za-z.+~:-]*)\t[a-z]i[ A-Z]?$")
_PINNED: Final = re.compile(r"^([a-z][a-z-]*[a-z])==([0-9]+\.[0-9]+)$")
_SKIPPED: Final = re.compile(r"[-_.]+")


def _decoded(text: bytes) -> str:
    return text.decode("utf-8-sig", "replace")


def _python(text: bytes, datum: Mapping[str, Any]) -> None:
    first = _decoded(text).strip().split("\n")[0].strip()
    found = _PYTHON.match(first)
    assert found, first
    assert datum["version"] == found[1]
    own = datum["implementation_version"]
    assert (own is None) is (datum["implementation"] != "PyPy")
    assert own is None or re.search(rf"\[PyPy\s+{re.escape(own)}[\s,\]]", _decoded(text))


def _system(text: bytes, datum: Mapping[str, Any]) -> None:
    name, whole = datum["name"], _decoded(text)
    assert name in whole.replace("\\", "") or name in whole
    assert name == name.strip()
    assert not re.search(r"[\x00-\x08\x0a-\x1f\ufffd]", name)
    assert not name.startswith(('"', "'", "\\S"))
    assert datum["version"] is None or datum["version"] in name
    assert datum["id"]


def _objects(whole: str) -> list[dict[str, Any]]:
    """Give every object of texts and numbers that stands anywhere."""
    found, place = [], whole.find("{")
    while place >= 0:
        try:
            value, end = _DECODER.raw_decode(whole, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            found.append({key.lower(): item for key, item in value.items()})
        place = whole.find("{", end)
    return found


def _json_rows(text: bytes, datum: Iterable[Row]) -> None:
    whole = _decoded(text)
    objects = _objects(whole)
    named = [(each.get("name"), each.get("version")) for each in objects]
    usable = {(str(name).strip(), str(version).strip()) for name, version in named if name and version}
    given = {(_SKIPPED.sub("-", name).lower(), version) for name, version in usable}
    given |= {(name.lower(), version) for name, version in usable}
    rows = [(row["name"], row["version"]) for row in datum]
    assert set(rows) <= given
    assert len(rows) == len(set(map(tuple, (row.items() for row in datum))))
    # Nothing that can be read is left out, and nothing that looks like a row is in pieces.
    kept = {name for name, _ in rows}
    for name, version in named:
        if (
            isinstance(name, str)
            and isinstance(version, str)
            and _PLAIN.fullmatch(name)
            and _PLAIN_VERSION.fullmatch(version)
        ):
            assert {_SKIPPED.sub("-", name).lower(), name.lower()} & kept, name
    assert len(_VERSION_KEY.findall(whole)) <= sum("version" in each for each in objects)
    if not rows:
        assert re.search(r"\[\s*\]", whole)
        assert not usable


def _dpkg(text: bytes, datum: Iterable[Row]) -> None:
    whole = _decoded(text)
    lines = [line.strip("\r ").split("\t") if line.count("\t") == 2 else line.split() for line in whole.split("\n")]
    pairs = {(line[0].strip().partition(":")[0].lower(), line[1].strip()) for line in lines if len(line) in (2, 3)}
    rows = {(row["name"], row["version"]) for row in datum}
    assert rows <= pairs
    whole_lines = {(found[1], found[2]) for line in whole.split("\n") if (found := _DPKG.match(line))}
    assert whole_lines <= rows
    if any(len(line) == 3 for line in lines) and not whole.endswith("\n"):
        assert len(lines[-1]) != 2 or len(lines[0]) != 3


def _requirements(text: bytes, datum: Iterable[Row]) -> None:
    joined = re.sub(r"\\+(?:\r\n|[\n\r\x0b\u2028])", "", unquote(_any_encoding(text)))
    flat = _SKIPPED.sub("-", joined.lower())
    for row in datum:
        assert _SKIPPED.sub("-", row["name"]) in flat
        assert row["name"] == row["name"].lower()
        kept = json.dumps(row)
        assert not re.search(r"://|@|\$\{|sha256|python_version", kept), kept
        assert (row["version"] is not None) <= (row["constraint"] in ("pinned", "url", "path"))
        if row["constraint"] == "pinned":
            assert "==" in row["specifier"]
            assert row["version"]
        assert (row["specifier"] is None) == (row["constraint"] not in ("pinned", "prefix", "range"))
    if b"\\" not in text and b"\r" not in text and b"\x0b" not in text and "\u2028" not in flat:
        rows = {(row["name"], row["version"]) for row in datum if row["constraint"] == "pinned"}
        for line in _decoded(text).split("\n"):
            if found := _PINNED.match(line):
                assert (found[1], found[2]) in rows or text.startswith((b"\xff\xfe", b"\xfe\xff")), line


def _any_encoding(text: bytes) -> str:
    for mark, name in ((b"\xff\xfe\x00\x00", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if text.startswith(mark):
            return text.decode(name, "replace")
    return _decoded(text)


def _doctool(text: bytes, datum: Mapping[str, Any]) -> None:
    read = [*datum["extensions"], *([datum["html_theme"]] if datum["html_theme"] else [])]
    if datum["source"] == "report":
        report = json.loads(text.decode("utf-8-sig"))
        assert set(read) <= {*report.get("extensions", []), report.get("html_theme")}
    elif datum["name"] == "sphinx":
        constants = {each.value for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Constant)}
        assert set(read) <= {each.replace("\x00", "") for each in constants if isinstance(each, str)}
    else:
        scalars = {
            event.value
            for event in yaml.parse(_any_encoding(text), Loader=yaml.CSafeLoader)
            if isinstance(event, yaml.ScalarEvent)
        }
        assert set(read) <= scalars


def _config(text: bytes, datum: Any) -> None:
    # The loader in C takes a tab inside of a line, and passes over a byte order mark in the middle.
    assert any(datum == _as_json(value) for value in _loaded(text))


def _loaded(text: bytes) -> Iterator[Any]:
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        with contextlib.suppress(yaml.YAMLError):
            value = yaml.load(text, Loader=loader)
            yield {} if value is None else value


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {_as_key(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _as_key(key: Any) -> str:
    plain = _as_json(key)
    return plain if isinstance(plain, str) else json.dumps(plain)


CHECKS: Final[dict[str, Callable[[bytes, Any], None]]] = {
    "C1": _python,
    "C2": _system,
    "C3": _json_rows,
    "C4": _json_rows,
    "C5": _json_rows,
    "C6": _dpkg,
    "C7": _requirements,
    "C8": _doctool,
    "C9": _config,
}
