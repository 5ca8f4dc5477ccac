"""What each privacy class and rule does, in words: for `headcount explain build-event` and docs/privacy.md."""

from collections.abc import Mapping
from typing import Any, Final

from streams.scrub.rules import VOCABULARIES
from streams.scrub.schema import DROP, KEEP

CLASSES: Final[Mapping[str, str]] = {
    KEEP: "kept as it is: a number, a yes or no, a time, or a value that is checked before the event is taken",
    DROP: "dropped: it goes no further than the raw topic",
    "hash": "replaced by a keyed hash",
    "coarsen": "cut to the part that many share",
    "scrub": "only what its rule lets through is kept",
}

RULES: Final[Mapping[str, str]] = {
    "id": "an id: URLs, e-mail and other addresses, hosts, homes, passwords and tokens in it are replaced by their kind",
    "text": "free text: as an id, and what looks random is replaced by <token>; 200 characters at most",
    "flag": "lower-case letters, digits, - and _, up to 64; anything else becomes (other)",
    "error": "a known error word or a class name, with a number: a message becomes (other)",
    "commit": "hexadecimal digits; anything else becomes null",
    "digest": "sha256: and 64 hexadecimal digits; anything else becomes null",
    "image": "the image's name and tag: its registry and path are cut; an unusual one becomes (private)",
    "number": "up to three whole numbers with dots; anything else becomes null",
    "python_version": "a Python's version; anything else becomes null",
    "build_os": "a known system's name and release; anything else becomes (other)",
    "os_name": "the words that systems use of themselves, up to the first other one",
    "version": "a version: its local part (after +) is cut; one with words or addresses in it becomes null",
    "apt_version": "a dpkg version: a suffix with words that are not usual is cut; one with addresses in it becomes null",
    "specifier": "comparisons of versions, each judged as a version; others are left out",
    "extra": "an extra with a usual or a public package's name; anything else becomes (other)",
    "pip_name": "the normalised name; (private) where it is on no public list",
    "apt_name": "the name; (private) where neither Debian nor Ubuntu has it",
    "conda_name": "the name in lower case; (private) where its channel is not public",
    "channel": "a public channel's name; anything else becomes private",
    "extension": "an extension whose package is public; anything else becomes (private)",
    "theme": "a theme that is public; anything else becomes (private)",
    "config": "known keys only, and of each value what its kind allows: tools of commands, usual paths, public names",
    "unnamed": "counts by kind",
} | {
    name: "one of " + ", ".join(sorted(words)) + "; another word becomes (other)"
    for name, words in VOCABULARIES.items()
}


def why(field: Mapping[str, Any]) -> str:
    """Say what is done with a field of a schema, and by which rule."""
    rule = field.get("rule")
    if field["pii"] in (KEEP, DROP) or rule is None:
        return CLASSES[field["pii"]]
    return f"{rule}: {RULES[rule]}"
