"""CPU per step of an agent, journalled, beside bare loops that make the same calls; and a hundred runs at once.

A step is a decision of a model behind a server and the tool call that it asks for. The server is a process of its own
and does not think. The bare loops post the very same messages with httpx and with aiohttp and parse the reply; they
keep nothing, check nothing and call no tool. Rounds are interleaved; figures are medians.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import aiohttp
import httpx
from dependency_injector import providers
from pydantic import BaseModel

from rookery.adapters.llms.openai_compatible import OpenAILLM
from rookery.application.agents.roster import AGENTS
from rookery.application.tools.search_documents import Query
from rookery.domain.agents import Agent, Budget
from rookery.domain.inference import LLMReply, LLMRequest, Message
from rookery.domain.ports.tool import Outcome, Scope, Tool
from rookery.domain.runs import ResearchRequest
from rookery.entrypoints.container import Container
from rookery.entrypoints.settings import MemorySettings, ResearchSettings, Settings

DECISION = {"thought": "one more thing to look at", "calls": [{"tool": "look", "arguments": {"query": "thing %N"}}]}
SEEN = "The tide gauge at Kittiwake Point was built by Lucien Méridot in the spring of 1887, and stood in a hut. "
EARLY, LATE, SPAN = 10, 200, 10


class Look(Tool):
    """Says something about whatever it is asked for."""

    name = "look"
    description = "look at a thing"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Query

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        return Outcome(summary="seen", text=f"{arguments.model_dump()['query']}: {SEEN}")


class Shed:
    """Has one tool for everybody."""

    def of(self, _: Mapping[str, Agent]) -> dict[str, Tool]:
        return {"look": Look()}


class Watch:
    """The moments, in seconds of CPU, at which a model was asked, and what it was asked."""

    def __init__(self) -> None:
        self.moments: list[float] = []
        self.prompts: list[list[Message]] = []


@contextmanager
def stub(seconds: float = 0.0) -> Iterator[str]:
    """Start the server, and end it with the block."""
    command = [sys.executable, str(Path(__file__).with_name("stub.py")), json.dumps(DECISION), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        assert process.stdin is not None
        process.stdin.close()


def colony(home: Path, url: str, steps: int, watch: Watch | None = None) -> Container:
    """Return a colony of one agent that looks and looks, as many steps as it may."""
    budget = Budget(max_steps=steps, max_tool_calls=10**6, max_tokens=10**9, max_seconds=10**6)
    settings = Settings(
        home=home,
        research=ResearchSettings(model="openai:stub", embedder=None, vector_store="memory", budget=budget),
        memory=MemorySettings(recall=False, note=False),
        llms={"openai": {"base_url": url}},
    )
    walker = Agent(id="walker", role="walker", goal="Look at things.", tools=["look"], budget=budget)
    container = Container(settings=settings)
    container.all_tools.override(providers.Object(Shed()))
    container.agents.override(providers.Object({agent.id: agent for agent in (*AGENTS, walker)}))
    if watch is not None:
        _watched(container, watch)
    return container


def _watched(container: Container, watch: Watch) -> None:
    class Watched(OpenAILLM):
        async def complete(self, request: LLMRequest) -> LLMReply:
            watch.moments.append(time.process_time())
            watch.prompts.append(request.messages)
            return await super().complete(request)

    llms = container.llms()
    made = llms._one("openai:stub")
    made.__class__ = Watched


async def run(container: Container) -> None:
    """Conduct one run."""
    started = await container.start_run()(ResearchRequest(question="What is there?", agent="walker"))
    ended = await container.conduct_run()(started.id)
    if ended.result is None:
        raise SystemExit(f"the run failed: {ended.error}")


async def rookery_steps(home: Path, url: str, steps: int) -> Watch:
    """Let an agent take its steps; return when each began, and with which prompt."""
    watch = Watch()
    container = colony(home, url, steps, watch)
    await run(container)
    watch.moments.append(time.process_time())
    await container.llms().close()
    return watch


async def httpx_steps(url: str, prompts: Sequence[Sequence[Message]]) -> list[float]:
    """Post the prompts, one after the other."""
    async with httpx.AsyncClient() as client:

        async def post(body: object) -> object:
            return (await client.post(f"{url}/chat/completions", json=body)).json()

        return await _bare(post, prompts)


async def aiohttp_steps(url: str, prompts: Sequence[Sequence[Message]]) -> list[float]:
    """Post the prompts, one after the other."""
    async with aiohttp.ClientSession() as session:

        async def post(body: object) -> object:
            async with session.post(f"{url}/chat/completions", json=body) as response:
                return json.loads(await response.read())

        return await _bare(post, prompts)


async def _bare(post: Callable[[object], Awaitable[Any]], prompts: Sequence[Sequence[Message]]) -> list[float]:
    moments = [time.process_time()]
    for prompt in prompts:
        messages = [{"role": message.role, "content": message.content} for message in prompt]
        answer = await post({"model": "stub", "max_tokens": 512, "temperature": 0.0, "messages": messages})
        json.loads(answer["choices"][0]["message"]["content"])
        moments.append(time.process_time())
    return moments


class Taken(NamedTuple):
    """Milliseconds of CPU a step: of all, of those about the tenth, and of the last ones."""

    whole: float
    early: float
    late: float


def taken(moments: Sequence[float]) -> Taken:
    """Return what steps took; the first three warm up."""
    steps = [1000 * (after - before) for before, after in itertools.pairwise(moments)]
    half = SPAN // 2
    early, late = steps[EARLY - half : EARLY + half], steps[-SPAN:]
    return Taken(statistics.mean(steps[3:]), statistics.median(early), statistics.median(late))


async def steps_beside_bare_loops(rounds: int, steps: int) -> dict[str, list[Taken]]:
    """Let all take turns."""
    told: dict[str, list[Taken]] = {"rookery": [], "httpx": [], "aiohttp": []}
    with stub() as url, tempfile.TemporaryDirectory() as folder:
        for round_ in range(rounds + 1):
            watch = await rookery_steps(Path(folder) / str(round_), url, steps)
            others = {
                "httpx": await httpx_steps(url, watch.prompts),
                "aiohttp": await aiohttp_steps(url, watch.prompts),
            }
            if round_:  # the first one warms up
                for name, moments in {"rookery": watch.moments, **others}.items():
                    told[name].append(taken(moments))
    return told


async def many_at_once(runs: int, steps: int, seconds: float) -> dict[str, float]:
    """Return the seconds that many runs at once take, and bare loops that make the same calls."""
    with stub(seconds) as url, tempfile.TemporaryDirectory() as folder:
        watch = await rookery_steps(Path(folder) / "one", url, steps)
        container = colony(Path(folder) / "many", url, steps)
        await run(container)
        told = {"ideal": steps * seconds}
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=60) as client:

            async def post(body: object) -> object:
                return (await client.post(f"{url}/chat/completions", json=body)).json()

            told["httpx"] = await _timed(runs, lambda: _bare(post, watch.prompts[:steps]))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def send(body: object) -> object:
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    return json.loads(await response.read())

            told["aiohttp"] = await _timed(runs, lambda: _bare(send, watch.prompts[:steps]))
        told["rookery"] = await _timed(runs, lambda: run(container))
        await container.llms().close()
    return told


async def _timed(runs: int, one: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(runs):
            group.create_task(_await(one()))
    return time.perf_counter() - start


async def _await(work: Awaitable[object]) -> None:
    await work


def main() -> None:
    """Print the figures and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=LATE)
    parser.add_argument("--runs", type=int, default=100, help="at once")
    options = parser.parse_args()
    told = asyncio.run(steps_beside_bare_loops(options.rounds, options.steps))
    middle = {name: Taken(*map(statistics.median, zip(*rows, strict=True))) for name, rows in told.items()}
    print(f"{'CPU ms a step':<16}{'all':>8}{'of httpx':>10}{'step 10':>10}{f'step {options.steps}':>10}{'growth':>8}")
    for name, row in middle.items():
        growth = row.late / row.early
        ratio = row.whole / middle["httpx"].whole
        print(f"{name:<16}{row.whole:>8.2f}{ratio:>10.2f}{row.early:>10.2f}{row.late:>10.2f}{growth:>8.2f}")
    many = asyncio.run(many_at_once(options.runs, 5, 0.02))
    print(f"\n{options.runs} runs at once, 5 steps of 20 ms{'seconds':>10}{'of ideal':>10}{'of httpx':>10}")
    for name, seconds in many.items():
        print(f"{name:<34}{seconds:>10.2f}{seconds / many['ideal']:>10.1f}{seconds / many['httpx']:>10.2f}")


if __name__ == "__main__":
    main()
