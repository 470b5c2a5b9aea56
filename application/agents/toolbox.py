"""Calling the tools that an agent decided for: checked, side by side, each once.

What changes something outside is done only when a person or the policy permits it.
"""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from pydantic import BaseModel, Field, ValidationError

from rookery.application.agents.bench import Bench
from rookery.application.agents.readings import Readings
from rookery.application.agents.roster import AGENTS
from rookery.application.approving import Wish
from rookery.domain.actions import Observed, ToolCall, ToolSpec, Turn
from rookery.domain.agents import Agent
from rookery.domain.errors import AdapterError, InvalidRequest, SourceError, ToolError
from rookery.domain.events import ToolCalled, ToolReturned
from rookery.domain.frozen import Frozen
from rookery.domain.ports.tool import Need, Outcome, Scope, Tool, ToolSource
from rookery.domain.redaction import redact, redact_all

DELEGATE = "delegate"
_LONGEST = 2000  # characters of a result that a model reads, unless a tool has other limits
_REACH_OUT = frozenset({Need.NETWORK, Need.PROGRAM})
_FAILURES = (AdapterError, SourceError, InvalidRequest)  # of a tool; the agent is told, and goes on


def spec_of(tool: Tool) -> ToolSpec:
    """Return a tool as a model sees it."""
    return ToolSpec(name=tool.name, description=tool.description, arguments=tool.arguments.model_json_schema())


def delegate_spec(agents: Sequence[Agent]) -> ToolSpec:
    """Return the tool by which a part of a task is handed to one of these agents."""
    schema = Handed.model_json_schema()
    schema["properties"]["agent"] = {"type": "string", "enum": [one.id for one in agents]}
    members = "; ".join(f"{one.id}: {one.goal}" for one in agents)
    return ToolSpec(
        name=DELEGATE, description=f"hand a part of the task to another agent ({members})", arguments=schema
    )


class Handed(Frozen):
    """A task for another agent."""

    task: str = Field(min_length=1, max_length=400)
    agent: str = Field(default="researcher", max_length=64)


class Delegation(Protocol):
    """Handing tasks to other agents."""

    @property
    def spec(self) -> ToolSpec: ...

    async def hand(self, call: ToolCall, place: str) -> Outcome:
        """Have another agent do it; `place` tells its work apart from others'."""
        ...


