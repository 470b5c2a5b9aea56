"""Homes that have read the example archive already, so that each test need not embed it again."""

from pathlib import Path

import pytest

from tests.support.server import CORPUS, copy_home, rookery


@pytest.fixture(scope="session")
def well_read_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose library holds the archive. Take a copy of it; do not use it."""
    home = tmp_path_factory.mktemp("well-read")
    read = rookery("sources", "add", str(CORPUS), home=home)
    assert read.returncode == 0, read.stderr
    return home


@pytest.fixture
def home(well_read_home: Path, tmp_path: Path) -> Path:
    """A home of the test's own that has read the archive."""
    return copy_home(well_read_home, tmp_path / "home")
