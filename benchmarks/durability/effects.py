"""A small workflow with effects, and a receiver that takes each key once."""

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path

from rookery.domain.events import StepStarted
from rookery.domain.frozen import Frozen
from rookery.domain.ports.orchestrator import WorkflowContext
from rookery.domain.runs import Depth, Run, RunStatus
from rookery.entrypoints.container import Container
from rookery.entrypoints.settings import load_settings

RUN = "effects"
BRANCHES = 6
EFFECTS = 2 * BRANCHES + 1
"""A workflow has so many: two in each branch, and one at the end."""


class Number(Frozen):
    value: int


class Receiver:
    """A folder in which each key is a link to its payload, which is made whole or not at all, and once.

    `attempts` has a line for each time that an effect came.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, payload: str, key: str) -> None:
        """Take an effect. One that came before changes nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "attempts").open("ab", buffering=0) as attempts:
            attempts.write(f"{key} {payload}\n".encode())
        with contextlib.suppress(FileExistsError):
            (self._folder / f"key-{key}").symlink_to(payload)

    def taken(self) -> list[str]:
        """Return the payloads of what was taken, in order."""
        return sorted(str(path.readlink()) for path in self._folder.glob("key-*"))

    def attempts(self) -> list[str]:
        """Return what came, each time."""
        return (self._folder / "attempts").read_text().splitlines()


def begin(home: Path, folder: Path) -> int:
    """Run the workflow, or go on with it, and print a line for each effect."""
    return asyncio.run(_run(home, Receiver(folder)))


async def _run(home: Path, receiver: Receiver) -> int:
    container = Container(settings=load_settings(home=home))
    run = Run(
        id=RUN,
        question="q?",
        status=RunStatus.RUNNING,
        depth=Depth.QUICK,
        namespace="default",
        model="extractive",
        created_at=datetime(2026, 11, 29, tzinfo=UTC),
    )
    await container.run_store().create(run, idempotency_key=RUN)

    async def send(given: Number, key: str) -> Number:
        print(f"sends {given.value}", flush=True)
        await asyncio.to_thread(receiver.take, str(given.value), key)
        print(f"sent {given.value}", flush=True)
        return given

    async def workflow(context: WorkflowContext, given: Number) -> Number:
        async def branch(number: Number) -> Number:
            await context.emit(StepStarted(agent_id="a", step="branch", label=str(number.value)))
            first = await context.effect(f"branch/{number.value}/first", send, number, returns=Number)
            second = Number(value=first.value + 100)
            return await context.effect(f"branch/{number.value}/second", send, second, returns=Number)

        numbers = [Number(value=value) for value in range(BRANCHES)]
        sent = await context.fan_out("branch", branch, numbers, returns=Number)
        total = Number(value=sum(number.value for number in sent))
        return await context.effect("total", send, total, returns=Number)

    await container.orchestrator().execute(RUN, workflow, Number(value=0))
    container.run_store().close()
    return 0
