"""DL3: a process that starts again while the manifest is broken serves what was served before."""

from pathlib import Path

import pytest

from producers.gateway.manifest import ManifestError
from producers.gateway.server.last_good import LastGood

GOOD = '[[domain]]\nhost = "{}"\n[[domain.rule]]\ntype = "pixel"\npath = "/p"\nid = "p"\n'


def test_DL3_after_a_restart_the_last_good_manifest_stands_in_for_a_broken_one(tmp_path: Path) -> None:
    file, folder = tmp_path / "gateway.toml", tmp_path / "state"
    file.write_text(GOOD.format("old.example.org"))
    files = LastGood(file, folder)
    assert files.load().domains[0].host == "old.example.org"
    file.write_text("broken")
    with pytest.raises(ManifestError):
        files.load()
    manifest, wrong = LastGood(file, folder).load_again()
    assert manifest.domains[0].host == "old.example.org"
    assert wrong is not None
    assert "gateway.toml" in wrong.where
    file.write_text(GOOD.format("new.example.org"))
    manifest, wrong = LastGood(file, folder).load_again()
    assert (manifest.domains[0].host, wrong) == ("new.example.org", None)


def test_DL3_without_a_copy_a_broken_manifest_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text("broken")
    with pytest.raises(ManifestError) as raised:
        LastGood(file, tmp_path / "state").load_again()
    assert "gateway.toml" in raised.value.where


def test_DL3_a_folder_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(GOOD.format("h.example.org"))
    (tmp_path / "state").write_text("no folder")
    assert LastGood(file, tmp_path / "state").load().domains[0].host == "h.example.org"
