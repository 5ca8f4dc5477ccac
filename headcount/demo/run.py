"""The demo from a started stack to its answers: repositories, environments, builds, installs, and the questions."""

import itertools
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headcount.demo import stack
from headcount.demo.answers import Answers
from headcount.demo.builds import build
from headcount.demo.checkout import Repository
from headcount.demo.children import Children, StoppedError
from headcount.demo.downloads import Downloads, Shop
from headcount.demo.environments import make_environment, other_python
from headcount.demo.progress import Progress
from headcount.demo.projects import BUILDS, PROJECTS, Project, Version
from headcount.up.state import StateDir

LANES: Final = 2
"""Environments made, and builds run, at the same time."""

Job = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo works: one folder, which goes when it ends."""

    root: Path

    @property
    def state(self) -> Path:
        """The local stack's state."""
        return self.root / "state"

    @property
    def shop(self) -> Path:
        """What is installed through the gateway, and the caches of pip and uv."""
        return self.root / "installed"

    def project(self, project: Project) -> Path:
        """A project's checkouts."""
        return self.root / "projects" / project.name

    def environment(self, project: Project, version: Version) -> Path:
        """The virtual environment that a version builds in."""
        return self.root / "environments" / f"{project.name}-{version.environment or version.slug}"


def start(children: Children, progress: Progress, place: Place, shop: Shop | None) -> None:
    """Start the stack; its gateway stands before the shop's index from the first request on."""
    if shop is not None:
        state = StateDir(place.state)
        state.create()
        shop.open(state.gateway_manifest)
    names = "Kafka, Postgres, gateway, streams and sink"
    with progress.step(f"starting {names}", done=f"{names} run"):
        stack.call(children, "up", "--detach", "--state-dir", str(place.state))


def produce(children: Children, progress: Progress, place: Place, *, first: Job) -> None:
    """Start the stack (`first`) and make the environments, at the same time; then build everything."""
    repositories = {project.name: Repository(children, project, place.project(project)) for project in PROJECTS}
    with progress.step("making two projects with git", done="two projects, with tags and branches"):
        for repository in repositories.values():
            repository.make()
    other = other_python(children)

    def equip(project: Project, version: Version) -> None:
        name = f"{project.name} {version.slug}"
        with progress.step(f"installing for {name}", done=f"environment of {name}, by {project.maker} and pip"):
            make_environment(
                children,
                place.environment(project, version),
                version,
                repositories[project.name].folder(version) / "docs" / "requirements.txt",
                maker=project.maker,
                python=(version.other_python and other) or sys.executable,
            )

    def run_builds(project: Project, version: Version, build_ids: list[str]) -> None:
        repository = repositories[project.name]
        for count, build_id in enumerate(build_ids, 1):
            name = f"{project.name} {version.slug}" + (", again" if count > 1 else "")
            if count > 1:
                repository.change(version, f"Change {count}.")
            done = f"built {name}" if not version.fails else f"built {name}: it fails, as it is meant to"
            with progress.step(f"building {name}", done=done):
                build(
                    children,
                    repository,
                    project,
                    version,
                    environment=place.environment(project, version),
                    build_id=build_id,
                )

    in_lanes(
        children,
        LANES + 1,
        itertools.chain([first], (_job(equip, *each) for each in _versions() if not each[1].environment)),
    )
    ids = map(str, itertools.count(101))
    jobs = [
        _job(run_builds, project, version, list(itertools.islice(ids, version.builds)))
        for project, version in _versions()
    ]
    in_lanes(children, LANES, jobs)


def ask(children: Children, progress: Progress, place: Place, report: Path) -> Answers:
    """Wait until every build is in Postgres, ask, and have the report written."""
    with progress.step("waiting until all builds are in Postgres", done=f"all {BUILDS} builds are in Postgres"):
        ledger = stack.await_arrival(children, BUILDS, state=place.state)
    with progress.step("asking", done=f"wrote {report}"):
        answers = Answers(
            packages=stack.rows(children, "query", "package_projects"),
            pythons=stack.rows(children, "query", "python_projects"),
            systems=stack.rows(children, "query", "os_projects"),
            latest=stack.rows(children, "query", "latest_builds"),
            ledger=ledger,
        )
        stack.call(children, "report", "builds", "-o", str(report))
    return answers


def install(children: Children, shop: Shop) -> Downloads:
    """Install through the gateway, in a lane like all that a signal must be able to end."""
    made: list[Downloads] = []
    in_lanes(children, 1, [lambda: made.append(shop.install())])
    return made[0]


def _versions() -> Iterable[tuple[Project, Version]]:
    return ((project, version) for project in PROJECTS for version in project.versions)


def _job(function: Callable[..., None], *arguments: object) -> Job:
    return lambda: function(*arguments)


def in_lanes(children: Children, lanes: int, jobs: Iterable[Job]) -> None:
    """Run jobs at the same time. The first that fails, or a signal, stops all the others before it is raised."""
    with ThreadPoolExecutor(lanes) as pool:
        futures: list[Future[None]] = [pool.submit(job) for job in jobs]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            children.stop()
            if isinstance(error, StoppedError):
                continue_with = [each.exception() for each in futures if each.done() and not each.cancelled()]
                raise next(
                    (each for each in continue_with if each and not isinstance(each, StoppedError)), error
                ) from None
            raise
