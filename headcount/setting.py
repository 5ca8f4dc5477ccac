"""One setting, and how its text is read: a value, or ValueError. The table of all settings is in `headcount/settings.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what it means, how its text is read (ValueError: refused), what is allowed, whether it is secret."""

    doc: str
    parse: Callable[[str], Any] = str
    allowed: str = "text"
    secret: bool = False


def whole(low: int, high: int) -> Callable[[str], int]:
    """Read a whole number within bounds."""

    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """Read one of some words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return parse


def addresses(text: str) -> str:
    """Read host:port, several with commas between."""
    for address in text.split(","):
        host, _, port = address.strip().rpartition(":")
        if not host or not 0 < int(port) < 65536:
            raise ValueError(text)
    return text


def dsn(text: str) -> str:
    """Read a DSN of Postgres."""
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError(text)
    return text


def words(text: str) -> tuple[str, ...]:
    """Read words with commas between, in lower case."""
    return tuple(word.strip().lower() for word in text.split(",") if word.strip())


def networks(text: str) -> tuple[str, ...]:
    """Read networks in CIDR notation, with commas between."""
    return tuple(str(ip_network(word)) for word in words(text))


def choice(doc: str, *words: str) -> Setting:
    """Make a setting that is one of some words."""
    return Setting(doc, one_of(*words), "one of " + ", ".join(words))


def dsn_of(role: str) -> Setting:
    """Make the setting of a role's DSN."""
    return Setting(f"DSN of the {role} role.", dsn, "postgresql://user:password@host:port/database", secret=True)
