"""Train the small model: `python benchmarks/lookup/train.py [OUT.gguf]`; some minutes on two cores, the seed is fixed.

It learns to answer the prompts of a research run about invented places, and is told nothing about those of the tests.
By default it is kept in the user's cache folder under a name that changes with what it learns from; a second call does
nothing.
"""

import argparse
import hashlib
import math
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lessons import Lesson, Sizes, compose_lesson, find_lesson, plan_lesson, reflect_lesson
from words import Words

SEED = 2
REPLY = 32  # tokens at most
_RATE, _WARM_UP = 1e-3, 20
_SOURCES = ("learning", "lessons", "network", "shipping", "train", "words", "worlds")
_SAMPLE = 40  # lessons of each kind, by which a change of the product's prompts is seen


class Phase(NamedTuple):
    """Some steps with texts of one length. `documents` and `facts` are the fewest and the most."""

    steps: int
    lessons: int
    tokens: int
    documents: tuple[int, int]
    facts: tuple[int, int]


PHASES = (
    Phase(60, lessons=12, tokens=300, documents=(1, 3), facts=(2, 3)),
    Phase(100, lessons=8, tokens=400, documents=(2, 5), facts=(3, 4)),
    Phase(340, lessons=8, tokens=520, documents=(4, 6), facts=(3, 4)),
)


class Batch(NamedTuple):
    """Texts [lessons, tokens], the places before each token of their replies [lessons, REPLY], and these tokens."""

    texts: NDArray[np.int32]
    places: NDArray[np.int32]
    wanted: NDArray[np.int32]
    counts: NDArray[np.float32]


def default_path() -> Path:
    """Return where the model is kept."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    choice = random.Random(SEED)
    for text in (text for _ in range(_SAMPLE) for lesson in _one_of_each(choice) for text in _texts(lesson)):
        digest.update(text.encode())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "rookery" / "lookup" / f"lookup-{digest.hexdigest()[:12]}.gguf"


def trained(path: Path) -> Path:
    """Return the path of the model; it is made when it is not there."""
    if not path.exists():
        from filelock import FileLock

        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                _train(path)
    return path


def vocabulary() -> Words:
    """Return all words that lessons have."""
    choice = random.Random(SEED)
    made = [lesson for _ in range(2000) for lesson in _one_of_each(choice)]
    return Words.of(
        [*{text for lesson in made for text in _texts(lesson)}, "assistant\n", "\n"],
    )


def _one_of_each(choice: random.Random) -> Iterator[Lesson]:
    yield find_lesson(choice, Sizes(6, 4))
    yield plan_lesson(choice)
    yield compose_lesson(choice)
    yield reflect_lesson(choice)


def _texts(lesson: Lesson) -> Iterator[str]:
    yield from (f"{message.role}\n{message.content.strip()}" for message in lesson.messages)
    yield lesson.reply


def batches(words: Words, phase: Phase, choice: random.Random) -> Iterator[Batch]:
    """Yield a batch for each step of a phase."""
    for _ in range(phase.steps):
        texts = np.full((phase.lessons, phase.tokens), 0, np.int32)
        places, wanted = np.zeros((2, phase.lessons, REPLY), np.int32)
        counts = np.zeros((phase.lessons, REPLY), np.float32)
        for row in range(phase.lessons):
            prompt, reply = _short_enough(words, phase, choice)
            end, size = len(prompt) + len(reply), len(reply)
            texts[row, :end] = [*prompt, *reply]
            places[row, :size] = np.arange(len(prompt) - 1, end - 1)
            wanted[row, :size], counts[row, :size] = reply, 1
        yield Batch(texts, places, wanted, counts)


def _short_enough(words: Words, phase: Phase, choice: random.Random) -> tuple[list[int], list[int]]:
    while True:
        lesson = _lesson(phase, choice)
        prompt, reply = words.read_prompt(lesson.messages), words.read_reply(lesson.reply)
        if len(prompt) + len(reply) <= phase.tokens and len(reply) <= REPLY:
            return prompt, reply


def _lesson(phase: Phase, choice: random.Random) -> Lesson:
    """Return a lesson; most are the hardest ones."""
    kind = choice.random()
    if kind < 0.06:
        return reflect_lesson(choice)
    if kind < 0.14:
        return plan_lesson(choice)
    if kind < 0.26:
        return compose_lesson(choice)
    return find_lesson(choice, Sizes(choice.randint(*phase.documents), choice.randint(*phase.facts)))


def _train(path: Path) -> None:
    from learning import Learner
    from shipping import write

    words = vocabulary()
    learner = Learner(SEED, words.pieces)
    choice = random.Random(SEED + 1)
    steps, done, began = sum(phase.steps for phase in PHASES), 0, time.monotonic()
    for phase in PHASES:
        for batch in batches(words, phase, choice):
            done += 1
            rate = _RATE * min(1, done / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * done / steps))
            learnt = learner.step(batch, rate)
            if done % 10 == 0 or done == steps:
                seconds = time.monotonic() - began
                told = f"step {done} of {steps}, {seconds:.0f} s: loss {learnt.loss:.3f}, right {learnt.right:.3f}"
                print(told, file=sys.stderr, flush=True)
    part = path.with_suffix(".part")
    write(part, learner.params, words)
    part.replace(path)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=default_path(), help="the file; default: in the cache")
    print(trained(parser.parse_args().out))


if __name__ == "__main__":
    main()
