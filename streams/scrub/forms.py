"""The forms by which secrets, addresses, homes and hosts show in free text. Data only; `text.py` replaces them.

A prefix is taken together with the shortest tail that its issuer makes, so that ordinary words which begin alike stay.
No pattern matches across `<` or `>`: what was replaced stays as it is.
"""

import re
from typing import Final

TOKENS: Final = re.compile(
    "|".join(
        (
            r"gh[pousr]_[A-Za-z0-9]{16,}",
            r"github_pat_\w{20,}",
            r"gl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent|ffct|wt|oas)-[\w-]{12,}(?:\.\w+)*",
            r"GR1348941[\w-]{10,}",
            r"pypi-(?:AgE|(?=[\w-]*[A-Z])(?=[\w-]*\d))[\w-]{12,}",
            r"npm_[A-Za-z0-9]{16,}",
            r"oy2[a-z0-9]{30,}",
            r"rubygems_[0-9a-f]{16,}",
            r"dckr_[a-z]{2,4}_[\w-]{16,}",
            r"(?:xoxe\.)?xox[abceoprs]-[\w-]{10,}",
            r"xapp-[\w-]{16,}",
            r"(?:AKIA|ASIA|AIDA|AROA|ABIA|ACCA|AGPA|ANPA|ANVA)[A-Z0-9]{12,}",
            r"LTAI[A-Za-z0-9]{12,}",
            r"AIza[\w-]{20,}",
            r"GOCSPX-[\w-]{16,}",
            r"1//0[\w-]{20,}",
            r"\d{6,}-[a-z0-9]{20,}\.apps\.googleusercontent\.com",
            r"ya29\.[\w-]{10,}",
            r"(?<![A-Za-z0-9])g?[srp]k[_-](?:live_|test_|proj-|ant-)?(?=[\w-]*\d)[\w-]{16,}",
            r"wh(?:sec|test)_[\w-]{16,}",
            r"eyJ[\w-]{8,}(?:\.[\w-]*){0,4}",
            r"hf_[A-Za-z0-9]{16,}",
            r"nvapi-[\w-]{16,}",
            r"do[opr]_v1_[0-9a-f]{16,}",
            r"SG\.[\w-]{10,}\.[\w-]{10,}",
            r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}",
            r"hv[sbr]\.[\w-]{20,}",
            r"sq0[a-z]{3}-[\w-]{16,}",
            r"(?:figd|bkua|nfp|sntry[a-z]|circleci|vercel|tfp|ntn|secret|lin_api|lin_oauth|ops|rpa|sbp|r8)_[A-Za-z0-9]{20,}",
            r"(?:CCIPAT|CCIPRJ)_[\w-]{20,}",
            r"(?:PMAK|NRAK|NRJS|NRII|xkeysib|xsmtpsib|tskey-[a-z]+)-[A-Za-z0-9-]{20,}",
            r"(?:key|pul)-[0-9a-f]{32,}",
            r"AT(?:ATT3x|BB|CTT3x)[\w=-]{16,}",
            r"AGE-SECRET-KEY-1[A-Z0-9]{16,}",
            r"dapi[0-9a-f]{32}",
            r"A3-(?:[A-Z0-9]{5,}-){2,}[A-Z0-9]{5,}",
            r"amzn\.mws\.[0-9a-f-]{20,}",
            r"\d{8,10}:AA[\w-]{30,}",
            r"-----BEGIN [A-Z ]+-----.*",
            r"PuTTY-User-Key-File-\d.*",
        )
    ),
    re.DOTALL,
)
"""Tokens by the prefix that their issuer gives them; case counts."""

_SECRET_WORD: Final = (
    r"(?:[\w-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|(?:api|private|access|auth|license)[_-]?key)[\w-]*"
    r"|(?:[\w-]*[_-])?pass)"
)
_PRIVATE_TLD: Final = (
    r"(?:internal|intranet|local|localdomain|lan|corp|home|private|example|test|invalid|localhost|onion|arpa)"
)
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"

