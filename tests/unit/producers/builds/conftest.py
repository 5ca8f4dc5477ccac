from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "data" / "builds"


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA
