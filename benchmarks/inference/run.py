"""Measure the llama.cpp worker: `python benchmarks/inference/run.py [--model PATH] [--layers 26] [--json]`.

A model in the shape of gemma-3-1b with made-up Q4_0 weights, on the CPU. llama-cpp-python's own low-level loop and the
worker with one, four and eight agents take turns, so that all meet the same load; ratios are of the medians.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from grammar import grammar_cost
from loops import agent_loops
from streams import Speed, measure

from tests.support.gguf_llms import write_gemma3_1b
from tests.support.llama_worker import llama_worker

WANTED = {"one stream": 0.95, "4 agents": 3.0, "8 agents": 4.5}
AGENTS, STEPS, WINDOW = 4, 20, 2048


class Baseline:
    """The low-level loop."""

    def __init__(self, path: Path, threads: int) -> None:
        command = [sys.executable, str(Path(__file__).with_name("baseline.py")), str(path), str(threads), str(WINDOW)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, tokens: int) -> Speed:
        """Let it write tokens."""
        if self.process.stdin is None or self.process.stdout is None:
            raise SystemExit("the low-level loop cannot be asked")
        self.process.stdin.write(f"{tokens}\n")
        self.process.stdin.flush()
        seconds, cpu = self.process.stdout.readline().split()
        return Speed(tokens, float(seconds), float(cpu))


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
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.model or write_gemma3_1b(Path(folder) / "gemma-3-1b.gguf", layers=options.layers)
        figures = _figures(path, options.rounds, options.tokens, options.threads)
    sys.stdout.write(f"{json.dumps(figures, indent=2)}\n" if options.json else _table(figures))


def _figures(path: Path, rounds: int, tokens: int, threads: int) -> dict[str, float]:
    speeds: dict[str, list[Speed]] = {"low-level loop": [], "1": [], "4": [], "8": []}
    with llama_worker(path, n_ctx=WINDOW, slots=8, n_batch=512, threads=threads) as worker:
        with baseline(path, threads) as loop:
            for turn in range(rounds + 1):
                for name, found in speeds.items():
                    speed = loop.measure(tokens) if name == "low-level loop" else measure(worker, int(name), tokens)
                    if turn:  # the first round warms up
                        found.append(speed)
        loops = agent_loops(worker, AGENTS, STEPS)
    grammar = grammar_cost(path)
    return {
        **{f"{name} tokens/s": _median(found, "per_second") for name, found in speeds.items()},
        "one stream": _ratio(speeds["1"], speeds["low-level loop"], "per_second"),
        "4 agents": _ratio(speeds["4"], speeds["1"], "per_second"),
        "8 agents": _ratio(speeds["8"], speeds["1"], "per_second"),
        "one stream, by CPU": _ratio(speeds["1"], speeds["low-level loop"], "per_cpu_second"),
        "4 agents, by CPU": _ratio(speeds["4"], speeds["1"], "per_cpu_second"),
        "8 agents, by CPU": _ratio(speeds["8"], speeds["1"], "per_cpu_second"),
        "agent loop, evaluated of new": loops.ratio,
        "agent loop, new tokens": loops.new,
        "agent loop, shared tokens": loops.shared,
        **{f"grammar, {name}": value for name, value in grammar._asdict().items()},
    }


def _median(speeds: Sequence[Speed], rate: str) -> float:
    return statistics.median(float(getattr(speed, rate)) for speed in speeds)


def _ratio(speeds: Sequence[Speed], others: Sequence[Speed], rate: str) -> float:
    """Return the median of the ratios within each round: what a round meets, all of it meets."""
    pairs = zip(speeds, others, strict=True)
    return statistics.median(float(getattr(one, rate)) / float(getattr(other, rate)) for one, other in pairs)


def _table(figures: dict[str, float]) -> str:
    lines = [f"{name:32} {value:10.3f}{_verdict(name, value)}\n" for name, value in figures.items()]
    return "".join(lines)


def _verdict(name: str, value: float) -> str:
    if name == "agent loop, evaluated of new":
        return "   wanted: at most 1.05"
    return f"   wanted: at least {WANTED[name]}" if name in WANTED else ""


if __name__ == "__main__":
    main()