class Toolbox:
    """The tools of one agent.

    Args:
        bench: of the run.
        scope: for whom they work.
        delegation: hands a task to another agent; it is called like a tool.
        readings: what the agent has read; what it reads here is added.
    """

    def __init__(
        self, bench: Bench, scope: Scope, *, delegation: Delegation | None, readings: Readings | None = None
    ) -> None:
        self._bench = bench
        self._scope = scope
        self._readings = readings or Readings()
        self._tools: Mapping[str, Tool] = {name: bench.tools[name] for name in _named(scope.agent.tools, bench.tools)}
        self._delegation = delegation
        self.specs = [*map(spec_of, self._tools.values()), *([delegation.spec] if delegation else [])]
        self.failures: list[AdapterError] = []
        self.calls = 0
        self.known: dict[str, Observed] = {}
        self._learnt = 0

    async def call(self, calls: Sequence[ToolCall], turns: Sequence[Turn], allowed: Sequence[str]) -> list[Outcome]:
        """Return what each call came to, in order; one that was made before is not made again.

        Args:
            calls: to be made side by side.
            turns: what the agent did before.
            allowed: the tools that are open to it.
        """
        self._learn(turns)
        try:
            async with asyncio.TaskGroup() as group:
                places = [(call, f"{len(turns)}-{number}") for number, call in enumerate(calls, 1)]
                tasks = [group.create_task(self._one(call, place, allowed)) for call, place in places]
        except BaseExceptionGroup as errors:  # as one of them would, were there no others beside it
            raise errors.exceptions[0] from errors
        outcomes = [task.result() for task in tasks]
        for call, outcome in zip(calls, outcomes, strict=True):
            self._readings.take(call.tool, outcome)
        return outcomes

    async def _one(self, call: ToolCall, place: str, allowed: Sequence[str]) -> Outcome:
        fault = self._fault(call, allowed)
        if fault is not None:
            return Outcome(ok=False, summary=shortened(fault), text=shortened(fault), untrusted=False)
        if call.key in self.known:
            seen = "You made this call before; see above."
            return Outcome(summary="called before, and not again", text=seen, untrusted=False)
        self.calls += 1
        return await self._told(call, place)

    def _learn(self, turns: Sequence[Turn]) -> None:
        """Note what was called in rounds that came since the last time; the last one may not be complete yet."""
        for turn in turns[self._learnt :]:
            self.known |= {seen.call.key: seen for seen in turn.seen if seen.ok}
        self._learnt = max(0, len(turns) - 1)

    def _fault(self, call: ToolCall, allowed: Sequence[str]) -> str | None:
        if call.tool not in allowed:
            return f"there is no tool {call.tool!r} for you; there are: {', '.join(allowed) or 'none'}"
        arguments = Handed if call.tool == DELEGATE else self._tools[call.tool].arguments
        try:
            arguments.model_validate(call.arguments)
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}" for fault in error.errors()]
            return f"{call.tool} cannot be called like that: {'; '.join(faults)}"
        return None

    async def _told(self, asked: ToolCall, place: str) -> Outcome:
        call = asked.model_copy(update={"arguments": redact_all(asked.arguments)})
        agent_id = self._scope.agent.id
        call_id, name = f"{agent_id}-{place}-{call.tool}", f"{agent_id}/act-{place}"
        emit = self._bench.context.emit
        await emit(ToolCalled(agent_id=agent_id, call_id=call_id, tool=call.tool, arguments=call.arguments))
        began = self._bench.clock.monotonic()
        if self._delegation is not None and call.tool == DELEGATE:
            outcome = await self._delegation.hand(call, place)
        elif self._tools[call.tool].effect == "write" or self._composed(call):
            outcome = await self._bench.context.effect(name, self._permitted, call, returns=Outcome)
        else:
            outcome = await self._bench.context.once(name, self._made, call, returns=Outcome)
        seconds = self._bench.clock.monotonic() - began
        returned = {"call_id": call_id, "tool": call.tool, "ok": outcome.ok, "summary": outcome.summary}
        await emit(ToolReturned(agent_id=agent_id, seconds=seconds, **returned))
        return outcome

    def _composed(self, call: ToolCall) -> list[str]:
        """Return the addresses that a read would send out and that the agent made up; for a write nothing changes."""
        tool = self._tools[call.tool]
        reaches_out = tool.effect == "read" and not _REACH_OUT.isdisjoint(tool.needs)
        return self._readings.composed(call.arguments) if reaches_out else []

    async def _permitted(self, call: ToolCall, key: str) -> Outcome:
        """Do what changes something outside, once it is permitted; on doubt it is not done."""
        wish = Wish(
            run_id=self._scope.run_id,
            agent_id=self._scope.agent.id,
            call=call,
            key=key,
            origins=self._readings.origins,
            echoes=self._readings.echoed(call.arguments),
            composed=self._composed(call),
        )
        gate = self._bench.gate
        if not gate.grants(wish):
            with self._bench.deadlines.standing_still():
                refusal = await gate.ask(wish, self._bench.context)
            if refusal is not None:
                return Outcome(ok=False, summary=refusal, text=refusal, untrusted=False)
        return await self._made(call, key)

    async def _made(self, call: ToolCall, key: str = "") -> Outcome:
        tool = self._tools[call.tool]
        arguments: BaseModel = tool.arguments.model_validate(call.arguments)
        try:
            outcome = await self._in_time(tool, arguments, self._scope.model_copy(update={"key": key}))
        except _FAILURES as error:
            failure = error if isinstance(error, AdapterError) else ToolError(str(error))
            self.failures.append(failure)
            outcome = Outcome(ok=False, summary=str(error), text=str(error))
        summary, text = (
            redact(outcome.summary).text,
            redact(outcome.text).text,
        )  # whole: half a token is not known as one
        return outcome.model_copy(update={"summary": summary, "text": shortened(text, tool.limits.characters)})

    async def _in_time(self, tool: Tool, arguments: BaseModel, scope: Scope) -> Outcome:
        try:
            async with asyncio.timeout(tool.limits.seconds):
                return await tool(arguments, scope)
        except TimeoutError as error:
            unknown = "; whether it was done is not known, so look before you try again" if scope.key else ""
            raise ToolError(f"{tool.name} took longer than {tool.limits.seconds:g} seconds{unknown}") from error


def _named(wanted: Sequence[str], there: Mapping[str, Tool]) -> list[str]:
    """Return the tools that an agent has, in its order; `server.*` names all of a server."""
    found = [name for pattern in wanted for name in there if fnmatchcase(name, pattern)]
    return list(dict.fromkeys(found))


def lacking(agents: Mapping[str, Agent], there: Collection[str], sources: Sequence[ToolSource]) -> list[str]:
    """Return, for the person, which tools of agents are not there, nor can be asked for at one of the sources."""
    servers = tuple(f"{source.name}." for source in sources)
    known = {*there, DELEGATE, *(name for agent in AGENTS for name in agent.tools)}  # some of these are no tools
    return [
        f"{agent.id} has no tool {name} on the machine that conducts the run"
        for agent in agents.values()
        for name in agent.tools
        if name not in known and not name.startswith(servers)
    ]


def digest_of(outcome: Outcome) -> str:
    """Return what is the same for the same result."""
    told = outcome.text or "\0".join(f"{piece.sha256}:{piece.start}-{piece.end}" for piece in outcome.passages)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def shortened(text: str, most: int = _LONGEST) -> str:
    """Return what a model reads of a result; what is left out is said."""
    return text if len(text) <= most else f"{text[:most]}\n… ({len(text) - most} more characters)"
