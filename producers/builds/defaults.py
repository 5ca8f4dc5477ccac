"""The wrapper's `final` config: what the user wrote over every documented default (builds.md B11)."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from producers.builds.errors import UnreadableError
from producers.builds.words import ErrorWord

Values = dict[str, Any]


@cache
def _defaults() -> Mapping[str, Values]:
    text = resources.files("producers.builds").joinpath("data/config_defaults.yaml").read_text("utf-8")
    loaded: Mapping[str, Values] = yaml.safe_load(text)
    return loaded


def merged(user: Any, doctool: str | None) -> Values:
    """Give the final config; `user` None means that there is no file, `doctool` what builds where the file says none.

    A key that is not documented is kept as it is. Raises UnreadableError where the file is no mapping.
    """
    if user is None:
        user = {}
    if not isinstance(user, Mapping):
        raise UnreadableError(ErrorWord.CONFIG_INVALID)
    final: Values = _over(_defaults()["whole"], user)
    tool = next((name for name in ("sphinx", "mkdocs") if isinstance(final[name], Mapping)), doctool)
    final["doctype"] = final["doctype"] or tool
    for name in ("sphinx", "mkdocs", "conda"):
        if isinstance(final[name], Mapping) or name == tool:
            final[name] = _over(_defaults()[name], final[name] or {})
    _complete_lists(final)
    submodules = user.get("submodules")
    if isinstance(submodules, Mapping) and "include" in submodules and "exclude" not in submodules:
        final["submodules"]["exclude"] = []
    return final


def _complete_lists(final: Values) -> None:
    build, python = final["build"], final["python"]
    if isinstance(build, dict) and isinstance(build.get("tools"), Mapping):
        build["tools"] = {name: _over(_defaults()["tool"], _tool(value)) for name, value in build["tools"].items()}
    if isinstance(python, dict) and isinstance(python.get("install"), list):
        python["install"] = [_install(item) for item in python["install"]]


def _tool(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {"version": str(value)}


def _install(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    return _over(_defaults()["install_requirements" if "requirements" in item else "install_path"], item)


def _over(default: Any, value: Any) -> Any:
    """Lay a value over a default, mappings key by key; an empty value (`build:` and nothing) leaves the default."""
    if isinstance(default, Mapping):
        if isinstance(value, Mapping):
            return {
                **{key: _copy(item) for key, item in default.items()},
                **{key: _over(default.get(key), item) for key, item in value.items()},
            }
        return _copy(default) if value is None else value
    return _copy(default) if value is None else value


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return list(value) if isinstance(value, list) else value
