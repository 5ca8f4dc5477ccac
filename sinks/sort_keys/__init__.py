"""Text that sorts bytewise as an ecosystem sorts its versions (S4), so that a plain ORDER BY is right.

Comes in: versions as packages write them. Goes out: ASCII text. Promises: never raises; what does not parse sorts first.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from sinks.sort_keys.conda import conda_key
from sinks.sort_keys.debian import debian_key
from sinks.sort_keys.numbers import UnsortableError
from sinks.sort_keys.pep440 import pep440_key

_KEYS: Final[dict[str, Callable[[str], str]]] = {"pip": pep440_key, "conda": conda_key, "apt": debian_key}


@lru_cache(maxsize=65536)
def sort_key(ecosystem: str, version: str) -> str:
    """Give the key of a version: `0` and the text itself for one that does not parse, `1` and a key otherwise."""
    try:
        return "1" + _KEYS[ecosystem](version)
    except UnsortableError:
        return "0" + version
