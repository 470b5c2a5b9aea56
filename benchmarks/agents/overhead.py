"""CPU per call of a model behind a server: our adapter beside bare loops of httpx and aiohttp.

The server is a process of its own that answers at once. All send the same prompt (some 9 KB, as of a step in the midst
of a run) and read the same reply; the loops do nothing but parse its JSON. The adapter also finds out what the server
is, looks whether the prompt was cut, and checks the reply; `bound` adds a JSON schema with its sources locked, which
it checks as well. Rounds are interleaved, so that all meet the same load; the figures are medians.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import aiohttp
import httpx

from rookery.adapters.llms.openai_compatible import OpenAILLM, Settings
from rookery.domain.inference import LLMRequest, Message
from rookery.domain.reasoning import Findings, Quote
from rookery.domain.schemas import lock_sources

Call = Callable[[], Awaitable[object]]
SENTENCE = "The tide gauge at Kittiwake Point was built by Lucien Méridot in the spring of 1887, and stood in a hut. "
PROMPT = [
    Message(role="system", content="You answer from documents only, and quote them to the letter. " * 8),
    Message(role="user", content=f"Who built the tide gauge?\n\n{SENTENCE * 80}"),
]
SOURCES = ["1", "2", "3", "4"]
REPLY = Findings(quotes=[Quote(passage_id=source, quote=SENTENCE.strip(), score=0.5) for source in SOURCES])
SCHEMA = Findings.model_json_schema()


@contextmanager
def stub() -> Iterator[str]:
    """Start the server, and end it with the block."""
    command = [sys.executable, str(Path(__file__).with_name("stub.py")), REPLY.model_dump_json()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        assert process.stdin is not None
        process.stdin.close()


def body(*, bound: bool) -> dict[str, object]:
    """Return what the adapter sends too."""
    messages = [message.model_dump() for message in PROMPT]
    fields: dict[str, object] = {"model": "stub", "max_tokens": 1024, "temperature": 0.0, "seed": 0}
    if bound:
        schema = {"name": "reply", "strict": True, "schema": lock_sources(SCHEMA, SOURCES)}
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    return fields | {"messages": messages}


def asked(*, bound: bool) -> LLMRequest:
    """Return the request as an agent makes it."""
    extra = {"json_schema": SCHEMA, "allowed_sources": SOURCES} if bound else {}
    return LLMRequest.model_validate({"messages": PROMPT, "session": "researcher", **extra})


async def callers(url: str, stack: AsyncExitStack) -> dict[str, Call]:
    """Return what makes one call, by name."""
    client = await stack.enter_async_context(httpx.AsyncClient())
    session = await stack.enter_async_context(aiohttp.ClientSession())
    llm = OpenAILLM(Settings(base_url=url, api_key=None))
    stack.push_async_callback(llm.close)
    chats = f"{url}/chat/completions"

    def with_httpx(*, bound: bool) -> Call:
        sent = body(bound=bound)

        async def call() -> object:
            return (await client.post(chats, json=sent)).json()

        return call

    def with_aiohttp(*, bound: bool) -> Call:
        sent = body(bound=bound)

        async def call() -> object:
            async with session.post(chats, json=sent) as response:
                return json.loads(await response.read())

        return call

    def with_rookery(*, bound: bool) -> Call:
        request = asked(bound=bound)
        return lambda: llm.complete(request)

    makers = {"httpx": with_httpx, "aiohttp": with_aiohttp, "rookery": with_rookery}
    return {f"{name}{', bound' * bound}": make(bound=bound) for bound in (False, True) for name, make in makers.items()}


async def measure(calls: int, rounds: int) -> dict[str, float]:
    """Return the milliseconds of CPU that a call takes in this process, by name: the median of the rounds."""
    with stub() as url:
        return await _measured(url, calls, rounds)


async def _measured(url: str, calls: int, rounds: int) -> dict[str, float]:
    async with AsyncExitStack() as stack:
        contestants = await callers(url, stack)
        taken: dict[str, list[float]] = {name: [] for name in contestants}
        for round_ in range(rounds + 1):
            for name, call in contestants.items():
                start = time.process_time()
                for _ in range(calls):
                    await call()
                if round_:  # the first one warms up
                    taken[name].append((time.process_time() - start) / calls * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Print the figures and the ratios to the loop of httpx."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=100, help="in a round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    taken = asyncio.run(measure(options.calls, options.rounds))
    rows = {
        name: {"cpu_ms": round(ms, 3), "of_httpx": round(ms / taken[name.replace(name.partition(",")[0], "httpx")], 3)}
        for name, ms in taken.items()
    }
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{'one call':<18}{'CPU ms':>8}{'of httpx':>10}")
    for name, row in rows.items():
        print(f"{name:<18}{row['cpu_ms']:>8.2f}{row['of_httpx']:>10.2f}")


if __name__ == "__main__":
    main()
