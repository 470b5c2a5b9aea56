"""Runs from question to result: start, conduct, steer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from rookery.application.agents.roster import COORDINATOR, SUPERVISOR
from rookery.application.ingestion import refuse_credentials
from rookery.application.workflow import Colony
from rookery.domain.agents import Agent
from rookery.domain.errors import Conflict, InvalidRequest, LLMError, OrchestratorError, RookeryError, RunStopped
from rookery.domain.events import (
    RunCancelled,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    SupervisorIntervened,
)
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.orchestrator import OrchestratorPort, WorkflowContext
from rookery.domain.ports.run_store import RunStorePort
from rookery.domain.redaction import redact, stand_in
from rookery.domain.results import TaskResult
from rookery.domain.runs import ResearchRequest, Run, RunStatus, StopRequest, Utterance
from rookery.domain.working_time import worked_seconds


class StartRun:
    """Takes a question on."""

    def __init__(
        self,
        run_store: RunStorePort,
        clock: ClockPort,
        *,
        model: str,
        check_model: Callable[[str], None],
        agents: Mapping[str, Agent],
    ) -> None:
        self._run_store = run_store
        self._clock = clock
        self._model = model
        self._check_model = check_model
        self._agents = agents

    async def __call__(self, request: ResearchRequest, *, idempotency_key: str | None = None) -> Run:
        """Store a queued run. Credentials in the question are replaced before it is stored.

        Raises:
            InvalidRequest: there is no such model or agent, or it cannot be had; or a source has a credential in it.
            Conflict: the key was used for another request.
        """
        refuse_credentials([*request.sources, request.namespace])
        agent = self._agent(request.agent)
        model = request.model or (agent and agent.model) or self._model
        self._check_model(model)
        run = Run(
            id=self._clock.new_id(),
            question=redact(request.question).text,
            status=RunStatus.QUEUED,
            depth=request.depth,
            namespace=request.namespace,
            model=model,
            sources=request.sources,
            max_seconds=request.max_seconds,
            seed=request.seed,
            agent=request.agent,
            conversation=[_clean(said) for said in request.conversation],
            created_at=self._clock.now(),
        )
        return await self._run_store.create(run, idempotency_key=stand_in(idempotency_key))

    def _agent(self, name: str | None) -> Agent | None:
        if name is None:
            return None
        if name not in self._agents or not self._agents[name].works_alone:
            known = ", ".join(one.id for one in self._agents.values() if one.works_alone)
            raise InvalidRequest(f"there is no agent {name!r} that works alone; there are: {known}")
        return self._agents[name]


class ConductRun:
    """Runs a queued, parked or interrupted run to its end. The steps that it finished before are not done again."""

    def __init__(self, run_store: RunStorePort, orchestrator: OrchestratorPort, colony: Colony) -> None:
        self._run_store = run_store
        self._orchestrator = orchestrator
        self._colony = colony
        self._at_work: set[str] = set()

    async def __call__(self, run_id: str) -> Run:
        """Return the run as it ended: finished, failed, paused or cancelled. Its events tell the same.

        A wish to cancel ends it wherever it is, also in the middle of a reply of the model; one to pause waits for
        the parts that are at work. When the calling task is cancelled, or the orchestrator fails, the run is left as
        `interrupted`.

        Raises:
            NotFound: there is no such run.
            Conflict: it is finished, another process runs it, or its agent is not here.
            OrchestratorError: the orchestrator failed, apart from the work.
        """
        run = await self._run_store.get(run_id)
        _refuse_finished(run)
        if await self._orchestrator.is_running(run_id):
            raise Conflict(f"run {run_id} is being run already; `rookery runs show {run_id}` follows it")
        await self._run_store.ask_to_stop(run_id, None)  # asked of a process that died before it could obey
        self._at_work.add(run_id)
        try:
            return await self._conduct(_Charge(run))
        finally:
            self._at_work.discard(run_id)

    async def _conduct(self, charge: "_Charge") -> Run:
        try:
            result = await self._work(charge)
        except RunStopped as stopped:
            return await self._stop(charge.run, StopRequest(stopped.stop))
        except (asyncio.CancelledError, OrchestratorError):
            if charge.taken:
                await self._close(charge.run, RunPaused(agent_id=COORDINATOR.id), RunStatus.INTERRUPTED)
            raise
        except RookeryError as error:
            if isinstance(error, Conflict) and not charge.taken:
                raise  # another process was quicker: the run is its own to end
            return await self._fail(charge.run, str(error))
        except Exception as error:
            await self._fail(charge.run, f"{type(error).__name__}: {error}")
            raise
        run = charge.run.model_copy(update={"result": result})
        ended = RunFinished(agent_id=COORDINATOR.id, status=result.status)
        return await self._close(run, ended, RunStatus(result.status.value))

    async def _work(self, charge: "_Charge") -> TaskResult:
        async def research(context: WorkflowContext, request: ResearchRequest) -> TaskResult:
            self._refuse_stranger(charge.run)
            worked = worked_seconds(await self._run_store.events(charge.run.id))
            charge.run = await self._begin(charge.run.id)
            charge.taken = True
            return await self._colony.research(context, request, worked=worked)

        run = charge.run
        try:
            async with asyncio.TaskGroup() as group:
                heeding = group.create_task(self._heed(run.id))
                result = await self._orchestrator.execute(run.id, research, run.request())
                heeding.cancel()
        except BaseExceptionGroup as errors:
            stopped = next((error for error in errors.exceptions if isinstance(error, RunStopped)), None)
            raise stopped or errors.exceptions[0] from errors
        return result

    def _refuse_stranger(self, run: Run) -> None:
        if run.agent is not None and run.agent not in self._colony.lineup(run.id).agents:
            missing = f"run {run.id} is for the agent {run.agent!r}, which is not in this colony"
            raise Conflict(f"{missing}; go on with it where agents/{run.agent}.toml is")

    async def _heed(self, run_id: str) -> NoReturn:
        await self._run_store.wait_for_cancel(run_id)
        raise RunStopped(StopRequest.CANCEL)

    async def _begin(self, run_id: str) -> Run:
        """Open a run that nobody else conducts from now on. Somebody may have ended it a moment ago."""
        run = await self._run_store.get(run_id)
        _refuse_finished(run)
        now = self._colony.clock.now()
        running = run.model_copy(update={"status": RunStatus.RUNNING, "started_at": run.started_at or now})
        await self._run_store.save(running, _opening(run))
        return running

    async def _stop(self, run: Run, stop: StopRequest) -> Run:
        """Park or end a run. A parked one does not keep a model in memory that no other run uses."""
        if stop is StopRequest.PAUSE and self._at_work <= {run.id}:
            await self._release(run)
        return await _stop(self._run_store, self._colony.clock, run, stop)

    async def _release(self, run: Run) -> None:
        try:
            await self._colony.llms(run.model).release()
        except LLMError as error:
            action = "go on all the same; the model reads its conversations anew"
            told = SupervisorIntervened(agent_id=SUPERVISOR.id, reason=str(error), action=action)
            await self._run_store.append(run.id, told)

    async def _fail(self, run: Run, message: str) -> Run:
        clean = redact(message).text
        failed = run.model_copy(update={"error": clean})
        return await self._close(failed, RunFailed(agent_id=COORDINATOR.id, error=clean), RunStatus.FAILED)

    async def _close(self, run: Run, event: RunEvent, status: RunStatus) -> Run:
        return await _close(self._run_store, self._colony.clock, run.model_copy(update={"status": status}), event)


@dataclass
class _Charge:
    """A run to conduct. `taken`: its orchestrator holds it, and its opening is told."""

    run: Run
    taken: bool = False


class StopRun:
    """Pauses or cancels a run, whichever process runs it."""

    def __init__(self, run_store: RunStorePort, orchestrator: OrchestratorPort, clock: ClockPort) -> None:
        self._run_store = run_store
        self._orchestrator = orchestrator
        self._clock = clock

    async def __call__(self, run_id: str, stop: StopRequest) -> Run:
        """Ask for it. One that is not at work stops at once.

        A run at work is cancelled within a second, and paused as soon as the parts that it is at are finished.

        Raises:
            NotFound: there is no such run.
            Conflict: it is finished.
        """
        run = await self._run_store.get(run_id)
        if run.status.finished:
            raise Conflict(f"run {run_id} is {run.status}; there is nothing to {stop}")
        if await self._orchestrator.is_running(run_id):
            await self._run_store.ask_to_stop(run_id, stop)
            return run
        return await _stop(self._run_store, self._clock, run, stop)


async def as_it_stands(run: Run, orchestrator: OrchestratorPort) -> Run:
    """Return the run, `interrupted` when it claims to be running and no process runs it."""
    if run.status is RunStatus.RUNNING and not await orchestrator.is_running(run.id):
        return run.model_copy(update={"status": RunStatus.INTERRUPTED})
    return run


def _clean(said: Utterance) -> Utterance:
    return said.model_copy(update={"text": redact(said.text).text})


def _refuse_finished(run: Run) -> None:
    if run.status.finished:
        raise Conflict(f"run {run.id} is {run.status}; ask the question again for a new run")


def _opening(run: Run) -> RunEvent:
    if run.started_at is not None:
        return RunResumed(agent_id=COORDINATOR.id)
    return RunStarted(
        agent_id=COORDINATOR.id, question=run.question, sources=run.sources, depth=run.depth, model=run.model
    )


async def _stop(run_store: RunStorePort, clock: ClockPort, run: Run, stop: StopRequest) -> Run:
    await run_store.ask_to_stop(run.id, None)
    if stop is StopRequest.CANCEL:
        cancelled = run.model_copy(update={"status": RunStatus.CANCELLED})
        return await _close(run_store, clock, cancelled, RunCancelled(agent_id=COORDINATOR.id))
    paused = run.model_copy(update={"status": RunStatus.PAUSED})
    return await _close(run_store, clock, paused, RunPaused(agent_id=COORDINATOR.id))


async def _close(run_store: RunStorePort, clock: ClockPort, run: Run, event: RunEvent) -> Run:
    finished_at = clock.now() if run.status.finished else None
    closed = run.model_copy(update={"finished_at": finished_at})
    await run_store.save(closed, event)
    return closed
