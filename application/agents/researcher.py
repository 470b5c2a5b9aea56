"""An agent at work: it thinks, acts, observes and reflects until it has something to answer with."""

from collections.abc import Awaitable, Callable, Sequence

from rookery.application.agents.assignments import Assignment, Investigation
from rookery.application.agents.bench import Bench
from rookery.application.agents.helpers import Helpers
from rookery.application.agents.memo import Memo
from rookery.application.agents.quoting import QUOTES, Quoted, place, quote, unseen
from rookery.application.agents.readings import Readings
from rookery.application.agents.roster import RESEARCHER
from rookery.application.agents.toolbox import (
    DELEGATE,
    Toolbox,
    digest_of,
)
from rookery.application.asking import Manner, Spoken, ask
from rookery.domain import loop as loops
from rookery.domain.actions import Decision, Observed, Turn
from rookery.domain.errors import BrokenReply, ContextOverflow, CutReply
from rookery.domain.events import AgentFinished, AgentStarted, StepStarted
from rookery.domain.frozen import Frozen
from rookery.domain.inference import Message
from rookery.domain.interventions import Remedy, Trouble
from rookery.domain.loop import Loop, Phase, Spent
from rookery.domain.ports.orchestrator import I, O
from rookery.domain.ports.tool import Outcome, Scope
from rookery.domain.provenance import distinct
from rookery.domain.reasoning import ActJob, Evidence, FindEvidenceJob
from rookery.domain.results import TaskStatus
from rookery.domain.sources import Passage
from rookery.domain.text import counted

_SHORT = 256  # tokens of a decision, and of one whose writer did not come to an end
_USUAL = 512
_LEAST = 64  # tokens that are worth asking for


class Thinking(Frozen):
    """A decision that is asked for: after which round, among which tools, and how.

    What came before that round is told by the decisions before this one.
    """

    turn: Turn | None
    tools: list[str]
    manner: Manner


class Decided(Frozen):
    """A decision, or what was wrong with it, and what it cost."""

    decision: Decision | None
    fault: Trouble | None
    spoken: Spoken


