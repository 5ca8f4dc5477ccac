from pathlib import Path

import pytest

from headcount.errors import UnavailableError
from headcount.up import supervisor


def test_a_disk_that_is_about_to_be_full_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor.check_space(tmp_path)
    monkeypatch.setattr(supervisor, "LEAST_FREE_BYTES", 2**60)
    with pytest.raises(UnavailableError, match="the disk is full") as refusal:
        supervisor.check_space(tmp_path)
    assert refusal.value.where == str(tmp_path)
