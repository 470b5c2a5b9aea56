"""The units for machines without containers, as systemd itself reads them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.server import ROOT

UNITS = sorted((ROOT / "infra" / "systemd").glob("*.service"))
MOST_EXPOSED = 2.0  # of 10, as `systemd-analyze security` counts

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_understood(unit: Path, tmp_path: Path) -> None:
    """With the program in its place, systemd has nothing to say about them."""
    for one in UNITS:
        (tmp_path / one.name).write_text(one.read_text().replace("/opt/rookery/bin/rookery", "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stderr == ""


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_leave_little_open(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    level = re.search(r"exposure level for \S+: ([\d.]+)", told)
    assert level is not None
    assert float(level[1]) <= MOST_EXPOSED
