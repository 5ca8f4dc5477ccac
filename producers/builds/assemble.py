"""Facts, values and results → one Event. What no collector knows is None or an empty list (T1)."""

from collections.abc import Mapping
from typing import Any

from producers.builds.collect import NAMES
from producers.builds.event import (
    AptScopes,
    Build,
    CollectorResult,
    CondaScopes,
    Config,
    DocTool,
    Event,
    Image,
    Named,
    Packages,
    PipScopes,
    Project,
    Python,
    Step,
    System,
    Version,
)
from producers.builds.words import Kind, Status


def assemble(
    *,
    organization: Named | None,
    project: Project | None,
    version: Version | None,
    build: Build,
    image: Image,
    config: Config,
    final: Mapping[str, Any] | None,
    doctool: DocTool,
    steps: tuple[Step, ...],
    values: Mapping[str, Any],
    results: Mapping[str, CollectorResult],
) -> Event:
    """Give the event; a datum that nobody asked for is `missing`: the build ended before it.

    `doctool`: what is known of the tool where its extensions could not be read.
    """
    return Event(
        kind=Kind.BUILD_FINISHED,
        organization=organization,
        project=project,
        version=version,
        build=build,
        image=Image(image.os or _build_os(final), image.name, image.digest),
        config=config,
        packages=Packages(
            pip=PipScopes(values.get("pip_declared", ()), values.get("pip_root", ()), values.get("pip_all", ())),
            conda=CondaScopes(values.get("conda_all", ())),
            apt=AptScopes(values.get("apt_declared", ()), values.get("apt_all", ())),
        ),
        python=values.get("python", Python()),
        os=values.get("os", System()),
        doctool=values.get("doctool", doctool),
        steps=steps,
        collectors={name: results.get(name, CollectorResult(Status.MISSING)) for name in NAMES},
    )


def _build_os(final: Mapping[str, Any] | None) -> str | None:
    build = (final or {}).get("build")
    name = build.get("os") if isinstance(build, Mapping) else None
    return name if isinstance(name, str) else None
