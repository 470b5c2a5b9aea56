"""CPU of what a run leaves in its journal, beside a bare insert into SQLite that is as durable.

A part of a step looks itself up and is recorded; an event is stored under its key; a call of a model is recorded with
its texts, of which 3 KB are new and 12 KB were said before, searched for credentials. Rounds are interleaved, so that
all meet the same load; the figures are medians. Fails when a part takes more than 1 ms, or a call more than 0.5 ms.
"""

import argparse
import asyncio
import contextlib
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path

from rookery.adapters.clocks.system import SystemClock
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.adapters.support.journalled import JournalledContext
from rookery.application.run_llm import RunLLM
from rookery.domain.events import StepStarted
from rookery.domain.frozen import Frozen
from rookery.domain.inference import Capabilities, LLMReply, LLMRequest, Message
from rookery.domain.ports.llm import LLMPort
from rookery.domain.reasoning import Findings
from rookery.domain.runs import Depth, Run, RunStatus

LIMITS = {"step, waited for": 1.0, "part of a step": 1.0, "call of a model": 0.5}
SENTENCE = "The tide gauge at Kittiwake Point was built by Lucien Méridot in the spring of 1887, and stood in a hut. "
SCHEMA = Findings.model_json_schema()
Work = Callable[[], Awaitable[object]]


class Answer(Frozen):
    text: str


class InstantLLM(LLMPort):
    """Replies before it is asked."""

    async def complete(self, request: LLMRequest) -> LLMReply:
        return LLMReply(text=SENTENCE, model="instant")

    async def stream(self, request: LLMRequest) -> AsyncIterator[str]:
        yield SENTENCE

    async def count_tokens(self, messages: Sequence[Message]) -> int:
        return 0

    def capabilities(self) -> Capabilities:
        return Capabilities(name="instant", binds_schema=True, generative=True)

    async def release(self) -> None: ...

    async def close(self) -> None: ...


async def works(folder: Path, stack: contextlib.ExitStack) -> tuple[dict[str, Work], Work]:
    """Return what is measured, by name, and what waits until all of it is durable."""
    clock, numbers = SystemClock(), count()
    store = SqliteRunStore(folder, clock=clock)
    stack.callback(store.close)
    run = Run(
        id="r",
        question="q?",
        status=RunStatus.RUNNING,
        depth=Depth.QUICK,
        namespace="default",
        model="instant",
        created_at=clock.now(),
    )
    await store.create(run)
    context = JournalledContext("r", store, 4)
    bare = stack.enter_context(contextlib.closing(sqlite3.connect(folder / "bare.db")))
    bare.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE steps (name, hash, output)")

    async def answer(given: Answer) -> Answer:
        return given

    async def nothing(_: object) -> None: ...

    llms = {"told": RunLLM(InstantLLM(), "r", nothing, context.record), "untold": InstantLLM()}
    said = [Message(role="user", content=f"{number} {SENTENCE * 30}") for number in range(4)]

    async def insert() -> None:
        with bare:
            bare.execute("INSERT INTO steps VALUES (?, ?, ?)", (f"step-{next(numbers)}", "h" * 64, SENTENCE))

    async def call(llm: LLMPort) -> None:
        new = Message(role="user", content=f"{next(numbers)} {SENTENCE * 30}")
        await llm.complete(LLMRequest(messages=[*said, new], json_schema=SCHEMA, session="writer"))
        await context.emit(StepStarted(agent_id="writer", step="write", label=f"Told {next(numbers)}"))

    measured: dict[str, Work] = {
        "bare insert": insert,
        "step, waited for": lambda: context.step(
            f"step-{next(numbers)}", answer, Answer(text=SENTENCE), returns=Answer
        ),
        "part of a step": lambda: context.once(f"step-{next(numbers)}", answer, Answer(text=SENTENCE), returns=Answer),
        "event": lambda: context.emit(StepStarted(agent_id="a", step="s", label=f"Reading {next(numbers)}")),
        "call and event": lambda: call(llms["told"]),
        "unrecorded call and event": lambda: call(llms["untold"]),
    }
    return measured, store.settle


async def measure(folder: Path, times: int, rounds: int) -> dict[str, float]:
    """Return the milliseconds of CPU that each takes once."""
    spent: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        measured, settle = await works(folder, stack)
        for name, work in [*measured.items()] * (rounds + 1):
            began = time.process_time()
            for _ in range(times):
                await work()
            await settle()
            spent.setdefault(name, []).append((time.process_time() - began) / times * 1000)
    figures = {name: statistics.median(figures[1:]) for name, figures in spent.items()}  # the first round warms up
    recorded, unrecorded = figures.pop("call and event"), figures.pop("unrecorded call and event")
    return figures | {"call of a model": recorded - unrecorded}


def main() -> int:
    """Measure, print, and say whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder), given.times, given.rounds))
    for name, figure in figures.items():
        limit = LIMITS.get(name)
        print(f"{name:16} {figure:6.3f} ms of CPU" + (f"   at most {limit} ms" if limit else ""))
    return int(any(figures[name] > limit for name, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
