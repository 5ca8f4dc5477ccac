"""A manifest's TOML text → frozen dataclasses: which hosts are served, and by which rules (DL1).

Promises: a manifest is taken whole or not at all; whatever is wrong is said with file, line, key and what to do, all of
it at once; what comes out needs no second look when a request is routed.
"""

from producers.gateway.manifest.model import (
    CargoRule,
    CatchAllRule,
    DockerRule,
    Domain,
    FileRule,
    Manifest,
    NpmRule,
    PixelRule,
    PythonRule,
    Rule,
    normal_host,
)
from producers.gateway.manifest.problems import ManifestError, Problem
from producers.gateway.manifest.read import load_manifest, read_manifest

__all__ = [
    "CargoRule",
    "CatchAllRule",
    "DockerRule",
    "Domain",
    "FileRule",
    "Manifest",
    "ManifestError",
    "NpmRule",
    "PixelRule",
    "Problem",
    "PythonRule",
    "Rule",
    "load_manifest",
    "normal_host",
    "read_manifest",
]
