"""Free text: what is personal or secret in it is replaced by its kind, as `<email>` (privacy.md rule 5).

Idempotent: no replacement contains what another pattern looks for. Total: any `str` gives a `str`.
"""

import itertools
import math
import re
from collections import Counter
from ipaddress import ip_address
from typing import Final

from streams.scrub.forms import COMMON_HOST, HEX, LONG_WORD, PATTERNS, RUN, TOKENS, UUID

MAX_LENGTH: Final = 200
"""Characters of a name, slug or other short text; what is longer is cut (builds.md T6)."""

_MIN_ENTROPY_BITS: Final = 3.5
"""Shannon entropy per character from which a long word of mixed classes is a token: words of prose stay below."""

_JOINTS: Final = re.compile(r"[-_./+=]+")
_PLAIN: Final = re.compile(r"(?:[A-Za-z]?[a-z]*|[A-Z]*)\d*")
_MIN_CHANGES: Final = 4
_UNSPOKEN: Final = 24
_CONSONANTS: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}", re.IGNORECASE)
_MOST_ROUNDS: Final = 8
"""Bounds the work on a text that was made to need many; two are the most that ordinary ones take."""

FIRST_OF_AN_ADDRESS: Final = 32
"""Four numbers in a version are read as an address when the first is at least this: releases such as 4.10.0.84 exist
in numbers, a 192.0.2.1 does not."""


def plain(text: str) -> str:
    """Remove NUL and lone surrogates, and cut to `MAX_LENGTH` characters: no store takes the first two."""
    return _storable(text)[:MAX_LENGTH]


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def scrub_patterns(text: str) -> str:
    """Replace what shows by its form; for ids, in which hexadecimal digits are no secret."""
    return _settled(text, is_free=False)


def scrub_text(text: str) -> str:
    """Replace all that is personal or secret in free text."""
    return _settled(text, is_free=True)


def _settled(text: str, *, is_free: bool) -> str:
    """Replace until nothing more is found: a replacement or the cut may bring a new form about."""
    # Looked at before it is cut, so that no half of a token stands at the end.
    before, after = text, _replaced(_storable(text)[: 2 * MAX_LENGTH], is_free=is_free)[:MAX_LENGTH]
    for _ in range(_MOST_ROUNDS):
        if after == before:
            break
        before, after = after, _replaced(after, is_free=is_free)[:MAX_LENGTH]
    return after


def _replaced(text: str, *, is_free: bool) -> str:
    text = TOKENS.sub("<token>", text)
    for signs, pattern, kind in PATTERNS:
        if not signs or any(sign in text for sign in signs):
            text = pattern.sub(_if_address if kind == "<ip?>" else kind, text)
    if not is_free:
        return text
    if "." in text:
        text = COMMON_HOST.sub("<host>", text)
    text = HEX.sub("<token>", UUID.sub("<token>", text))
    return LONG_WORD.sub(_if_random, text)


def _if_address(match: re.Match[str]) -> str:
    found = match.group()
    candidate = found.partition("%")[0]
    if ":" not in candidate:
        return _if_v4(match, candidate.replace("-", "."))
    if any(_is_address(each) for each in (candidate, candidate.rstrip("."), candidate.rstrip(".:"))):
        return "<ip>"
    return "<ip>" if candidate.count(":") > 2 else found


def _if_v4(match: re.Match[str], candidate: str) -> str:
    """Four numbers are a version rather than an address where letters or dashes join them and the first is small."""
    text, at, end = match.string, match.start(), match.end()
    is_alone = not (text[at - 1 : at] or " ").isalnum() and not (text[end : end + 1] or " ").isalnum()
    is_plain = is_alone and "-" not in match.group()
    is_likely = is_plain or int(candidate.partition(".")[0]) >= FIRST_OF_AN_ADDRESS
    return "<ip>" if is_likely and _is_address(candidate) else match.group()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _if_random(match: re.Match[str]) -> str:
    word = match.group()
    classes = sum(bool(re.search(pattern, word)) for pattern in ("[a-z]", "[A-Z]", "[0-9]"))
    is_random = classes >= 3 and _entropy(word) > _MIN_ENTROPY_BITS and not _is_of_words(word)
    return "<token>" if is_random else RUN.sub(_if_jumbled, word)


def _is_of_words(word: str) -> bool:
    """Whether each part is a word or a number or both, as in `feature/DOC-1234-add-py312`: chance does not give that."""
    return all(_PLAIN.fullmatch(part) for part in _JOINTS.split(word))


def _if_jumbled(match: re.Match[str]) -> str:
    """Random is what changes to digits, or to the other case, and back again and again, or cannot be spoken."""
    run = match.group()
    digits = sum(left.isdigit() != right.isdigit() for left, right in itertools.pairwise(run))
    cases = sum(left.isupper() != right.isupper() for left, right in itertools.pairwise(run))
    is_unspoken = len(run) >= _UNSPOKEN and _CONSONANTS.search(run) is not None
    is_random = digits >= _MIN_CHANGES or 3 * cases >= len(run) or is_unspoken
    return "<token>" if is_random else run


def _entropy(word: str) -> float:
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())
