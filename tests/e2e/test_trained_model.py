"""Whole research runs by a model that decodes in llama.cpp and has learnt what the prompts ask of it.

It is trained when it is not in the cache, which takes minutes; then the benchmark asks it about documents that it has
never seen, each question by a command of its own.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LOOKUP = Path(__file__).parents[2] / "benchmarks" / "lookup"
WANTED = 0.9


def run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(LOOKUP / script), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def model() -> Path:
    """The trained model's file."""
    for package in ("llama_cpp", "jax"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f'{package} is not installed: make test EXTRAS="--extra llama --group training"')
    return Path(run("train.py").strip())


def asked(model: Path, device: str, questions: int) -> dict[str, Any]:
    [report] = json.loads(
        run("run.py", "--model", str(model), "--devices", device, "--questions", str(questions), "--json")
    )
    print(report)
    return dict(report)


def test_it_finds_facts_in_documents_that_it_has_not_seen_and_cites_them(model: Path) -> None:
    report = asked(model, "cpu", 20)
    assert report["share"] >= WANTED, report["faults"]
    assert report["verified"] == report["questions"]


def test_it_does_so_on_a_device_of_vulkan(model: Path) -> None:
    sys.path.insert(0, str(LOOKUP))
    from software_device import Missing, software_device

    try:
        software_device(Path("unused"))
    except Missing as missing:
        pytest.skip(str(missing))
    finally:
        sys.path.remove(str(LOOKUP))
    report = asked(model, "vulkan", 10)
    assert report["share"] >= WANTED, report["faults"]
    assert report["verified"] == report["questions"]
