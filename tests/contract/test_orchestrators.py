"""What every orchestrator does with a workflow."""

import asyncio
from datetime import UTC, datetime

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.orchestrators.local import LocalOrchestrator
from rookery.adapters.orchestrators.local import Settings as LocalSettings
from rookery.adapters.orchestrators.prefect.orchestrator import PrefectOrchestrator
from rookery.adapters.orchestrators.prefect.settings import Settings as PrefectSettings
from rookery.adapters.run_stores.sqlite import SqliteRunStore
from rookery.domain.errors import Conflict, LLMError, RunStopped
from rookery.domain.events import StepStarted
from rookery.domain.frozen import Frozen
from rookery.domain.runs import Depth, Run, RunStatus, StopRequest

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 22, tzinfo=UTC)


class Number(Frozen):
    value: int


@pytest.fixture
async def store(tmp_path):
    store = SqliteRunStore(tmp_path, clock=ManualClock(NOON))
    run = Run(
        id="r",
        question="q?",
        status=RunStatus.QUEUED,
        depth=Depth.QUICK,
        namespace="default",
        model="extractive",
        created_at=NOON,
    )
    await store.create(run)
    yield store
    store.close()


@pytest.fixture(params=["local", "prefect"])
def orchestrator(request, store, tmp_path):
    if request.param == "local":
        return LocalOrchestrator(LocalSettings(parallel=2), run_store=store, home=tmp_path)
    settings = PrefectSettings(api_url=request.getfixturevalue("prefect_url"), parallel=2, backoff_seconds=0)
    return PrefectOrchestrator(settings, run_store=store, home=tmp_path)


async def double(number: Number) -> Number:
    return Number(value=number.value * 2)


async def test_a_workflow_returns_what_its_steps_made(orchestrator):
    async def workflow(context, given):
        first = await context.step("double", double, given, returns=Number)
        many = await context.fan_out("each", double, [first, given, first], returns=Number)
        return Number(value=sum(number.value for number in many))

    assert await orchestrator.execute("r", workflow, Number(value=3)) == Number(value=12 + 6 + 12)


async def test_a_resumed_workflow_repeats_no_finished_step(orchestrator):
    calls = []

    async def once(number: Number) -> Number:
        calls.append(number.value)
        return await double(number)

    async def broken(_: Number) -> Number:
        raise LLMError("the model is gone")

    async def workflow(context, given, last=broken):
        doubled = await context.step("double", once, given, returns=Number)
        many = await context.fan_out("each", once, [doubled, given], returns=Number)
        return await context.step("last", last, many[0], returns=Number)

    with pytest.raises(LLMError, match="gone"):
        await orchestrator.execute("r", workflow, Number(value=3))
    result = await orchestrator.execute("r", lambda c, g: workflow(c, g, last=double), Number(value=3))
    assert result == Number(value=24)
    assert sorted(calls) == [3, 3, 6]


async def test_a_step_with_another_input_is_another_step(orchestrator):
    async def workflow(context, given):
        return await context.step("double", double, given, returns=Number)

    assert await orchestrator.execute("r", workflow, Number(value=3)) == Number(value=6)
    assert await orchestrator.execute("r", workflow, Number(value=4)) == Number(value=8)


@pytest.mark.parametrize("stop", list(StopRequest))
async def test_nothing_new_starts_once_a_person_asked_to_stop(orchestrator, store, stop):
    done = []

    async def first(number: Number) -> Number:
        await store.ask_to_stop("r", stop)
        done.append("first")
        return number

    async def second(number: Number) -> Number:
        done.append("second")
        return number

    async def workflow(context, given):
        given = await context.step("first", first, given, returns=Number)
        return await context.step("second", second, given, returns=Number)

    with pytest.raises(RunStopped) as stopped:
        await orchestrator.execute("r", workflow, Number(value=1))
    assert stopped.value.stop == stop
    assert done == ["first"]


async def test_one_run_has_one_conductor(orchestrator):
    entered, leave = asyncio.Event(), asyncio.Event()

    async def wait(number: Number) -> Number:
        entered.set()
        await leave.wait()
        return number

    async def workflow(context, given):
        return await context.step("wait", wait, given, returns=Number)

    running = asyncio.create_task(orchestrator.execute("r", workflow, Number(value=1)))
    await entered.wait()
    assert await orchestrator.is_running("r")
    with pytest.raises(Conflict):
        await orchestrator.execute("r", workflow, Number(value=1))
    leave.set()
    assert await running == Number(value=1)
    assert not await orchestrator.is_running("r")


async def test_a_cancelled_caller_ends_the_run_and_frees_it(orchestrator):
    entered, left = asyncio.Event(), asyncio.Event()

    async def wait(number: Number) -> Number:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()
        return number

    async def workflow(context, given):
        return await context.step("wait", wait, given, returns=Number)

    running = asyncio.create_task(orchestrator.execute("r", workflow, Number(value=1)))
    await entered.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert left.is_set()
    assert not await orchestrator.is_running("r")


async def test_whatever_ends_the_workflow_comes_out_as_it_is(orchestrator):
    error = ValueError("not one of ours")

    async def fail(_: Number) -> Number:
        raise error

    async def workflow(context, given):
        return await context.step("fail", fail, given, returns=Number)

    with pytest.raises(ValueError, match="not one of ours") as raised:
        await orchestrator.execute("r", workflow, Number(value=1))
    assert raised.value is error


async def test_time_that_runs_out_within_a_workflow_is_the_workflows_own_affair(orchestrator):
    async def wait(number: Number) -> Number:
        await asyncio.Event().wait()
        return number

    async def workflow(context, given):
        try:
            async with asyncio.timeout(0.01):
                return await context.step("wait", wait, given, returns=Number)
        except TimeoutError:
            return await context.step("instead", double, given, returns=Number)

    assert await orchestrator.execute("r", workflow, Number(value=1)) == Number(value=2)


async def test_fan_out_keeps_to_its_limit_and_the_first_error_ends_it(orchestrator):
    working, most = 0, 0
    pair = asyncio.Barrier(2)

    async def count(number: Number) -> Number:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await pair.wait()
        working -= 1
        if number.value == 5:
            raise LLMError("five")
        return number

    async def workflow(context, _):
        await context.fan_out("count", count, [Number(value=value) for value in range(8)], returns=Number)
        return Number(value=0)

    with pytest.raises(LLMError, match="five"):
        await orchestrator.execute("r", workflow, Number(value=0))
    assert most == 2


async def test_events_are_stored_as_they_are_emitted(orchestrator, store):
    async def workflow(context, given):
        await context.emit(StepStarted(agent_id="a", step="s", label="one"))
        await context.emit(StepStarted(agent_id="a", step="s", label="two"))
        return given

    await orchestrator.execute("r", workflow, Number(value=0))
    assert [event.label for event in await store.events("r")] == ["one", "two"]
