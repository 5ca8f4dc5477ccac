"""The wrapper's config file: found, read safely, parsed and merged with the defaults. It never stops a build."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from producers.builds.asking import FILE_BYTES
from producers.builds.collectors.config import parse_yaml
from producers.builds.defaults import merged
from producers.builds.errors import CollectorError, MissingError
from producers.builds.local import read_regular
from producers.builds.telemetry import MISSING

NAMES: Final = (".readthedocs.yaml", ".readthedocs.yml", "readthedocs.yaml", "readthedocs.yml")


@dataclass(frozen=True, slots=True)
class ConfigRead:
    """Both parts; `user` None without `error`: there is no file."""

    user: Any = None
    final: dict[str, Any] | None = None
    error: str | None = None


def read_config(directory: Path, given: str | None, doctool: str | None) -> ConfigRead:
    """Read the config of a build in `directory`: the `given` file, else the first of NAMES that is there."""
    try:
        user = _user(directory, given)
    except CollectorError as error:
        return ConfigRead(error=error.error or MISSING)
    try:
        return ConfigRead(user, merged(user, doctool))
    except CollectorError as error:
        return ConfigRead(user, error=error.error)


def _user(directory: Path, given: str | None) -> Any:
    if given is not None:
        path = directory / given
        # Somebody named this very file, so it may lie outside of the checkout; a link may still not lead out of where
        # it lies.
        root = directory if path.resolve().is_relative_to(directory.resolve()) else path.parent
        return parse_yaml(read_regular(str(path), str(root), FILE_BYTES))
    for name in NAMES:
        try:
            return parse_yaml(read_regular(str(directory / name), str(directory), FILE_BYTES))
        except MissingError:
            continue
    return None
