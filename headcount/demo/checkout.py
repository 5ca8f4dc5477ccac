"""Makes a project's git repository: a commit a version, under its tag or on its branch, and a work tree for each."""

import string
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from headcount.demo.children import Children
from headcount.demo.projects import Project, Version
from headcount.errors import HeadcountError

_SUFFIX: Final = ".txt"
"""Of our copies of the projects' files, so that nothing takes their conf.py for a module of ours."""

_MAIN: Final = "main"


def project_files(project: Project, version: Version) -> dict[str, str]:
    """Give the text of each file of a version by its path in the repository."""
    texts = {
        path.removesuffix(_SUFFIX): string.Template(text).substitute(version.values)
        for path, text in _templates(files("headcount.demo") / "files" / project.name)
    }
    return {**texts, "docs/requirements.txt": "".join(f"{line}\n" for line in version.requirements)}


def _templates(folder: Traversable, before: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, f"{before}{entry.name}/")
        else:
            yield before + entry.name, entry.read_text(encoding="utf-8")


class Repository:
    """A project's repository under `root`, with one work tree a version beside it."""

    def __init__(self, children: Children, project: Project, root: Path) -> None:
        self._children = children
        self._project = project
        self._root = root

    def make(self) -> None:
        """Commit all versions, oldest first."""
        main = self._root / "repository"
        main.mkdir(parents=True)
        self._git(main, "init", "--quiet", "--initial-branch", _MAIN)
        for version in self._project.versions:
            if not version.is_tag and version.ref != _MAIN:
                self._git(main, "checkout", "--quiet", "-b", version.ref)
            for name, text in project_files(self._project, version).items():
                path = main / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            self._git(main, "add", "--all")
            self._git(
                main,
                "commit",
                "--quiet",
                "--message",
                f"{self._project.name} {version.values.get('release', version.slug)}",
            )
            if version.is_tag:
                self._git(main, "tag", version.ref)
        for version in self._project.versions:
            self._git(main, "worktree", "add", "--quiet", "--detach", str(self.folder(version)), version.ref)

    def folder(self, version: Version) -> Path:
        """Give a version's work tree."""
        return self._root / version.slug

    def commit_of(self, version: Version) -> str:
        """Give the commit that a work tree is at."""
        return self._git(self.folder(version), "rev-parse", "HEAD").strip()

    def change(self, version: Version, text: str) -> None:
        """Commit one more line to the first page, as between two builds of a branch."""
        folder = self.folder(version)
        page = next(path for path in sorted((folder / "docs").iterdir()) if path.stem == "index")
        page.write_text(f"{page.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")
        self._git(folder, "commit", "--quiet", "--all", "--message", text)

    def _git(self, folder: Path, *words: str) -> str:
        try:
            done = self._children.run(["git", *words], cwd=folder)
        except FileNotFoundError as error:
            raise HeadcountError("the demo needs git", where="PATH", do="install git, and run it again") from error
        if done.exit_code != 0:
            raise HeadcountError(
                f"git {words[0]} ended with {done.exit_code}: {done.stderr.strip()}",
                where=str(folder),
                do="see what git says there; the demo makes this repository anew each time",
            )
        return done.stdout
