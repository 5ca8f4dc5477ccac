"""Compiles an event schema's privacy classes into one function: default deny, an unclassified field fails the build.

The function is written as Python source, an expression a record type: it runs in the hot loop of streams, on the plain
dicts of the codec, and so costs a third less than calls within calls.
"""

from collections.abc import Callable, Mapping
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
"""Characters of a text that is remembered: a longer one is somebody's own, and stays in no memory."""

_REMEMBERED: Final = 65536
"""Texts of a rule that are remembered: names and versions come again and again."""


class UnclassifiedError(Exception):
    """A field of a schema has no privacy class, or one that its type has no rule for. A mistake of ours."""


class _Scrubbed(dict[str | None, str | None]):
    """What a rule makes of a text, made when it is first met; null stays null."""

    def __init__(self, rule: Rule) -> None:
        super().__init__({None: None})
        self._rule = rule

    def __missing__(self, text: str | None) -> str | None:
        if text is None:
            return None  # another thread cleared the table a moment ago
        scrubbed = self._rule(text)
        if len(text) <= _SHORT:
            if len(self) > _REMEMBERED:
                self.clear()
                self[None] = None
            self[text] = scrubbed
        return scrubbed


def compile_scrubber(schema: Mapping[str, Any], rules: Mapping[str, Rule]) -> Step:
    """Make the function that scrubs a record of `schema`. Raises UnclassifiedError."""
    source = _Source(rules)
    name = source.record(schema)
    exec("\n".join(source.lines), source.names)
    scrub: Step = source.names[name]
    return scrub


class _Source:
    """Writes one function a record type. `names` are what the source refers to: rules by name, keys of maps."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._written: dict[str, str] = {}
        self.names: dict[str, Any] = {}
        self.lines: list[str] = []

    def record(self, schema: Mapping[str, Any]) -> str:
        """Write the function of a record type; gives its name."""
        fields = [f"{field['name']!r}: {self._field(field, schema['name'])}" for field in schema["fields"]]
        name = self._written[schema["name"]] = f"scrub_{schema['name']}"
        self.lines.append(f"def {name}(v):\n    return {{{', '.join(fields)}}}")
        return name

    def _field(self, field: Mapping[str, Any], record: str) -> str:
        """Give the expression of a field of record `v`; only what the schema has is in the result."""
        where = f"{record}.{field['name']}"
        if field.get("pii") not in CLASSES:
            raise UnclassifiedError(where)
        if field["pii"] == DROP:
            return "None"
        value = f"v[{field['name']!r}]"
        return self._value(field["type"], field, value, where, 0) or value

    def _value(self, type_: Any, field: Mapping[str, Any], value: str, where: str, depth: int) -> str | None:
        """Give the expression of a value, or None where it stays as it is."""
        if isinstance(type_, list):
            branch = next(branch for branch in type_ if branch != "null")
            inner = self._value(branch, field, value, where, depth)
            # A rule gives null for null by itself.
            return inner if inner is None or branch == "string" else f"(None if {value} is None else {inner})"
        if isinstance(type_, dict):
            return self._complex(type_, field, value, where, depth)
        if type_ in self._written:
            return f"{self._written[type_]}({value})"
        if type_ != "string" or field["pii"] == KEEP:
            return None
        return f"{self._rule(field, where)}[{value}]"

    def _rule(self, field: Mapping[str, Any], where: str) -> str:
        rule = str(field.get("rule"))
        if rule not in self._rules:
            raise UnclassifiedError(f"{where}: there is no rule {rule!r}")
        name = f"rule_{rule}"
        if name not in self.names:
            self.names[name] = _Scrubbed(self._rules[rule])
        return name

    def _complex(
        self, type_: Mapping[str, Any], field: Mapping[str, Any], value: str, where: str, depth: int
    ) -> str | None:
        item = f"i{depth}"
        match type_["type"]:
            case "record":
                return f"{self.record(type_)}({value})"
            case "array":
                inner = self._value(type_["items"], field, item, where, depth + 1)
                return None if inner is None else f"[{inner} for {item} in {value}]"
            case "map":
                keys = MAP_KEYS.get(field["name"])
                if keys is None:
                    raise UnclassifiedError(f"{where}: a map needs its keys named")
                known = f"keys_{field['name']}"
                self.names[known] = keys
                inner = self._value(type_["values"], field, item, where, depth + 1) or item
                return f"{{k{depth}: {inner} for k{depth}, {item} in {value}.items() if k{depth} in {known}}}"
        return None
