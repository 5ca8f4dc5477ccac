"""Compiles an event schema's privacy classes into one function: default deny, an unclassified field fails the build.

Works on the plain dicts of the codec, as it runs in the hot loop of streams.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from streams.scrub.rules import Rule

Step = Callable[[Any], Any]

KEEP: Final = "keep"
DROP: Final = "drop"
CLASSES: Final = frozenset({KEEP, DROP, "hash", "coarsen", "scrub"})

MAP_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "collectors": frozenset(
        {"pip_all", "pip_root", "pip_declared", "conda_all", "apt_all", "apt_declared", "python", "os", "doctool",
         "config_user", "config_final"}
    ),
    "unnamed": frozenset({"url", "vcs", "path", "variable", "file"}),
}  # fmt: skip
"""The keys that each map may have: others are dropped, as a key can hold anything."""

_SHORT: Final = 64
_REMEMBERED: Final = 65536
"""Values of a rule that are remembered: names and versions come again and again."""


class UnclassifiedError(Exception):
    """A field of a schema has no privacy class, or one that its type has no rule for. A mistake of ours."""


def compile_scrubber(schema: Mapping[str, Any], rules: Mapping[str, Rule]) -> Step:
    """Make the function that scrubs a record of `schema`. Raises UnclassifiedError."""
    return _Compiler({name: _remembering(rule) for name, rule in rules.items()}).record(schema)


def _remembering(rule: Rule) -> Step:
    """Give a rule that knows null, and remembers short texts: a long one is somebody's own, and stays in no memory."""
    remembered = lru_cache(_REMEMBERED)(rule)

    def scrub(text: str | None) -> str | None:
        if text is None:
            return None
        return remembered(text) if len(text) <= _SHORT else rule(text)

    return scrub


class _Compiler:
    def __init__(self, rules: Mapping[str, Step]) -> None:
        self._rules = rules
        self._named: dict[str, Step] = {}

    def record(self, schema: Mapping[str, Any]) -> Step:
        fields = [(field["name"], self._field(field, schema["name"])) for field in schema["fields"]]
        changed = [(name, step) for name, step in fields if step is not None]
        kept = [name for name, step in fields if step is None]

        def scrub(value: dict[str, Any]) -> dict[str, Any]:
            out = {name: value[name] for name in kept}
            for name, step in changed:
                out[name] = step(value[name])
            return out

        self._named[schema["name"]] = scrub
        return scrub

    def _field(self, field: Mapping[str, Any], record: str) -> Step | None:
        """Give the step of a field, or None where the value stays as it is."""
        where = f"{record}.{field['name']}"
        if field.get("pii") not in CLASSES:
            raise UnclassifiedError(where)
        if field["pii"] == DROP:
            return lambda value: None
        return self._type(field["type"], field, where)

    def _type(self, type_: Any, field: Mapping[str, Any], where: str) -> Step | None:
        if isinstance(type_, list):
            branch = next(branch for branch in type_ if branch != "null")
            inner = self._type(branch, field, where)
            if inner is None or branch == "string":
                return inner  # a rule gives null for null
            return lambda value: None if value is None else inner(value)
        if isinstance(type_, dict):
            return self._complex(type_, field, where)
        if type_ in self._named:
            return self._named[type_]
        if type_ != "string" or field["pii"] == KEEP:
            return None
        if field.get("rule") not in self._rules:
            raise UnclassifiedError(f"{where}: there is no rule {field.get('rule')!r}")
        return self._rules[field["rule"]]

    def _complex(self, type_: Mapping[str, Any], field: Mapping[str, Any], where: str) -> Step | None:
        match type_["type"]:
            case "record":
                return self.record(type_)
            case "array":
                item = self._type(type_["items"], field, where)
                return None if item is None else lambda values: [item(value) for value in values]
            case "map":
                return self._map(type_, field, where)
        return None

    def _map(self, type_: Mapping[str, Any], field: Mapping[str, Any], where: str) -> Step:
        keys = MAP_KEYS.get(field["name"])
        if keys is None:
            raise UnclassifiedError(f"{where}: a map needs its keys named")
        value_of = self._type(type_["values"], field, where) or (lambda value: value)
        return lambda value: {key: value_of(item) for key, item in value.items() if key in keys}
