"""C9: both parts of the configuration as JSON text, and the YAML behind the user's part, read safely."""

import math
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import yaml

from producers.builds.collectors.found import Found
from producers.builds.errors import UnreadableError
from producers.builds.mask import Mask, mask_value
from producers.builds.record import canonical_json, clean_text
from producers.builds.words import ErrorWord

PART_BYTES: Final = 64 * 1024
NODES: Final = 10_000
"""Of a YAML file, aliases counted as often as they are used: ten lines of them can stand for billions."""

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str | bytes, loader: Any = _Loader) -> Any:
    """Parse one YAML document with the safe loader; nothing in it is `{}` (B10). Raises UnreadableError."""
    try:
        _check_nodes(text)
        value = yaml.load(text, Loader=loader)  # the safe one, in C where that is there
    except UnreadableError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError, OverflowError) as error:
        raise UnreadableError(ErrorWord.UNPARSEABLE) from error
    return {} if value is None else value


def _check_nodes(text: str | bytes) -> None:
    """Count nodes from the event stream, before anything is built of them."""
    sizes: dict[str, int] = {}
    open_anchors: list[tuple[str | None, int]] = []
    count = 0
    for event in _events(text):
        if isinstance(event, yaml.AliasEvent):
            count += sizes.get(event.anchor or "", NODES + 1)  # one that is still open holds itself
        elif isinstance(event, yaml.ScalarEvent):
            count += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            open_anchors.append((event.anchor, count))
            count += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_anchors.pop()
            if anchor:
                sizes[anchor] = count - before
        if count > NODES:
            raise UnreadableError(ErrorWord.UNPARSEABLE)


def _events(text: str | bytes) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=_Loader)


def as_json_value(value: Any) -> Any:
    """Give what JSON can hold: dates as ISO text, keys as text. Raises UnreadableError for the rest, and NaN."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {_key(key): as_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json_value(item) for item in value]
    raise UnreadableError(ErrorWord.UNPARSEABLE)


def _key(key: Any) -> str:
    plain = as_json_value(key)
    if isinstance(plain, dict | list):
        raise UnreadableError(ErrorWord.UNPARSEABLE)
    return plain if isinstance(plain, str) else canonical_json(plain)


def config_text(value: Any, mask: Mask) -> Found[str]:
    """Give a part's JSON text, masked. Raises UnreadableError: unparseable, or over PART_BYTES `too_large`."""
    try:
        clean = _clean(mask_value(as_json_value(value), mask))
        text = canonical_json(clean)
    except (RecursionError, ValueError) as error:
        raise UnreadableError(ErrorWord.UNPARSEABLE) from error
    if len(text.encode()) > PART_BYTES:
        raise UnreadableError(ErrorWord.TOO_LARGE)
    return Found(text, len(clean) if isinstance(clean, dict | list) else 1)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value, str, PART_BYTES) or ""
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
