"""Research runs as real processes, killed at random moments and resumed until they end, beside undisturbed ones.

A run is killed with SIGKILL up to four times: after a random event, or at a random moment of its life. In the end its
status, output, claims, citations, events and memory notes must be those of a run that nobody killed. Then workflows
whose effects hit a receiver that takes each key once. Exits with 1 when anything differs.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import effects
from lives import NEVER, Ended, chance_blow, live, warm_up
from outcomes import Outcome, differences, outcome, run_of

CORPUS = Path(__file__).parents[2] / "examples" / "kittiwake-point"
QUESTIONS = [
    "When was the observatory founded, and by whom?",
    "Who built the tide gauge, and what happened to the tide rolls?",
]
MOST = 4  # kills of one run
LEFT_ALONE = 10  # lives of a run without a kill, after which it is lost


@dataclass
class Tally:
    """What is counted over all runs of a kind."""

    runs: int = 0
    kills: int = 0
    lives: int = 0
    lost: int = 0
    trouble: list[str] = field(default_factory=list)


class Field:
    """Homes and lives under one folder.

    Args:
        folder: for homes and logs.
        seed: of all chance.
        orchestrator: that conducts.
    """

    def __init__(self, folder: Path, seed: int, orchestrator: str) -> None:
        self.chance = random.Random(seed)
        self._folder = folder
        self._orchestrator = orchestrator
        self._numbers = iter(range(1_000_000))
        self._undisturbed: dict[tuple[str, bool], tuple[Outcome, Ended]] = {}
        self._read = self.new_home()
        read = self.command(self._read, "sources", "add", str(CORPUS))
        assert read.code == 0, self.log()

    def new_home(self, *, like: Path | None = None) -> Path:
        """Return a home that is empty, or a copy of another."""
        home = self._folder / f"home-{next(self._numbers)}"
        if like is not None:
            shutil.copytree(like, home)
        return home

    def log(self) -> str:
        """Return what lives complained of."""
        return (self._folder / "log").read_text("utf-8")[-4000:]

    def command(self, home: Path, *arguments: str, blow: object = NEVER) -> Ended:
        """Run a command of Rookery."""
        from rookery.entrypoints.cli.app import run

        return self.life(home, partial(run, list(arguments)), blow=blow)

    def life(self, home: Path, begin: Callable[[], int], *, blow: object = NEVER) -> Ended:
        """Run anything in a process that is struck by the blow."""
        variables = {
            "ROOKERY_HOME": str(home),
            "ROOKERY_RESEARCH__OFFLINE": "true",
            "ROOKERY_RESEARCH__EMBEDDER": "hashing",
            "ROOKERY_RESEARCH__ORCHESTRATOR": self._orchestrator,
        }
        return live(begin, blow, variables=variables, log=self._folder / "log")  # type: ignore[arg-type]

    def undisturbed(self, question: str, *, fresh: bool) -> tuple[Outcome, Ended]:
        """Return what a run that nobody kills comes to, and how long it takes."""
        key = (question, fresh)
        if key not in self._undisturbed:
            home = self.new_home(like=None if fresh else self._read)
            ended = self.ask(home, question)
            assert ended.code is not None, self.log()
            self._undisturbed[key] = (outcome(home), ended)
        return self._undisturbed[key]

    def ask(self, home: Path, question: str, blow: object = NEVER) -> Ended:
        """Begin a run, or go on with the one of the home."""
        run = run_of(home) if (home / "runs.db").exists() else None
        if run is None:
            return self.command(home, "research", question, "--source", str(CORPUS), "--stream-json", blow=blow)
        return self.command(home, "runs", "resume", run.id, "--stream-json", blow=blow)

    def killed_run(self, tally: Tally) -> None:
        """Kill a run again and again, let it end, and compare it with an undisturbed one."""
        question, fresh = self.chance.choice(QUESTIONS), self.chance.random() < 0.3
        wanted, whole = self.undisturbed(question, fresh=fresh)
        home = self.new_home(like=None if fresh else self._read)
        kills, told = self.chance.randint(1, MOST), 0
        for life in range(MOST + LEFT_ALONE):
            left = max(1, len(whole.lines) - told)
            blow = chance_blow(self.chance, left, whole.seconds) if life < kills else NEVER
            ended = self.ask(home, question, blow)
            told += len(ended.lines)
            tally.lives += 1
            tally.kills += ended.code is None
            run = run_of(home) if (home / "runs.db").exists() else None
            if run is not None and run.status.finished:
                break
        else:
            tally.lost += 1
            tally.trouble.append(f"lost, after {told} events: {question}")
            return
        tally.runs += 1
        tally.trouble += [f"{question} ({home.name}): {line}" for line in differences(outcome(home), wanted)]
        shutil.rmtree(home, ignore_errors=True)

    def killed_effects(self, tally: Tally) -> None:
        """Kill a workflow again and again, let it end, and look at what its receiver took."""
        home = self.new_home()
        folder = home.with_suffix(".receiver")
        receiver = effects.Receiver(folder)
        kills = self.chance.randint(1, MOST)
        for life in range(MOST + LEFT_ALONE):
            blow = chance_blow(self.chance, 2 * effects.EFFECTS, 0.3) if life < kills else NEVER
            ended = self.life(home, partial(effects.begin, home, folder), blow=blow)
            tally.lives += 1
            tally.kills += ended.code is None
            if ended.code == 0:
                break
        else:
            tally.lost += 1
            return
        tally.runs += 1
        tally.trouble += _wrong_effects(receiver)
        shutil.rmtree(home, ignore_errors=True)


def _wrong_effects(receiver: effects.Receiver) -> list[str]:
    numbers = [*range(effects.BRANCHES), *range(100, 100 + effects.BRANCHES)]
    wanted = Counter(map(str, [*numbers, sum(numbers[effects.BRANCHES :])]))
    taken = Counter(receiver.taken())
    keys = {tuple(line.split()) for line in receiver.attempts()}
    lines = [f"effect {name} taken {count} times too often" for name, count in (taken - wanted).items()]
    lines += [f"effect {name} never came" for name in wanted - taken]
    return lines + ([f"{len(keys)} keys for {effects.EFFECTS} effects"] if len(keys) != effects.EFFECTS else [])


def _table(tallies: dict[str, Tally], seconds: float) -> None:
    print(f"{'':10}{'runs':>7}{'kills':>7}{'lives':>7}{'lost':>7}{'differences':>13}")
    for name, tally in tallies.items():
        counts = f"{tally.runs:7}{tally.kills:7}{tally.lives:7}{tally.lost:7}{len(tally.trouble):13}"
        print(f"{name:10}{counts}")
    print(f"{seconds:.0f} s")


def main() -> int:
    """Kill, resume, compare, print; 1 when anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=200, help="of research runs; a quarter as many of workflows")
    parser.add_argument("--orchestrator", default="local")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    warm_up()
    began = time.monotonic()
    tallies = {"research": Tally(), "effects": Tally()}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # where no settings file is found
        ground = Field(Path(folder), given.seed, given.orchestrator)
        while tallies["research"].kills < given.kills and not tallies["research"].lost:
            ground.killed_run(tallies["research"])
        while tallies["effects"].kills < -(-given.kills // 4) and not tallies["effects"].lost:
            ground.killed_effects(tallies["effects"])
        if any(tally.lost for tally in tallies.values()):
            print(ground.log(), file=sys.stderr)
    trouble = [line for tally in tallies.values() for line in tally.trouble]
    if given.json:
        print(json.dumps({name: vars(tally) for name, tally in tallies.items()}, indent=2))
    else:
        _table(tallies, time.monotonic() - began)
        print(*trouble, sep="\n", end="\n" if trouble else "")
    return int(bool(trouble) or any(tally.lost for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
