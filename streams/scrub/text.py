"""Free text: what is personal or secret in it is replaced by its kind, as `<email>` (privacy.md rule 5).

Idempotent: no replacement contains what another pattern looks for. Total: any `str` gives a `str`.
"""

import math
import re
from collections import Counter
from ipaddress import ip_address
from typing import Final

MAX_LENGTH: Final = 200
"""Characters of a name, slug or other short text; what is longer is cut (builds.md T6)."""

_TOKEN_PREFIXES: Final = (
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_\w{20,}",
    r"glpat-[\w-]{12,}",
    r"pypi-[\w-]{16,}",
    r"npm_[A-Za-z0-9]{16,}",
    r"xox[abeoprs]-[\w-]{10,}",
    r"(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}",
    r"AIza[\w-]{20,}",
    r"[srp]k[_-](?:live_|test_|proj-|ant-)?[\w-]{16,}",
    r"eyJ[\w-]{8,}(?:\.[\w-]*){0,2}",
    r"hf_[A-Za-z0-9]{16,}",
    r"dop_v1_[0-9a-f]{16,}",
    r"SG\.[\w-]{10,}\.[\w-]{10,}",
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}",
    r"ya29\.[\w-]{10,}",
    r"-----BEGIN [A-Z ]+-----.*",
)

_PATTERNS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), kind)
    for pattern, kind in (
        (r"[a-z][a-z0-9+.-]*://\S*", "<url>"),
        (r"[^\s@<>/:]+@[^\s@<>/:]+\.[a-z0-9-]+", "<email>"),
        (r"\bgit@[\w.-]+", "<host>"),
        (r"(?:~[\w.-]+|/home/[^\s/]+|/users/[^\s/]+|/root|[a-z]:[\\/]+users[\\/]+[^\s\\/]+)(?:[\\/]\S*)?", "<home>"),
        (r"(?<![0-9a-z])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-z])", "<mac>"),
        (r"(?<![0-9a-z:.])[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*(?:%\w+)?", "<ip?>"),
        (r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", "<ip?>"),
        (r"\b(?:password|passwd|pwd|secret|token|api[_-]?key)\s*[=:]\s*\S+", "<secret>"),
        (
            r"(?<![\w.<-])(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+"
            r"(?:internal|intranet|local|localdomain|lan|corp|home|private|example|test|invalid)(?![\w-])",
            "<host>",
        ),
        (
            r"(?<![\w.<-])[a-z](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)+\.[a-z]{2,24}(?![\w-])",
            "<host>",
        ),
    )
)
_TOKEN: Final = re.compile("|".join(_TOKEN_PREFIXES), re.DOTALL)
_LONG_WORD: Final = re.compile(r"[A-Za-z0-9+/_=.-]{20,}")
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])")
_MIN_ENTROPY_BITS: Final = 3.5
"""Shannon entropy per character from which a long word of mixed classes is a token: words of prose stay below."""


def plain(text: str) -> str:
    """Remove NUL and lone surrogates, and cut to `MAX_LENGTH` characters: no store takes the first two."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")[:MAX_LENGTH]


def scrub_patterns(text: str) -> str:
    """Replace what shows by its form; for ids, in which hexadecimal digits are no secret."""
    text = _TOKEN.sub("<token>", plain(text))
    for pattern, kind in _PATTERNS:
        text = pattern.sub(_if_address if kind == "<ip?>" else kind, text)
    return text[:MAX_LENGTH]


def scrub_text(text: str) -> str:
    """Replace all that is personal or secret in free text."""
    text = scrub_patterns(text)
    text = _HEX.sub("<token>", text)
    return _LONG_WORD.sub(_if_random, text)[:MAX_LENGTH]


def _if_address(match: re.Match[str]) -> str:
    candidate = match.group().partition("%")[0].rstrip(".:") or "::"
    try:
        ip_address(candidate)
    except ValueError:
        return "<ip>" if candidate.count(":") > 2 else match.group()
    return "<ip>"


def _if_random(match: re.Match[str]) -> str:
    word = match.group()
    classes = sum(bool(re.search(pattern, word)) for pattern in ("[a-z]", "[A-Z]", "[0-9]"))
    return "<token>" if classes >= 3 and _entropy(word) > _MIN_ENTROPY_BITS else word


def _entropy(word: str) -> float:
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())
