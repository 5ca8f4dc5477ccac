"""Secrets of the build's environment, taken out of everything before it leaves. Only the builder knows them."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import quote, quote_plus

MASKED: Final = "<secret>"

SHORTEST: Final = 4
"""Characters. A shorter value (`1`, `on`) would blot out versions and names all over, and guards nothing."""

_SHORTEST_LINE: Final = 8
"""Characters of a line of a many-lined secret (a key file) that is masked by itself."""

Mask = Callable[[str], str]


def mask_of(secrets: Iterable[str]) -> Mask:
    """Give a function that replaces each secret, also percent-encoded, normalised as a name, or in another case."""
    forms = {form for secret in secrets if isinstance(secret, str) for form in _forms(secret)}
    if not forms:
        return _unchanged
    # The longest first, so that a secret which holds another goes whole.
    pattern = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)), re.IGNORECASE)
    return lambda text: pattern.sub(MASKED, text)


def _unchanged(text: str) -> str:
    return text


def _forms(secret: str) -> set[str]:
    whole = secret.strip()
    values = {whole} | {line.strip() for line in whole.splitlines() if len(line.strip()) >= _SHORTEST_LINE}
    forms = set()
    for value in values:
        # Names are normalised when they are read: a secret in the place of a name has lost its own punctuation.
        forms |= {value, quote(value, safe=""), quote_plus(value), re.sub(r"[-_.]+", "-", value)}
    return {form for form in forms if len(form) >= SHORTEST}


def mask_value(value: Any, mask: Mask) -> Any:
    """Mask every text in a value of dicts, lists and scalars, keys included."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask_value(key, mask): mask_value(item, mask) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_value(item, mask) for item in value]
    return value