PATTERNS: Final = tuple(
    (signs, re.compile(pattern, re.IGNORECASE | re.DOTALL), kind)
    for signs, pattern, kind in (
        (":", r"[a-z][a-z0-9+.-]*://[^\s<>]*", "<url>"),
        ("", r"\bauthorization\s*[:=][^<>]*", "<secret>"),
        ("", r"\bbearer\s+[^\s<>]{8,}", "<secret>"),
        ("", r"\bbasic\s+(?=[a-z0-9+/]*[0-9=])[a-z0-9+/]{8,}=*", "<secret>"),
        ("-", r"(?<!\S)(?:-u|--(?:proxy-)?user)[\s=]*[^\s:<>]+:[^\s<>]+", "<secret>"),
        ("-", rf"(?<!\S)--?{_SECRET_WORD}\s+[^\s<>]+", "<secret>"),
        ("", r"\bsshpass\s+-p\s*[^\s<>]+", "<secret>"),
        ("=:", rf"(?<![\w-]){_SECRET_WORD}[\"']?\s*[=:]\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>]+)", "<secret>"),
        ("=:", r"\bkey\s*[=:]\s*[^\s<>]{8,}", "<secret>"),
        ("@", r"\"[^\"<>]*\"@[^\s@<>/:]+", "<email>"),
        ("@%", r"(?<![^\s@<>/:])(?:[^\s@<>/:]+:)?[^\s@<>/:]+(?:@|%40)[^\s@<>/:]+(?::?[\w.~-]*/[^\s<>]*)?", "<email>"),
        ("([{", r"(?<![\w.+-])[\w.+-]+\s?[(\[{]\s?at\s?[)\]}]\s?[\w.-]+", "<email>"),
        (
            "~/$%\\",
            r"(?:(?<![\w.])~[\w.-]+|(?<![\w.])~(?=[\\/])|\$\{?HOME\}?|%(?:USERPROFILE|HOMEPATH|APPDATA)%"
            r"|/(?:home|users|volumes)/[^\s/<>]+|/root(?![\w-])"
            r"|[a-z]:[\\/]+(?:users|documents and settings)[\\/]+[^\s\\/<>]+)(?:[\\/][^\s<>]*)?",
            "<home>",
        ),
        ("\\\\", r"\\\\[\w.-]+\\[^\s<>]*", "<host>"),
        (":-", r"(?<![0-9a-z])(?:[0-9a-f]{2}[:-]){5,}[0-9a-f]{2}(?![0-9a-z])", "<mac>"),
        (".", r"(?<![0-9a-z.])(?=[0-9.]*[a-f])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-z.])", "<mac>"),
        (":", r"(?<![0-9a-z:.])[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*(?:%\w+)?", "<ip?>"),
        (".", r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)", "<ip?>"),
        ("-", r"(?<![\d-])(?:\d{1,3}-){3}\d{1,3}(?![\d-])", "<ip?>"),
        ("-._", r"\b(?:ip|ec2|host|static|dyn|dsl|cpe|pool|node)[._-](?:\d{1,3}[._-]){3}\d{1,3}(?!\d)", "<ip>"),
        (".", rf"(?<![\w.<-])(?:{_LABEL}\.)+{_PRIVATE_TLD}(?![\w-])", "<host>"),
        (
            ".",
            rf"(?<![\w.<-])(?=[\w-]*[a-z]){_LABEL}(?:\.{_LABEL})*"
            rf"\.(?=[\w-]*[a-z]){_LABEL}\.(?:[a-z]{{2,24}}|xn--[a-z0-9-]+)(?![\w-])",
            "<host>",
        ),
    )
)
"""What shows by its form, in this order; looked for only where one of the signs is there.

`<ip?>` is an address where Python's own reader takes it for one.
"""

COMMON_HOST: Final = re.compile(
    rf"(?<![\w.<-])(?:(?:{_LABEL}\.)+(?:com|org|net|edu|gov|mil|io|eu|cloud)"
    rf"|(?=[\w-]*[a-z])(?:{_LABEL}\.)+(?:de|fr|uk|ch|nl|jp|cn|br|au|ca))(?![\w-])",
    re.IGNORECASE,
)
"""A host of two labels. Not in ids: a project may be called so, and two of them must not become one."""

UUID: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])", re.IGNORECASE)
HEX: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])")
LONG_WORD: Final = re.compile(r"[A-Za-z0-9+/_=.-]{20,}")
RUN: Final = re.compile(r"[A-Za-z0-9]{20,}")
"""A word without any separator, in which a person would have put one."""
