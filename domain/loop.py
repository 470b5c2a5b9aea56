"""How an agent reasons: think, act, observe, reflect, and in the end answer. A state machine without any I/O.

    THINK ──a decision──▶ ACT ──what the tools gave──▶ OBSERVE ──new quotes──▶ REFLECT ──▶ THINK
      │                                                                           │
      ├──no decision─────────────────────────────────────────────────────────────▶│
      └──`finish`──▶ ANSWER ◀────────the supervisor, or the budget────────────────┘

Each move returns a new state. The supervisor's rules are in `supervision`.
"""

from collections.abc import Sequence
from enum import StrEnum

from rookery.domain.actions import Decision, Observed, ToolCall, Turn
from rookery.domain.agents import Budget
from rookery.domain.frozen import Frozen
from rookery.domain.interventions import Intervention, Remedy, Trouble
from rookery.domain.supervision import Means, judge

WARM = 0.7
"""The temperature of a model that repeats itself or gives nothing valid at 0."""


class Phase(StrEnum):
    """What an agent is at."""

    THINK = "think"
    ACT = "act"
    OBSERVE = "observe"
    REFLECT = "reflect"
    ANSWER = "answer"


class Spent(Frozen):
    """What an agent has used up of its budget."""

    steps: int = 0
    tokens: int = 0
    tool_calls: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        """Return what two have spent together, in the time of the first, who waits for the other."""
        return Spent(
            steps=self.steps + other.steps,
            tokens=self.tokens + other.tokens,
            tool_calls=self.tool_calls + other.tool_calls,
            seconds=self.seconds,
        )

    def exceeds(self, budget: Budget) -> str | None:
        """Return which limit is reached, in words; None while none is."""
        limits = {
            f"{budget.max_steps} steps": self.steps >= budget.max_steps,
            f"{budget.max_tokens} tokens": self.tokens >= budget.max_tokens,
            f"{budget.max_tool_calls} tool calls": self.tool_calls >= budget.max_tool_calls,
            f"{budget.max_seconds:g} seconds": self.seconds >= budget.max_seconds,
        }
        return next((limit for limit, reached in limits.items() if reached), None)


class Loop(Frozen):
    """Where an agent is in its work.

    Attributes:
        turns: its rounds so far; the last one is not complete before it was reflected on.
        opened: how many rounds were made by rule: one, or none.
        calls: what is to be called in ACT.
        tools: what it may still call.
        short: whether its replies are held short.
        ended_by: why it stopped before it was done; null when it finished by itself.
    """

    phase: Phase
    turns: list[Turn] = []
    opened: int = 0
    calls: list[ToolCall] = []
    tools: list[str]
    temperature: float = 0.0
    short: bool = False
    ended_by: Intervention | None = None

    @property
    def thoughts(self) -> int:
        """How often it has thought."""
        return len(self.turns) - self.opened


def begin(tools: Sequence[str], opening: Sequence[ToolCall] = ()) -> Loop:
    """Return the state of an agent that has done nothing yet; `opening` is called by rule, before it thinks."""
    phase = Phase.ACT if opening else Phase.THINK
    turns = [Turn()] if opening else []
    return Loop(phase=phase, turns=turns, opened=len(turns), calls=list(opening), tools=list(tools))


def decide(loop: Loop, decision: Decision) -> Loop:
    """Take a decision. What it may not call is left for ACT to refuse, so that the model learns of it."""
    _require(loop, Phase.THINK)
    turns = [*loop.turns, Turn(decision=decision)]
    phase = Phase.ACT if decision.work else Phase.ANSWER
    return loop.model_copy(update={"phase": phase, "turns": turns, "calls": decision.work})


def stumble(loop: Loop, fault: Trouble) -> Loop:
    """Note that the model gave no decision."""
    _require(loop, Phase.THINK)
    return loop.model_copy(update={"phase": Phase.REFLECT, "turns": [*loop.turns, Turn(fault=fault)]})


def act(loop: Loop, seen: Sequence[Observed]) -> Loop:
    """Note what the calls came to."""
    _require(loop, Phase.ACT)
    return _last(loop, seen=list(seen)).model_copy(update={"phase": Phase.OBSERVE, "calls": []})


def observe(loop: Loop, seen: Sequence[Observed], new: int) -> Loop:
    """Note what was found in it: `seen` is what the model will read, `new` the number of new quotes."""
    _require(loop, Phase.OBSERVE)
    return _last(loop, seen=list(seen), new=new).model_copy(update={"phase": Phase.REFLECT})


def reflect(loop: Loop, *, exceeded: str | None, may_delegate: bool = False, may_hand_over: bool = False) -> Loop:
    """Let the supervisor look at the round: the agent thinks again, otherwise than before, or answers.

    Args:
        loop: after a round.
        exceeded: which limit of a budget is reached, in words.
        may_delegate: whether it can give a part of its task to another agent.
        may_hand_over: whether another agent can take its task over.
    """
    _require(loop, Phase.REFLECT)
    if exceeded is not None:
        return stop(loop, f"the budget of {exceeded} is used up")
    means = Means(
        tools=loop.tools, temperature=loop.temperature, may_delegate=may_delegate, may_hand_over=may_hand_over
    )
    intervention = judge(loop.turns, means)
    return loop.model_copy(update={"phase": Phase.THINK}) if intervention is None else _intervened(loop, intervention)


def finish(loop: Loop) -> Loop:
    """Have it answer now; it was not asked whether it is done."""
    return loop.model_copy(update={"phase": Phase.ANSWER})


def stop(loop: Loop, reason: str) -> Loop:
    """End the work for want of means, wherever it is."""
    ended = Intervention(trouble=Trouble.BUDGET, reason=reason, remedy=Remedy.STOP)
    return loop.model_copy(update={"phase": Phase.ANSWER, "calls": [], "ended_by": ended})


def _intervened(loop: Loop, intervention: Intervention) -> Loop:
    loop = _last(loop, intervention=intervention)
    changes: dict[str, object] = {"phase": Phase.THINK}
    match intervention.remedy:
        case Remedy.STOP | Remedy.HAND_OVER:
            changes = {"phase": Phase.ANSWER, "ended_by": intervention}
        case Remedy.SWITCH_TOOL:
            changes["tools"] = [name for name in loop.tools if name != intervention.tool]
        case Remedy.RAISE_TEMPERATURE:
            changes["temperature"] = WARM
        case Remedy.LOWER_TEMPERATURE:
            changes["temperature"] = 0.0
        case Remedy.SHORTEN:
            changes["short"] = True
        case Remedy.REPHRASE if intervention.trouble is Trouble.STALL:
            changes["temperature"] = WARM
    return loop.model_copy(update=changes)


def _last(loop: Loop, **changes: object) -> Loop:
    turn = loop.turns[-1].model_copy(update=changes)
    return loop.model_copy(update={"turns": [*loop.turns[:-1], turn]})


def _require(loop: Loop, phase: Phase) -> None:
    if loop.phase is not phase:
        raise ValueError(f"an agent that is to {loop.phase} cannot be asked to {phase}")
