"""What must never be found behind the raw topic: planted values, and every form in which one could hide."""

import base64
from urllib.parse import quote

FORMED = (
    "canary.person@example.org",
    "192.0.2.77",
    "198.51.100.214",
    "2001:db8:dead:beef::77",
    "2001:0db8:dead:beef:0000:0000:0000:0088",
    "::ffff:203.0.113.9",
    "canaryuser@canarybuildbox",
    "ghp_C4n4ryC4n4ryC4n4ryC4n4ryC4n4ryC4n4ry012345",
    "github_pat_11CANARY0abcdefghijkl_mnopqrstuvwxyz0123456789",
    "glpat-C4n4ry-Tok3n-Abcdef",
    "pypi-AgEIcHlwaS5vcmcCJGNhbmFyeQ",
    "npm_C4n4ryC4n4ryC4n4ryC4n4ryC4n4ryC4n4ry01",
    "xoxb-123456789012-canaryCanary",
    "AKIACANARYCANARY1234",
    "AIzaSyC4n4ryC4n4ryC4n4ryC4n4ryC4n4ryC4n4",
    "sk_live_c4n4ryc4n4ryc4n4ry1234",
    "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJlY2FuYXJ5",
    "hf_CanaryCanaryCanaryCanary12",
    "TWINE_PASSWORD=hunter2canary",
    "/home/canary/checkout",
    "/Users/canaryuser/work",
    "C:\\Users\\canarywin\\docs",
    "02:42:ac:11:00:42",
    "https://canary:hunter2canary@upstream.example.org/simple",
    "https://conda.example.org/t/ca-C4n4ryT0k3n/canary",
    "pkgs.canary-corp.internal",
    "artifacts.canary-corp.example.com",
)
"""What shows by its form: mail, addresses (v4, v6, mapped), tokens of ten kinds, a password, homes, MAC, URLs, hosts."""

RANDOM = (
    "3f786850e387550fdab836ed7e6dc881de23001b3f786850e387550fdab836ed",
    "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY",
)
"""What shows by nothing but its randomness: ids and commits are such too."""

NAMES = ("canary-secret-package", "canary_secret_ext")
"""Names that are on no public list: the operator's own ids, slugs and probes may be such."""

PERSONAL = FORMED + RANDOM
CANARIES = PERSONAL + NAMES


def forms(canary: str) -> set[str]:
    """The canary as it is, in lower case, in base64 (at every alignment), in percent and in hexadecimal form."""
    data = canary.encode()
    aligned = {base64.b64encode(b" " * shift + data)[4 if shift else 0 : -4].decode() for shift in range(3)}
    return {canary, canary.lower(), quote(canary, safe=""), data.hex()} | {form for form in aligned if len(form) > 8}


def found_in(text: str) -> list[str]:
    """The canaries that a text holds in any form."""
    lower = text.lower()
    return [canary for canary in CANARIES if any(form in text or form.lower() in lower for form in forms(canary))]
