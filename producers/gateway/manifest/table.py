"""One table of a manifest, read key by key: each value has its type, and no key is left over."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from producers.gateway.manifest.places import Path
from producers.gateway.template import TemplateError, check_url

REDIRECTS: Final = (302, 307)
_NAMES: Final = {str: "a text in quotes", bool: "true or false", int: "a number", list: "a list", dict: "a table"}


class Wrong(Exception):  # noqa: N818 - it never leaves this package
    """What is wrong with the key at `path`, and what to `do`."""

    def __init__(self, path: Path, what: str, do: str) -> None:
        super().__init__(what)
        self.path = path
        self.do = do


@dataclass(slots=True)
class Table:
    """A table that stands at `path`. Each `take…` raises Wrong where the value does not fit."""

    path: Path
    values: Mapping[str, Any]
    taken: set[str] = field(default_factory=set)

    def wrong(self, key: str | None, what: str, do: str) -> Wrong:
        """Make the error about one key of this table; key None: about the table itself."""
        return Wrong(self.path if key is None else (*self.path, key), what, do)

    def text(self, key: str, example: str) -> str:
        """Take a text that must be there; `example` is such a line."""
        value = self.text_or_none(key)
        if value is None:
            near = difflib.get_close_matches(key, [each for each in self.values if each not in self.taken], 1)
            do = f"rename {near[0]}, if that is what it means" if near else f"add a line such as {example}"
            raise self.wrong(near[0] if near else None, f"{key} is missing", do)
        return value

    def text_or_none(self, key: str) -> str | None:
        """Take a text that may be absent."""
        value = self._value(key, str)
        if value == "":
            raise self.wrong(key, f"{key} is empty", "give it a value, or take the line away")
        return None if value is None else str(value)

    def flag(self, key: str, default: bool) -> bool:
        """Take true or false."""
        value = self._value(key, bool)
        return default if value is None else bool(value)

    def redirect(self) -> int:
        """Take the status of a rule's redirects (DL4)."""
        value = self._value("redirect", int)
        if value is None:
            return REDIRECTS[0]
        if value not in REDIRECTS:
            why = "clients keep 301 and 308 for ever, and would never come back here"
            raise self.wrong("redirect", f"redirect = {value} is not allowed: {why}", "write 302 or 307")
        return int(value)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Take a list of texts, none of them empty or there twice; None where the key is absent."""
        values = self._value(key, list)
        if values is None:
            return None
        for number, value in enumerate(values):
            if not isinstance(value, str) or not value:
                raise Wrong((*self.path, key, number), f"{value!r} is no name", "write names in quotes")
        if not values:
            raise self.wrong(key, f"{key} is an empty list", "name at least one")
        return tuple(dict.fromkeys(values))

    def base(self, example: str, *, prefix: str = "") -> str:
        """Take a `target` to which paths are added: no query, no variable, without its last slashes or the `prefix`."""
        text = self.text("target", f'target = "{example}"').removeprefix(prefix)
        try:
            check_url(text)
        except TemplateError as error:
            raise self.wrong("target", str(error), error.do) from error
        if "?" in text or "{" in text or "}" in text:
            raise self.wrong("target", "this target takes no query and no variable", f'write target = "{example}"')
        return text.rstrip("/")

    def _value(self, key: str, kind: type) -> Any:
        self.taken.add(key)
        value = self.values.get(key)
        # True is an int to Python, not to a reader of the manifest.
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise self.wrong(key, f"{key} is {_NAMES.get(type(value), 'something else')}", f"write {_NAMES[kind]}")
        return value

    def end(self) -> None:
        """Refuse the keys that nothing has taken: a slip of the pen would go unseen."""
        for key in self.values:
            if key not in self.taken:
                raise self.wrong(key, f"{key} is no key here", did_you_mean(key, self.taken))


def did_you_mean(word: str, known: set[str] | frozenset[str]) -> str:
    """Say which of the known words a wrong one may have meant."""
    near = difflib.get_close_matches(word.lower(), sorted(known), 1)
    return (f"did you mean {near[0]}? " if near else "take it away; ") + f"known: {', '.join(sorted(known))}"
