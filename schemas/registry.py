"""Schema ids from `ids.lock`: no process needs a registry to start, and an id means the same bytes forever."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_FOLDER: Final = files("schemas")


@dataclass(frozen=True, slots=True)
class Registered:
    """One version of one subject's schema, under the id that stands on the wire."""

    id: int
    subject: str
    version: int
    sha256: str

    @property
    def text(self) -> str:
        """The schema as its file has it: Avro JSON with `doc`, `pii` and `rule` on each field."""
        topic = self.subject.removesuffix("-value")
        return _FOLDER.joinpath("avro", topic, f"{self.version}.avsc").read_text(encoding="utf-8")

    @property
    def schema(self) -> dict[str, Any]:
        """The schema as parsed JSON."""
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed

    def fingerprint(self) -> str:
        """Compute the SHA-256 of the schema's file; a test holds it to `sha256`."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@cache
def registered() -> dict[int, Registered]:
    """Read `ids.lock`: id → schema version."""
    rows = json.loads(_FOLDER.joinpath("ids.lock").read_text(encoding="utf-8"))
    return {int(id_): Registered(int(id_), row["subject"], row["version"], row["sha256"]) for id_, row in rows.items()}


@cache
def newest(subject: str) -> Registered:
    """Give the newest version of a subject's schema. KeyError where the subject has none."""
    versions = [schema for schema in registered().values() if schema.subject == subject]
    if not versions:
        raise KeyError(subject)
    return max(versions, key=lambda schema: schema.version)
