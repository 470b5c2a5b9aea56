"""Measure the llama.cpp worker: `python benchmarks/inference/run.py [--parts speed,loop,grammar] [--json]`.

A model in the shape of gemma-3-1b with made-up Q4_0 weights, on the CPU. llama-cpp-python's own low-level loop and the
worker with one, four and eight agents take turns, so that all meet the same load; ratios are medians of those within a
round. How much batches gain is up to the machine: the low-level loop decodes batches of four and eight, too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from grammar import grammar_cost
from loops import agent_loops
from streams import Speed, measure

from rookery.adapters.llms.llama_cpp.worker.machine import SPINS
from tests.support.gguf_llms import write_gemma3_1b
from tests.support.llama_worker import LlamaWorker, llama_worker

WANTED = {"one stream": 0.95, "4 agents": 3.0, "8 agents": 4.5}
AGENTS, STEPS, WINDOW = 4, 20, 2048


class Baseline:
    """The low-level loop."""

    def __init__(self, path: Path, threads: int) -> None:
        command = [sys.executable, str(Path(__file__).with_name("baseline.py")), str(path), str(threads), str(WINDOW)]
        waiting = {"GOMP_SPINCOUNT": SPINS, **os.environ}  # as the worker: it is the worker that is measured
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=waiting)

    def measure(self, sequences: int, tokens: int) -> Speed:
        """Let it write tokens of some sequences."""
        if self.process.stdin is None or self.process.stdout is None:
            raise SystemExit("the low-level loop cannot be asked")
        self.process.stdin.write(f"{tokens} {sequences}\n")
        self.process.stdin.flush()
        return Speed(tokens * sequences, float(self.process.stdout.readline()))


@contextmanager
def baseline(path: Path, threads: int) -> Iterator[Baseline]:
    """Run the low-level loop."""
    running = Baseline(path, threads)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, help="another GGUF file than the made-up one")
    parser.add_argument("--layers", type=int, default=26)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--parts", default="speed,loop,grammar", help="what to measure")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.model or write_gemma3_1b(Path(folder) / "gemma-3-1b.gguf", layers=options.layers)
        figures: dict[str, float] = {}
        if "speed" in options.parts:
            figures |= _speeds(path, options.rounds, options.tokens, options.threads)
        if "loop" in options.parts:
            figures |= _loop(path, options.threads)
        if "grammar" in options.parts:
            figures |= {f"grammar, {name}": value for name, value in grammar_cost(path)._asdict().items()}
    sys.stdout.write(f"{json.dumps(figures, indent=2)}\n" if options.json else _table(figures))


def _speeds(path: Path, rounds: int, tokens: int, threads: int) -> dict[str, float]:
    loops: dict[int, list[Speed]] = {1: [], 4: [], 8: []}
    agents: dict[int, list[Speed]] = {1: [], 4: [], 8: []}
    with _worker(path, threads) as worker, baseline(path, threads) as loop:
        for turn in range(rounds + 1):
            for count in loops:
                pair = loop.measure(count, tokens), measure(worker, count, tokens)
                if turn:  # the first round warms up
                    loops[count].append(pair[0])
                    agents[count].append(pair[1])
    figures = {f"loop of {count}, tokens/s": _median(speeds) for count, speeds in loops.items()}
    figures |= {f"{count} agents, tokens/s": _median(speeds) for count, speeds in agents.items()}
    figures |= {"one stream": _ratio(agents[1], loops[1])}
    figures |= {f"{count} agents": _ratio(agents[count], agents[1]) for count in (4, 8)}
    figures |= {f"{count} agents, of a loop of {count}": _ratio(agents[count], loops[count]) for count in (4, 8)}
    return figures | {f"loop of {count}, of one": _ratio(loops[count], loops[1]) for count in (4, 8)}


def _loop(path: Path, threads: int) -> dict[str, float]:
    with _worker(path, threads) as worker:
        loops = agent_loops(worker, AGENTS, STEPS)
    return {
        "agent loop, evaluated of new": loops.ratio,
        "agent loop, new tokens": loops.new,
        "agent loop, shared tokens": loops.shared,
    }


def _worker(path: Path, threads: int) -> AbstractContextManager[LlamaWorker]:
    return llama_worker(path, n_ctx=WINDOW, slots=8, n_batch=512, threads=threads)


def _median(speeds: Sequence[Speed]) -> float:
    return statistics.median(speed.per_second for speed in speeds)


def _ratio(speeds: Sequence[Speed], others: Sequence[Speed]) -> float:
    """What a round meets, all of it meets."""
    return statistics.median(one.per_second / other.per_second for one, other in zip(speeds, others, strict=True))


def _table(figures: dict[str, float]) -> str:
    lines = [f"{name:32} {value:10.3f}{_verdict(name, value)}\n" for name, value in figures.items()]
    return "".join(lines)


def _verdict(name: str, value: float) -> str:
    if name == "agent loop, evaluated of new":
        return "   wanted: at most 1.05"
    return f"   wanted: at least {WANTED[name]}" if name in WANTED else ""


if __name__ == "__main__":
    main()
