"""Agents that go on, step by step, while others do: which tokens are evaluated."""

from typing import NamedTuple

from rookery.adapters.llms.llama_cpp import wire
from tests.support.llama_worker import LlamaWorker

SYSTEM = "You are a researcher. Search the source, and answer the question with claims and citations. " * 6
OBSERVATION = "The tool answers: the rooks breed in colonies, and the nest is in the text of the source. "
WRITES = {"grammar": "start: /[a-z]{24}/", "max_tokens": 24, "temperature": 1.0}
"""Letters: a model of made-up weights would write bytes that are no text, and nobody can say those again."""


class Loop(NamedTuple):
    """Tokens of a loop: those that were new and those that were evaluated, and those of the shared beginning."""

    new: int
    evaluated: int
    shared: int

    @property
    def ratio(self) -> float:
        """Return how often a new token was evaluated."""
        return self.evaluated / self.new


def agent_loops(worker: LlamaWorker, agents: int, steps: int) -> Loop:
    """Let agents take growing steps side by side. What they themselves wrote is new to nobody but its last token."""
    before = worker.state().evaluated_tokens
    said = [[wire.Turn(role="user", content=f"{SYSTEM} Agent {agent}")] for agent in range(agents)]
    held, new, shared = [0] * agents, 0, 0
    for step in range(steps):
        numbers = [worker.start(turns, session=f"{agent}", **WRITES) for agent, turns in enumerate(said)]
        for agent, number in enumerate(numbers):
            text, end = worker.finish(number)
            if not isinstance(end, wire.Finished):
                raise SystemExit(end.message)
            shared += end.cached_prompt_tokens if step == 0 else 0
            new += end.prompt_tokens - held[agent]
            held[agent] = end.prompt_tokens + end.completion_tokens - 1
            said[agent] += [
                wire.Turn(role="assistant", content=text),
                wire.Turn(role="user", content=f"{OBSERVATION} Step {step}"),
            ]
    return Loop(new - shared, worker.state().evaluated_tokens - before, shared)
