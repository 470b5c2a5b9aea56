"""What a workflow tells, across the deaths of the processes that run it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.run_stores.in_memory import InMemoryRunStore
from rookery.adapters.support.journalled import JournalledContext
from rookery.domain.events import StepStarted, ToolReturned
from rookery.domain.frozen import Frozen
from rookery.domain.ports.orchestrator import WorkflowContext

pytestmark = pytest.mark.anyio
Workflow = Callable[[WorkflowContext], Awaitable[object]]


class Died(BaseException):
    """The process ended in the middle of it."""


class Number(Frozen):
    value: int


ONE, TWO = Number(value=1), Number(value=2)


class Colony:
    """Processes that come and go, and the store that outlives them."""

    def __init__(self) -> None:
        clock = ManualClock(datetime(2026, 11, 29, tzinfo=UTC), tick=timedelta(seconds=1))
        self._store = InMemoryRunStore(clock=clock)

    async def live(self, workflow: Workflow) -> None:
        """Run a workflow in a new process; that it dies is no error."""
        try:
            await workflow(JournalledContext("r", self._store, 2))
        except* Died:
            pass

    async def told(self) -> list[str]:
        events = await self._store.events("r")
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        return [event.label if isinstance(event, StepStarted) else event.type for event in events]


@pytest.fixture
def colony() -> Colony:
    return Colony()


def says(label: str) -> StepStarted:
    return StepStarted(agent_id="a", step="s", label=label)


async def test_a_step_that_is_done_again_tells_only_what_it_did_not_tell_before(colony):
    async def workflow(context: WorkflowContext, *, dies: bool) -> None:
        async def work(given: Number) -> Number:
            await context.emit(says("begin"))
            await context.emit(says("begin"))
            if dies:
                raise Died
            await context.emit(says("end"))
            return given

        await context.emit(says("before"))
        await context.step("work", work, ONE, returns=Number)
        await context.emit(says("after"))

    await colony.live(lambda context: workflow(context, dies=True))
    await colony.live(lambda context: workflow(context, dies=True))
    await colony.live(lambda context: workflow(context, dies=False))
    assert await colony.told() == ["before", "begin", "begin", "end", "after"]


async def test_what_is_said_otherwise_the_second_time_is_told(colony):
    async def workflow(context: WorkflowContext, found: str) -> None:
        async def work(given: Number) -> Number:
            await context.emit(says("search"))
            await context.emit(says(found))
            raise Died

        await context.step("work", work, ONE, returns=Number)

    for found in ("three passages", "two passages", "three passages"):
        await colony.live(lambda context, found=found: workflow(context, found))
    assert await colony.told() == ["search", "three passages", "two passages"]


async def test_how_long_it_took_makes_no_other_event(colony):
    async def workflow(context: WorkflowContext, seconds: float) -> None:
        returned = {"call_id": "c", "tool": "t", "ok": True, "summary": "found"}
        await context.emit(ToolReturned.model_validate({"agent_id": "a", "seconds": seconds} | returned))

    for seconds in (0.1, 0.2):
        await colony.live(lambda context, seconds=seconds: workflow(context, seconds))
    assert await colony.told() == ["tool_returned"]


async def test_the_same_words_in_another_step_or_on_another_input_are_other_events(colony):
    async def workflow(context: WorkflowContext) -> None:
        async def work(given: Number) -> Number:
            await context.emit(says("reading"))
            return given

        for name, given in (("first", ONE), ("second", ONE), ("first", TWO)):
            await context.step(name, work, given, returns=Number)
        await context.emit(says("reading"))

    await colony.live(workflow)
    assert await colony.told() == ["reading"] * 4


async def test_branches_that_take_another_order_the_second_time_tell_nothing_twice(colony):
    async def workflow(context: WorkflowContext, last: int) -> None:
        first_is_done = asyncio.Event()

        async def part(given: Number) -> Number:
            await context.emit(says("part"))
            return given

        async def branch(given: Number) -> Number:
            if given.value == last:
                await first_is_done.wait()
            await context.emit(says("begin"))
            await context.once(f"branch/{given.value}/part", part, given, returns=Number)
            await context.emit(says("end"))
            first_is_done.set()
            if given.value == last:
                raise Died
            return given

        await context.fan_out("branch", branch, [ONE, TWO], returns=Number)

    for last in (2, 1):
        await colony.live(lambda context, last=last: workflow(context, last))
    assert await colony.told() == ["begin", "part", "end"] * 2


async def test_a_part_within_a_step_speaks_for_itself_and_the_step_after_it_for_itself_again(colony):
    async def workflow(context: WorkflowContext, *, dies: bool) -> None:
        async def part(given: Number) -> Number:
            await context.emit(says("word"))
            return given

        async def step(given: Number) -> Number:
            await context.once("step/part", part, given, returns=Number)
            await context.emit(says("word"))
            if dies:
                raise Died
            return given

        await context.step("step", step, ONE, returns=Number)

    await colony.live(lambda context: workflow(context, dies=True))
    await colony.live(lambda context: workflow(context, dies=False))
    assert await colony.told() == ["word", "word"]


async def test_an_effect_has_the_same_key_whenever_it_is_done_again_and_no_other_has_it(colony):
    keys: list[str] = []

    async def workflow(context: WorkflowContext, *, dies: bool) -> None:
        async def send(given: Number, key: str) -> Number:
            keys.append(key)
            if dies:
                raise Died
            return given

        for given in (ONE, TWO):
            await context.effect("send", send, given, returns=Number)

    await colony.live(lambda context: workflow(context, dies=True))
    await colony.live(lambda context: workflow(context, dies=False))
    await colony.live(lambda context: workflow(context, dies=False))
    assert keys[0] == keys[1]
    assert len(keys) == 3
    assert len(set(keys)) == 2


class Said(Frozen):
    text: str


async def test_a_credential_is_replaced_at_once_so_that_a_resumed_run_goes_on_with_the_same() -> None:
    colony, seen = Colony(), list[str]()
    secret = "gh" + "p_" + "Zq7Lw2Xk9Vb4Nt6Rp1Hs8Gd3Jf5Cm0Tya1B2"

    async def tell(given: Number) -> Said:
        return Said(text=f"{given.value}: {secret}")

    async def workflow(context: WorkflowContext) -> None:
        seen.append((await context.step("tell", tell, ONE, returns=Said)).text)
        await context.emit(StepStarted(agent_id="a", step="s", label=f"holds {secret}"))

    await colony.live(workflow)
    await colony.live(workflow)
    assert seen == ["1: [redacted:github-token]"] * 2
    assert await colony.told() == ["holds [redacted:github-token]"]
