"""Builds a version as its own continuous integration would: `headcount build … -- COMMAND`, in the version's checkout."""

from pathlib import Path
from typing import Final

from headcount.demo.checkout import Repository
from headcount.demo.children import Children
from headcount.demo.projects import Project, Version
from headcount.demo.stack import HEADCOUNT
from headcount.errors import HeadcountError

_ITS_LINE: Final = "headcount: "
"""Begins the one line that `headcount build` says when an event went nowhere; the build's own exit code stands."""


def build(
    children: Children, repository: Repository, project: Project, version: Version, *, environment: Path, build_id: str
) -> None:
    """Run one build. Raises HeadcountError where it ends otherwise than it is meant to, or its event went nowhere."""
    tool, *arguments = project.command
    words = ["--project", project.name, "--version", version.slug, "--build-id", build_id]
    words += ["--commit", repository.commit_of(version)]
    words += ["--default-version"] if version.is_default else []
    done = children.run(
        [*HEADCOUNT, "build", *words, "--", str(environment / "bin" / tool), *arguments],
        cwd=repository.folder(version),
    )
    lines = done.stderr.strip().splitlines()
    unsent = next((line for line in lines if line.startswith(_ITS_LINE)), None)
    if unsent:
        raise HeadcountError(
            unsent.removeprefix(_ITS_LINE),
            where=f"the build of {project.name} {version.slug}",
            do="see `headcount doctor`",
        )
    if (done.exit_code != 0) != version.fails:
        raise HeadcountError(
            f"the build of {project.name} {version.slug} ended with {done.exit_code}: {lines[-1] if lines else ''}",
            where=str(repository.folder(version)),
            do=f"run it there by hand: {environment / 'bin' / tool} {' '.join(arguments)}",
        )
