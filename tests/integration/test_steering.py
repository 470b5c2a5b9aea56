"""Steering runs across the deaths of processes, and in the middle of what they do."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dependency_injector import providers

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.orchestrators.local import LocalOrchestrator, Settings
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.domain.errors import Conflict, RunStopped
from rookery.domain.events import RunStarted, StepStarted
from rookery.domain.frozen import Frozen
from rookery.domain.runs import ResearchRequest, RunStatus, StopRequest
from rookery.entrypoints.container import Container, close
from tests.support.colony import make_container
from tests.support.openai_chat import Reply
from tests.support.openai_model import KEY
from tests.support.openai_server import NO_ANSWER, OpenAIServer
from tests.support.server import rookery

pytestmark = pytest.mark.anyio
PATIENCE = 20  # seconds, after which something hangs


class Number(Frozen):
    value: int


@pytest.fixture
async def silent(chat_server: OpenAIServer, tmp_path: Path) -> AsyncIterator[Container]:
    """A colony whose model never answers its first call."""
    chat_server.replies.append(Reply(NO_ANSWER))
    container = make_container(
        tmp_path / "home",
        llms={"openai": {"base_url": chat_server.url, "api_key": KEY}},
        model="openai:rook-1",
        embedder=None,
    )
    yield container
    await close(container)


@pytest.mark.parametrize("stop", list(StopRequest))
async def test_a_wish_that_a_dead_process_never_saw_does_not_stop_the_resumed_run(container, tmp_path, stop):
    note = tmp_path / "note.md"
    note.write_text("# Rooks\n\nRooks nest in tall elms.\n")
    run = await container.start_run()(ResearchRequest(question="Where do rooks nest?", sources=[str(note)]))
    await container.run_store().ask_to_stop(run.id, stop)
    assert (await container.conduct_run()(run.id)).status is RunStatus.SUCCEEDED


async def test_a_run_is_cancelled_from_another_process_although_its_model_never_answers(silent, chat_server):
    run = await silent.start_run()(ResearchRequest(question="Where do rooks nest?"))
    conducting = asyncio.create_task(silent.conduct_run()(run.id))
    assert await asyncio.to_thread(chat_server.is_silent.wait, PATIENCE)
    asked = await asyncio.to_thread(rookery, "runs", "cancel", run.id, home=silent.home())
    assert "within a second" in asked.stdout, asked.stderr
    ended = await asyncio.wait_for(conducting, PATIENCE)
    assert ended.status is RunStatus.CANCELLED
    assert await asyncio.to_thread(chat_server.was_left.wait, PATIENCE), "the model is still at it"
    events = await silent.run_store().events(run.id)
    assert events[-1].type == "run_cancelled"
    with pytest.raises(Conflict, match="cancelled"):
        await silent.conduct_run()(run.id)


async def test_an_interrupted_call_of_a_model_leaves_the_run_interrupted_and_not_cancelled(silent, chat_server):
    run = await silent.start_run()(ResearchRequest(question="Where do rooks nest?"))
    conducting = asyncio.create_task(silent.conduct_run()(run.id))
    assert await asyncio.to_thread(chat_server.is_silent.wait, PATIENCE)
    conducting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(conducting, PATIENCE)
    assert (await silent.run_store().get(run.id)).status is RunStatus.INTERRUPTED


async def test_a_pause_lets_the_parts_that_are_at_work_finish_and_they_are_not_repeated(tmp_path):
    store = InMemoryRunStore(clock=ManualClock(datetime(2026, 11, 22, tzinfo=UTC)))
    orchestrator = LocalOrchestrator(Settings(parallel=2), run_store=store, home=tmp_path)
    finished: list[int] = []
    slow_is_in, pause_is_asked = asyncio.Event(), asyncio.Event()

    async def slow(number: Number) -> Number:
        slow_is_in.set()
        await pause_is_asked.wait()
        for _ in range(10):  # the other branch stops meanwhile
            await asyncio.sleep(0)
        finished.append(number.value)
        return number

    async def quick(number: Number) -> Number:
        await slow_is_in.wait()
        await store.ask_to_stop("r", StopRequest.PAUSE)
        pause_is_asked.set()
        finished.append(number.value)
        return number

    async def workflow(context, given):
        async def branch(number: Number) -> Number:
            await context.once(
                f"branch-{number.value}/first", {1: slow, 2: quick}[number.value], number, returns=Number
            )
            return await context.once(f"branch-{number.value}/second", slow, number, returns=Number)

        await context.fan_out("branch", branch, [Number(value=1), Number(value=2)], returns=Number)
        return given

    with pytest.raises(RunStopped):
        await orchestrator.execute("r", workflow, Number(value=0))
    assert sorted(finished) == [1, 2]
    await store.ask_to_stop("r", None)
    await orchestrator.execute("r", workflow, Number(value=0))
    assert sorted(finished) == [1, 1, 2, 2]


async def test_a_pause_lets_what_is_done_side_by_side_within_a_step_finish_too(tmp_path):
    store = InMemoryRunStore(clock=ManualClock(datetime(2026, 11, 22, tzinfo=UTC)))
    orchestrator = LocalOrchestrator(Settings(parallel=2), run_store=store, home=tmp_path)
    finished: list[int] = []
    is_in, is_asked = asyncio.Event(), asyncio.Event()

    async def slow(number: Number) -> Number:
        is_in.set()
        await is_asked.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        finished.append(number.value)
        return number

    async def workflow(context, given):
        async def after_the_wish() -> None:
            await is_in.wait()
            if not is_asked.is_set():
                await store.ask_to_stop("r", StopRequest.PAUSE)
            is_asked.set()
            await context.once("step/late", slow, Number(value=2), returns=Number)

        async def step(number: Number) -> Number:
            async with asyncio.TaskGroup() as group:
                group.create_task(context.once("step/slow", slow, number, returns=Number))
                group.create_task(after_the_wish())
            return number

        return await context.step("step", step, given, returns=Number)

    with pytest.raises(RunStopped):
        await asyncio.wait_for(orchestrator.execute("r", workflow, Number(value=1)), PATIENCE)
    assert finished == [1]
    assert [record.step for record in await store.steps("r")] == ["step/slow"]
    await store.ask_to_stop("r", None)
    await asyncio.wait_for(orchestrator.execute("r", workflow, Number(value=1)), PATIENCE)
    assert finished == [1, 2]


async def test_of_two_who_take_a_run_at_once_one_has_it_and_the_other_leaves_it_alone(tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Rooks\n\nRooks nest in tall elms.\n")
    containers = [make_container(tmp_path / "home", embedder=None, vector_store="memory") for _ in range(2)]
    run = await containers[0].start_run()(ResearchRequest(question="Where do rooks nest?", sources=[str(note)]))
    conducting = (container.conduct_run()(run.id) for container in containers)
    ended = await asyncio.gather(*conducting, return_exceptions=True)
    assert sorted(type(end) for end in ended if isinstance(end, BaseException)) == [Conflict]
    assert (await containers[0].run_store().get(run.id)).status is RunStatus.SUCCEEDED
    types = [event.type for event in await containers[0].run_store().events(run.id)]
    assert types.count("run_started") == 1
    assert types[-1] == "run_finished"
    assert "run_failed" not in types
    for container in containers:
        await close(container)


@pytest.mark.parametrize("worked", [500.0, 5000.0])
async def test_a_resumed_run_goes_on_with_what_is_left_of_its_time_and_can_always_write_its_answer(tmp_path, worked):
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    container = make_container(tmp_path / "home", embedder=None, vector_store="memory")
    container.clock.override(providers.Object(clock))
    note = tmp_path / "note.md"
    note.write_text("# Rooks\n\nRooks nest in tall elms.\n")
    asked = ResearchRequest(question="Where do rooks nest?", sources=[str(note)], max_seconds=600)
    run = await container.start_run()(asked)
    begun = run.model_copy(update={"status": RunStatus.RUNNING, "started_at": clock.now()})
    opening = RunStarted(
        agent_id="coordinator", question=run.question, sources=run.sources, depth=run.depth, model=run.model
    )
    await container.run_store().save(begun, opening)
    clock.advance(timedelta(seconds=worked))  # and then its process died
    await container.run_store().append(run.id, StepStarted(agent_id="coordinator", step="read", label="read"))
    clock.advance(timedelta(days=9))
    resumed = await container.conduct_run()(run.id)
    await close(container)
    assert resumed.status is RunStatus.SUCCEEDED
    assert "tall elms" in resumed.result.output
    assert resumed.result.usage.seconds == worked
