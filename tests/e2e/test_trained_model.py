"""Whole research runs by a model that decodes in llama.cpp and has learnt what the prompts ask of it.

It is trained when it is not in the cache, which takes minutes; then the benchmark asks it about documents that it has
never seen, each question by a command of its own.
"""

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.llama import MakeLlama
from tests.support.software_vulkan import Missing, software_device

LOOKUP = Path(__file__).parents[2] / "benchmarks" / "lookup"
WANTED = 0.9


@pytest.fixture(scope="module")
def model() -> Path:
    """The trained model's file."""
    for package in ("llama_cpp", "jax"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f'{package} is not installed: make test EXTRAS="--extra llama --group training"')
    return Path(output_of("train.py").strip())


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a test import what the benchmark is made of."""
    monkeypatch.syspath_prepend(LOOKUP)


def output_of(script: str, *arguments: str) -> str:
    command = [sys.executable, str(LOOKUP / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def score(model: Path, device: str, questions: int) -> dict[str, Any]:
    options = ("--model", str(model), "--devices", device, "--questions", str(questions))
    [report] = json.loads(output_of("run.py", *options, "--json"))
    return dict(report)


def test_it_finds_facts_in_documents_that_it_has_not_seen_and_cites_them(model: Path) -> None:
    report = score(model, "cpu", 20)
    assert report["share"] >= WANTED, report["faults"]
    assert report["verified"] == report["questions"] == 20


def test_it_does_so_on_a_device_of_vulkan(model: Path) -> None:
    try:
        software_device(Path("unused"))
    except Missing as missing:
        pytest.skip(str(missing))
    report = score(model, "vulkan", 5)
    assert report["share"] >= WANTED, report["faults"]
    assert report["verified"] == report["questions"] == 5


@pytest.mark.anyio
@pytest.mark.usefixtures("lookup")
async def test_its_prompts_are_the_tokens_that_it_was_trained_on(model: Path, make_llama: MakeLlama) -> None:
    from lessons import Sizes, find_lesson
    from train import vocabulary

    lesson = find_lesson(random.Random(7), Sizes(6, 4))
    tokens = vocabulary().read_prompt(lesson.messages)
    assert await make_llama(str(model), n_ctx=1024).count_tokens(lesson.messages) == len(tokens)
