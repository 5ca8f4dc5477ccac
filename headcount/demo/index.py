"""The Python index that the demo's gateway stands before: the one that pip uses, asked of pip, else one made on the spot.

No index is named here, so that a mirror or a proxy that pip is set to is used here as well.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from headcount.demo import stack
from headcount.demo.children import Children
from headcount.errors import HeadcountError

PACKAGES: Final = ("rich", "packaging")
"""What is installed from a real index: small, of Python only, and one of them needs others."""

_ASK: Final = (
    "index", "versions", "-vv", "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--retries=1", "--timeout=5",
)  # fmt: skip
_FOUND: Final = re.compile(r"^\s*Found index url (https?://\S+)", re.MULTILINE)
_SETTING: Final = re.compile(r"^(global|install|:env:)\.(cert|client-cert|proxy|trusted-host)=(.+)$", re.MULTILINE)
_SCOPES: Final = ("global", "install", ":env:")
"""Of pip's settings, the later before the earlier."""


def pips_index(children: Children, pip: Sequence[str]) -> str | None:
    """Give the URL of the index that pip looks in; null where it says none. It may be one that does not answer."""
    found = _FOUND.search(children.run([*pip, *_ASK, PACKAGES[0]]).stdout)
    return None if found is None else found[1].rstrip("/") + "/"


def pips_connection(children: Children, pip: Sequence[str]) -> dict[str, str]:
    """Give pip's settings of certificates and proxies as variables: without them it may reach nothing from here."""
    return connection_in(children.run([*pip, "config", "list", "--disable-pip-version-check"]).stdout)


def connection_in(listed: str) -> dict[str, str]:
    """Read what `pip config list` prints; lines of other settings are left out."""
    found = sorted(_SETTING.findall(listed), key=lambda each: _SCOPES.index(each[0]))
    variables = {}
    for _, name, value in found:
        try:
            text = str(ast.literal_eval(value))
        except (ValueError, SyntaxError):  # of a version that writes them otherwise
            continue
        variables["PIP_" + name.upper().replace("-", "_")] = " ".join(text.split())
    return variables


def manifest(target: str, projects: Sequence[str]) -> str:
    """Write a manifest for a gateway on this machine that stands before one index; no projects: it serves all."""
    rule = {"type": "python", "target": target, "projects": list(projects) or "*"}
    lines = ["[[domain]]", 'host = "127.0.0.1"', "", "[[domain.rule]]"]
    return "\n".join([*lines, *(f"{key} = {json.dumps(value)}" for key, value in rule.items()), ""])


def is_reached(children: Children, file: Path, projects: Sequence[str]) -> bool:
    """Whether a gateway with this manifest gets the pages of these projects. `gateway explain` asks as it would."""
    try:
        return all(_status(children, file, project) == 200 for project in projects)
    except HeadcountError:  # as where the URL holds a password, which no manifest may
        return False


def _status(children: Children, file: Path, project: str) -> int | None:
    url = f"http://127.0.0.1/simple/{project}/"
    said: Mapping[str, int | None] = json.loads(stack.call(children, "gateway", "explain", "--json", str(file), url))
    return said["status"]