class Researcher:
    """Works on one assignment. What it has found so far is there at any time, also when it is stopped.

    Args:
        bench: what the agents of the run share.
        task: the assignment.
    """

    def __init__(self, bench: Bench, task: Assignment) -> None:
        self._bench = bench
        self._task = task
        self._kind = bench.agents.get(task.agent, RESEARCHER)
        self._agent = self._kind.model_copy(update={"id": task.agent_id})
        self._ask = bench.asker(self._kind)
        own = [] if task.origins else [task.question]  # otherwise what was read had a part in it
        self._readings = Readings(task.origins, [task.main_question, *own, *task.given])
        self._helpers = Helpers(bench, task, self._kind, begin=Researcher, readings=self._readings)
        scope = Scope(
            run_id=bench.context.run_id,
            agent=self._agent,
            namespace=task.namespace,
            snapshots=task.snapshots,
            passages=task.passages,
        )
        delegation = self._helpers if self._helpers.may_delegate else None
        self._toolbox = Toolbox(bench, scope, delegation=delegation, readings=self._readings)
        self._memo = Memo()
        self._digests: set[str] = set()
        self._outcomes: list[Outcome] = []
        self._seen: list[Passage] = []
        self._evidence: list[Evidence] = []
        self._spoken = Spoken()
        self._lost = 0
        self._loop = loops.begin([spec.name for spec in self._toolbox.specs], task.opening)
        self._began = bench.clock.monotonic() - bench.deadlines.waited

    async def investigate(self) -> Investigation:
        """Work until the task is done, or a budget or the supervisor ends it.

        Raises:
            AdapterError: nothing was found, since nothing could be searched; or the model failed.
        """
        task, role = self._task, self._kind.role
        await self._emit(AgentStarted(agent_id=task.agent_id, role=role, goal=task.question, parent_id=task.parent_id))
        await self._work()
        failures = [*self._toolbox.failures, *self._helpers.failures]
        if failures and not self._evidence and not any(seen.ok for turn in self._loop.turns for seen in turn.seen):
            raise failures[0]
        found = self.found()
        status = TaskStatus.SUCCEEDED if found.evidence and not found.stopped else TaskStatus.PARTIAL
        ended = {"status": status, "summary": self._summary(), "tokens": self.spent().tokens or None}
        await self._emit(AgentFinished(agent_id=task.agent_id, role=role, **ended))
        return found

    def found(self) -> Investigation:
        """Return what was found so far."""
        self._take_over()
        helped = self._helpers.found()
        failures = [*self._toolbox.failures, *self._helpers.failures]
        trouble = [*map(str, failures), *(trouble for one in helped for trouble in one.trouble)]
        return Investigation(
            question=self._task.question,
            evidence=list(self._evidence),
            spoken=sum((one.spoken for one in helped), self._spoken),
            spent=sum((one.spent for one in helped), self.spent()),
            trouble=list(dict.fromkeys(trouble)),
            stopped=self._loop.ended_by is not None or any(one.stopped for one in helped),
            origins=distinct([*self._readings.origins, *(origin for one in helped for origin in one.origins)]),
        )

    def spent(self) -> Spent:
        """Return what it has used up of its budget; what was handed on counts where it was done."""
        usage = self._spoken.usage
        return Spent(
            steps=max(1, self._loop.thoughts),
            tokens=usage.prompt_tokens + usage.completion_tokens,
            tool_calls=self._toolbox.calls,
            seconds=round(self._bench.clock.monotonic() - self._bench.deadlines.waited - self._began, 3),
        )

    async def _work(self) -> None:
        moves: dict[Phase, Callable[[], Awaitable[Loop]]] = {
            Phase.THINK: self._think,
            Phase.ACT: self._act,
            Phase.OBSERVE: self._observe,
            Phase.REFLECT: self._reflect,
        }
        try:
            async with self._bench.deadlines.limit(self._kind.budget.max_seconds):
                while self._loop.phase is not Phase.ANSWER:
                    self._loop = await moves[self._loop.phase]()
        except TimeoutError:
            self._loop = loops.stop(self._loop, f"the budget of {self._kind.budget.max_seconds:g} seconds is used up")
        await self._conclude()

    async def _think(self) -> Loop:
        most = self._room(_SHORT if self._loop.short else _USUAL)
        if most is None:
            return loops.stop(self._loop, "the budget has no tokens left for a thought")
        await self._emit(StepStarted(agent_id=self._task.agent_id, step="think", label="Thinking"))
        manner = Manner(max_tokens=most, temperature=self._loop.temperature, seed=self._bench.seed)
        specs = [spec for spec in self._toolbox.specs if spec.name in self._loop.tools]
        given = ActJob(
            role=self._kind.role,
            goal=self._kind.goal,
            task=self._task.question,
            tools=specs,
            turns=self._loop.turns,
        )
        try:
            job, messages, told = await self._memo.fit(self._ask.llm, given, self._evidence, reply=most)
        except ContextOverflow as error:
            return loops.stop(self._loop, f"no room to think: {error}")
        if told is not None:
            await self._bench.supervisor.intervene(f"{self._task.agent_id}: {told}", "go on with notes", noted=False)
        number = self._loop.thoughts + 1
        turns = self._loop.turns
        thinking = Thinking(turn=turns[-1] if turns else None, tools=self._loop.tools, manner=manner)

        async def decide(thinking: Thinking) -> Decided:
            return await self._decide(job, messages, thinking.manner)

        decided = await self._once(f"think-{number}", decide, thinking, Decided)
        self._spend(decided.spoken)
        self._memo.count(decided.spoken.usage)
        if decided.decision is None:
            return loops.stumble(self._loop, decided.fault or Trouble.INVALID)
        return loops.decide(self._loop, decided.decision)

    async def _decide(self, job: ActJob, messages: Sequence[Message], manner: Manner) -> Decided:
        try:
            asked = await ask(self._ask.llm, job, Decision, agent=self._agent, manner=manner, messages=messages)
        except BrokenReply as error:
            return Decided(decision=None, fault=Trouble.INVALID, spoken=Spoken(usage=error.usage))
        except CutReply as error:
            return Decided(decision=None, fault=Trouble.RUNAWAY, spoken=Spoken(usage=error.usage))
        return Decided(decision=asked[0], fault=None, spoken=asked[1])

    async def _act(self) -> Loop:
        left = self._kind.budget.max_tool_calls - self._toolbox.calls
        calls = self._loop.calls[: max(0, left)]
        if not calls:
            return loops.stop(self._loop, f"the budget of {self._kind.budget.max_tool_calls} tool calls is used up")
        self._outcomes = await self._toolbox.call(calls, self._loop.turns, self._loop.tools)
        seen = [Observed(call=call, text="") for call in calls]
        return loops.act(self._loop, seen)

    async def _observe(self) -> Loop:
        """Look for quotes in what is new; the model reads these instead of whole passages."""
        before = len(self._evidence)
        fresh = unseen((piece for outcome in self._outcomes for piece in outcome.passages), self._seen)
        self._seen += fresh
        await self._quote(fresh)
        self._take_over()
        calls = [seen.call for seen in self._loop.turns[-1].seen]
        seen = [
            Observed(
                call=call,
                ok=outcome.ok,
                text=self._told(outcome, before),
                digest=self._toolbox.known[call.key].digest if call.key in self._toolbox.known else digest_of(outcome),
            )
            for call, outcome in zip(calls, self._outcomes, strict=True)
        ]
        told = [one for one, outcome in zip(seen, self._outcomes, strict=True) if outcome.ok and not outcome.passages]
        news = {one.digest for one in told} - self._digests
        self._digests |= {one.digest for one in seen}
        return loops.observe(self._loop, seen, len(self._evidence) - before + len(news))

    async def _reflect(self) -> Loop:
        self._bench.supervisor.account(self._task.agent_id, self.spent())
        if self._task.thoughts == 0 or (self._task.until_found and self._evidence):
            return loops.finish(self._loop)
        exceeded = self.spent().exceeds(self._kind.budget) or self._bench.supervisor.exceeded()
        if exceeded is None and self._loop.thoughts >= self._task.thoughts:
            return loops.finish(self._loop)
        loop = loops.reflect(
            self._loop,
            exceeded=exceeded,
            may_delegate=DELEGATE in self._loop.tools,
            may_hand_over=self._helpers.successor is not None,
        )
        intervention = loop.turns[-1].intervention
        if intervention is not None and loop.ended_by is None:
            await self._bench.supervisor.steer(self._task.agent_id, intervention)
        return loop

    async def _conclude(self) -> None:
        """Say why it stopped, and let another go on where that may help."""
        ended = self._loop.ended_by
        self._bench.supervisor.account(self._task.agent_id, self.spent())
        if ended is None:
            return
        await self._bench.supervisor.steer(self._task.agent_id, ended)
        successor = self._helpers.successor if ended.remedy is Remedy.HAND_OVER else None
        if successor is not None:
            await self._helpers.give(successor, self._task.question, "successor")

    async def _quote(self, passages: list[Passage]) -> None:
        most = self._room(None)
        if not passages or most is None:
            return
        label = f"Reading {len(passages)} passages"
        await self._emit(StepStarted(agent_id=self._task.agent_id, step="read", label=label))
        job = FindEvidenceJob(
            question=self._task.question, main_question=self._task.main_question, passages=passages, limit=QUOTES
        )
        manner = Manner(max_tokens=min(most, Manner().max_tokens), seed=self._bench.seed)

        async def read(job: FindEvidenceJob) -> Quoted:
            return await quote(self._ask, job, agent=self._agent, manner=manner)

        quoted = await self._once(f"read-{len(self._loop.turns)}", read, job, Quoted)
        self._spend(quoted.spoken)
        placed = place(self._task, passages, quoted.quotes, first=len(self._evidence) + 1)
        self._lost += len(quoted.quotes) - len(placed)
        self._evidence += placed

    def _told(self, outcome: Outcome, before: int) -> str:
        if not outcome.passages:
            return outcome.text or outcome.summary
        places = {(piece.sha256, piece.start, piece.end) for piece in outcome.passages}
        quotes = [
            f'[{piece.id}] {piece.passage.title}: "{piece.quote}"'
            for piece in self._evidence[before:]
            if (piece.passage.sha256, piece.passage.start, piece.passage.end) in places
        ]
        return "\n".join(quotes) or told_of_nothing(outcome.summary)

    def _take_over(self) -> None:
        self._evidence += self._helpers.evidence(len(self._evidence) + 1)

    def _spend(self, spoken: Spoken) -> None:
        self._spoken += spoken
        self._bench.supervisor.account(self._task.agent_id, self.spent())

    def _room(self, wanted: int | None) -> int | None:
        """Return how many tokens a reply may have; None when the budgets have none left."""
        used = self._spoken.usage
        own = self._kind.budget.max_tokens - used.prompt_tokens - used.completion_tokens
        left = min(own, self._bench.supervisor.tokens_left)
        return None if left < _LEAST else min(left, wanted or left)

    async def _once(self, name: str, fn: Callable[[I], Awaitable[O]], given: I, returns: type[O]) -> O:
        return await self._bench.context.once(f"{self._task.agent_id}/{name}", fn, given, returns=returns)

    def _summary(self) -> str:
        lost = f", {self._lost} dropped that no document contains" if self._lost else ""
        return f"{counted(len(self._evidence), 'quote')}{lost}"

    async def _emit(self, event: AgentStarted | AgentFinished | StepStarted) -> None:
        await self._bench.context.emit(event)


def told_of_nothing(summary: str) -> str:
    """Return what an agent reads of passages in which no quote was found."""
    return f"{summary}; nothing in it that answers the task and was not known"
