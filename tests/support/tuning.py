"""What a writer is taught: a home with runs of the small trained model, in which a person has corrected the answers."""

import importlib.util
import itertools
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rookery.adapters.clocks.system import SystemClock
from rookery.entrypoints.container import Container, close
from tests.support.colony import ask, make_container
from tests.support.server import MAIN, environment, rookery

LOOKUP = Path(__file__).parents[2] / "benchmarks" / "lookup"
RUNS, HELD_OUT = 40, 0.3
LLAMA = {"n_ctx": 2048, "device": "cpu"}
SETTINGS = {
    "ROOKERY_LLMS__LLAMA_CPP__N_CTX": "2048",
    "ROOKERY_LLMS__LLAMA_CPP__DEVICE": "cpu",
}
_UNSEEN = 1_000_000  # a seed of a world that is in no lesson
_NEEDED = {"llama_cpp": "--extra llama", "peft": "--extra tune", "torch": "--extra tune", "jax": "--group training"}


class CountingClock(SystemClock):
    """Names runs by their number, so that they are always divided in the same way."""

    def __init__(self) -> None:
        self._names = itertools.count(1)

    def new_id(self) -> str:
        return f"{next(self._names):032x}"


class School(NamedTuple):
    """A home whose runs teach something, the model that made them, and questions that nobody has asked yet."""

    home: Path
    model: Path
    documents: Path
    unasked: list[str]

    def container(self) -> Container:
        return make_container(self.home, llms={"llama_cpp": LLAMA}, model=str(self.model), embedder=None, fallbacks=[])

    def tune(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `rookery tune`."""
        return rookery("tune", *arguments, home=self.home, settings=SETTINGS)

    @contextmanager
    def training(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Train in a process that the block can talk to."""
        command = [*MAIN, "tune", "train", "--agent", "writer", "--model", str(self.model), *arguments]
        variables = environment(self.home, SETTINGS)
        with subprocess.Popen(command, cwd=self.home, env=variables, stderr=subprocess.PIPE, text=True) as process:
            yield process
            process.kill()

    def train(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Train an adapter for the writer; return the exit code and what is told of the adapter."""
        options = ["--agent", "writer", "--model", str(self.model), "--held-out", str(HELD_OUT), "--rate", "0.002"]
        done = self.tune("train", *options, *arguments, "--json")
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(done.stdout)


def require_tuning() -> None:
    """Skip where something is not installed."""
    for package, option in _NEEDED.items():
        if importlib.util.find_spec(package) is None:
            pytest.skip(f'{package} is not installed: make test EXTRAS="… {option}"')


def trained_model() -> Path:
    """Return the small model; it is trained when it is not in the cache, which takes minutes."""
    command = [sys.executable, str(LOOKUP / "train.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


async def found_school(folder: Path) -> School:
    """Ask the model questions about documents that it has not seen, and correct each answer in the same manner."""
    sys.path.insert(0, str(LOOKUP))
    from worlds import make_world

    world = make_world(random.Random(_UNSEEN), places=12, facts=4)
    world.write(folder / "documents")
    asked = world.questions(RUNS + 4, 0)
    school = School(folder / "home", trained_model(), folder / "documents", [one.text for one in asked[RUNS:]])
    container = school.container()
    container.clock.override(CountingClock())
    try:
        for number, question in enumerate(asked[:RUNS]):
            run = await ask(container, question.text, *([] if number else [school.documents]), depth="quick")
            claims = run.result.claims if run.result else []
            place = next(place for place in world.facts if place in question.evidence)
            if claims and claims[0].supported:
                await container.correct_claim()(run, 1, f"{claims[0].text[:-1]}, says the document of {place}.")
    finally:
        await close(container)
    return school
