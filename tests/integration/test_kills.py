"""Runs that are killed at random moments lose nothing and do nothing twice."""

import json
import subprocess
import sys

import pytest

from tests.support.server import ROOT

SCRIPT = ROOT / "benchmarks" / "durability" / "kills.py"


@pytest.mark.parametrize("seed", [7])
def test_killed_runs_end_as_undisturbed_ones_do(seed):
    command = [sys.executable, str(SCRIPT), "--seed", str(seed), "--kills", "12", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    tallies = json.loads(ended.stdout)
    assert tallies["research"]["kills"] >= 12
    assert tallies["effects"]["kills"] >= 3
    assert all(tally["lost"] == 0 and tally["trouble"] == [] for tally in tallies.values())
