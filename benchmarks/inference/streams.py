"""Streams of tokens from the worker, and how fast they come."""

import time
from typing import NamedTuple

from rookery.adapters.llms.llama_cpp import wire
from tests.support.llama_worker import LlamaWorker


class Speed(NamedTuple):
    """Tokens, and the seconds they took."""

    tokens: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Return tokens per second."""
        return self.tokens / self.seconds


def measure(worker: LlamaWorker, agents: int, tokens: int) -> Speed:
    """Let agents write side by side; count from where all write until the first has finished."""
    silent = {worker.start(f"{agent} writes on and on", max_tokens=tokens + 1) for agent in range(agents)}
    pieces = 0
    while silent:
        silent.discard(_next(worker).id)
        pieces += 1
    start, before = time.perf_counter(), pieces
    while isinstance(_next(worker), wire.Piece):
        pieces += 1
    speed = Speed(pieces - before, time.perf_counter() - start)
    for _ in range(agents - 1):
        while isinstance(_next(worker), wire.Piece):
            pieces += 1
    if pieces != agents * (tokens + 1):
        raise SystemExit("some tokens are no text, so that they cannot be counted; take another model")
    return speed


def _next(worker: LlamaWorker) -> wire.Piece | wire.Finished:
    reply = worker.receive()
    if not isinstance(reply, wire.Piece | wire.Finished):
        raise SystemExit(f"the worker said {reply}")
    return reply
