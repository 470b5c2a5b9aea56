"""The supervisor keeps a run within its budget and says aloud when it runs in a degraded mode."""

from collections.abc import Sequence

from rookery.application.agents.coordinator import Emit
from rookery.application.agents.roster import SUPERVISOR
from rookery.domain.agents import Budget
from rookery.domain.events import SupervisorIntervened
from rookery.domain.ports.clock import ClockPort


class Supervisor:
    """Counts steps and seconds of one run."""

    def __init__(self, budget: Budget, clock: ClockPort, emit: Emit) -> None:
        self._budget = budget
        self._clock = clock
        self._emit = emit
        self._began = clock.monotonic()
        self.steps = 0
        self.notes: list[str] = []
        self._noticed: set[str] = set()

    @property
    def seconds(self) -> float:
        """How long the run has worked, in this process."""
        return self._clock.monotonic() - self._began

    @property
    def seconds_left(self) -> float:
        """What is left of the budget; never negative."""
        return max(0.0, self._budget.max_seconds - self.seconds)

    async def admit(self, wanted: int) -> int:
        """Return how many of `wanted` researchers the budget still allows, and count them as steps.

        Each takes one step and one tool call.
        """
        limit = min(self._budget.max_steps, self._budget.max_tool_calls)
        admitted = max(0, min(wanted, limit - self.steps)) if self.seconds_left > 0 else 0
        self.steps += admitted
        if admitted < wanted:
            await self.intervene(f"the budget allows {admitted} of {wanted} further researchers", "answer with less")
        return admitted

    async def intervene(self, reason: str, action: str) -> None:
        """Record why the course of the run changes."""
        self.notes.append(f"{reason[:1].upper()}{reason[1:]}: {action}.")
        await self._emit(SupervisorIntervened(agent_id=SUPERVISOR.id, reason=reason, action=action))

    async def notice(self, degradation: str) -> None:
        """Say once that something degraded while the run went on."""
        if degradation not in self._noticed:
            self._noticed.add(degradation)
            await self.intervene(degradation, "go on")

    async def report(self, degradations: Sequence[str]) -> None:
        """Say which modes are degraded."""
        for degradation in degradations:
            await self.intervene(degradation, "go on without it")
