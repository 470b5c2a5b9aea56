"""What a workflow does is kept in the run store's journal: the part that all orchestrators share."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import TypeVar

from pydantic import BaseModel

from rookery.adapters.support.activity import Activity, Work
from rookery.domain.calls import ModelCall
from rookery.domain.errors import RunStopped
from rookery.domain.events import (
    ClaimVerified,
    RunEvent,
    StepStarted,
    TokenEmitted,
    ToolCalled,
    ToolReturned,
    substance,
)
from rookery.domain.ports.orchestrator import I, O, WorkflowContext
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.redaction import redact_json

M = TypeVar("M", bound=BaseModel)

_QUOTED = ("citations", "passage", "passages")  # ranges of stored texts, which have no credentials and must stay equal
_MANY = (StepStarted, ToolCalled, ToolReturned, TokenEmitted, ClaimVerified)  # the workflow does not wait for these


class JournalledContext(WorkflowContext):
    """Looks each step up before it is run, and records it afterwards. An orchestrator overrides `coordinate`.

    Args:
        run_id: of the run.
        run_store: its journal.
        parallel: steps of one fan-out that run side by side.
    """

    def __init__(self, run_id: str, run_store: RunStorePort, parallel: int) -> None:
        self._run_id = run_id
        self._run_store = run_store
        self._free = asyncio.Semaphore(parallel)
        self._itself = _Part("")
        self._activity = Activity()
        self._known: dict[tuple[str, str], str] | None = None

    @property
    def run_id(self) -> str:
        return self._run_id

    async def coordinate(self, name: str, work: Callable[[], Awaitable[O]]) -> O:  # noqa: ARG002 - others use it
        """Run a step that was not run before; here, at once."""
        return await work()

    async def step(self, name: str, fn: Callable[[I], Awaitable[O]], given: I, *, returns: type[O]) -> O:
        async def coordinated(part: _Part) -> O:
            return await self.coordinate(name, lambda: part.do(fn(given)))

        return await self._recorded(name, given, coordinated, returns, slight=False)

    async def once(self, name: str, fn: Callable[[I], Awaitable[O]], given: I, *, returns: type[O]) -> O:
        return await self._recorded(name, given, lambda part: part.do(fn(given)), returns, slight=True)

    async def effect(self, name: str, fn: Callable[[I, str], Awaitable[O]], given: I, *, returns: type[O]) -> O:
        key = _hash("\0".join((self._run_id, name, given.model_dump_json())))

        async def do(part: _Part) -> O:
            await self._run_store.settle()  # what led to it will be the same when it is done again
            return await part.do(fn(given, key))

        return await self._recorded(name, given, do, returns, slight=False)

    async def heed(self) -> None:
        stop = await self._run_store.stop_asked(self._run_id)
        if stop is not None:
            await self._activity.cease(_at_work.get())
            raise RunStopped(stop)

    async def _recorded(
        self, name: str, given: I, do: Callable[["_Part"], Awaitable[O]], returns: type[O], *, slight: bool
    ) -> O:
        """What is slight is recorded soon, and what is not before this returns."""
        input_hash = _hash(given.model_dump_json())
        around = _at_work.get()
        await self.heed()
        known = await self._outputs()
        recorded = known.get((name, input_hash))
        if recorded is not None:
            return returns.model_validate_json(recorded)
        with self._activity.within(around):
            output = without_credentials(await do(_Part(name, input_hash)))  # as it will be when it is looked up
            known[name, input_hash] = document = output.model_dump_json()
            if slight:
                self._run_store.post_step(self._run_id, name, input_hash, document)
            else:
                await self._run_store.save_step(self._run_id, name, input_hash, document)
        return output

    async def _outputs(self) -> dict[tuple[str, str], str]:
        """Return what was recorded before; nobody else records while this process conducts the run."""
        if self._known is None:
            records = await self._run_store.steps(self._run_id)
            self._known = {(record.step, record.input_hash): record.output for record in records}
        return self._known

    async def fan_out(
        self, name: str, fn: Callable[[I], Awaitable[O]], given: Sequence[I], *, returns: type[O]
    ) -> list[O]:
        async def one(index: int, item: I) -> O:
            async with self._free:
                return await self.step(f"{name}/{index}", fn, item, returns=returns)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(index, item)) for index, item in enumerate(given, 1)]
        return [task.result() for task in tasks]

    async def emit(self, event: RunEvent) -> None:
        event = without_credentials(event)
        key = (_at_work.get() or self._itself).key(event)
        if isinstance(event, _MANY):
            self._run_store.post(self._run_id, event, key=key)
        else:
            await self._run_store.append(self._run_id, event, key=key)

    async def record(self, call: ModelCall) -> None:
        part = _at_work.get() or self._itself
        self._run_store.post_call(self._run_id, call.model_copy(update={"step": part.step}))


class _Part(Work):
    """A part of a workflow that is at work. What it tells has the same keys whenever it is done again.

    A key is made of what an event says and of how often the part said that, so that it does not depend on the order
    in which things that are done side by side come to speak.
    """

    def __init__(self, step: str, input_hash: str = "") -> None:
        super().__init__()
        self.step = step
        self._name = f"{step}\0{input_hash}"
        self._said = Counter[str]()

    def key(self, event: RunEvent) -> str:
        said = substance(event)
        self._said[said] += 1
        return _hash(f"{self._name}\0{self._said[said]}\0{said}")[:32]

    async def do(self, work: Awaitable[O]) -> O:
        self._said.clear()
        token = _at_work.set(self)
        try:
            return await work
        except BaseExceptionGroup as group:  # of things that were done side by side within the part
            stopped, rest = group.split(RunStopped)
            if stopped is None or rest is not None:
                raise
            raise first_error(stopped) from group
        finally:
            _at_work.reset(token)


_at_work: ContextVar[_Part | None] = ContextVar("part of a workflow that is at work", default=None)


def without_credentials(said: M) -> M:
    """Return what a part of a workflow said, fit to be stored."""
    clean = redact_json(said.model_dump(mode="json"), but=_QUOTED)
    return type(said).model_validate(clean.value) if clean.count else said


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first of the errors that ended a fan-out."""
    error = group.exceptions[0]
    return first_error(error) if isinstance(error, BaseExceptionGroup) else error


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
