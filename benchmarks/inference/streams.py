"""Streams of tokens from the worker, and how fast they come."""

import time
from pathlib import Path
from typing import NamedTuple

from rookery.adapters.llms.llama_cpp import wire
from tests.support.llama_worker import LlamaWorker


class Speed(NamedTuple):
    """Tokens, and the wall and CPU seconds they took."""

    tokens: int
    seconds: float
    cpu: float

    @property
    def per_second(self) -> float:
        """Return tokens per second of wall time."""
        return self.tokens / self.seconds

    @property
    def per_cpu_second(self) -> float:
        """Return tokens per second of CPU time."""
        return self.tokens / self.cpu


class Mark(NamedTuple):
    """When something came."""

    seconds: float
    cpu: float


def measure(worker: LlamaWorker, agents: int, tokens: int) -> Speed:
    """Let agents write side by side; count from where all write until the first has finished."""
    numbers = {worker.start(f"{agent} writes on and on", max_tokens=tokens + 1) for agent in range(agents)}
    silent, start, count = set(numbers), None, 0
    while True:
        reply = worker.receive()
        if not isinstance(reply, wire.Piece | wire.Finished):
            raise SystemExit(f"the worker said {reply}")
        if isinstance(reply, wire.Finished):
            break
        count += start is not None
        silent.discard(reply.id)
        if not silent and start is None:
            start = _mark(worker)
    end = _mark(worker)
    for _ in range(agents - 1):
        while not isinstance(worker.receive(), wire.Finished):
            pass
    if start is None:
        raise SystemExit("an agent had finished before another began; write more tokens")
    return Speed(count, end.seconds - start.seconds, end.cpu - start.cpu)


def _mark(worker: LlamaWorker) -> Mark:
    fields = Path(f"/proc/{worker.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return Mark(time.perf_counter(), (int(fields[11]) + int(fields[12])) / 100)
