"""The supervisor keeps a run within its budget, steps in where an agent goes astray, and says aloud what it did."""

from collections.abc import Sequence

from rookery.application.agents.coordinator import Emit
from rookery.application.agents.deadlines import Deadlines
from rookery.application.agents.remarks import Remarked
from rookery.application.agents.roster import SUPERVISOR
from rookery.domain.agents import Budget
from rookery.domain.events import SupervisorIntervened
from rookery.domain.interventions import Intervention
from rookery.domain.loop import Spent
from rookery.domain.ports.clock import ClockPort

_AT_LEAST = 0.1
"""The share of its time that a resumed run has in any case: to read again what it did, and to write its answer."""


class Supervisor:
    """Counts what the agents of one run spend.

    Args:
        budget: of the run.
        clock: tells the time.
        emit: tells what happens.
        deadlines: know for how long persons were waited for.
        worked: seconds for which the run has worked before it was resumed.

    Attributes:
        notes: what the reader of the answer is told.
        hindered: whether an agent was stopped, or could not do its work as it should.
    """

    def __init__(
        self, budget: Budget, clock: ClockPort, emit: Emit, deadlines: Deadlines | None = None, *, worked: float = 0.0
    ) -> None:
        longest = max(budget.max_seconds, worked + _AT_LEAST * budget.max_seconds)
        self._budget = budget.model_copy(update={"max_seconds": longest})
        self._clock = clock
        self._emit = emit
        self._deadlines = deadlines or Deadlines(clock)
        self._began = clock.monotonic() - worked
        self._accounts: dict[str, Spent] = {}
        self._admitted = 0
        self.notes: list[str] = []
        self.hindered = False
        self._noticed: set[str] = set()

    @property
    def seconds(self) -> float:
        """How long the run has worked, without what a person made it wait."""
        return self._clock.monotonic() - self._began - self._deadlines.waited

    @property
    def seconds_left(self) -> float:
        """What is left of the budget; never negative."""
        return max(0.0, self._budget.max_seconds - self.seconds)

    @property
    def tokens_left(self) -> int:
        """What is left of the budget; never negative."""
        return max(0, self._budget.max_tokens - self.spent().tokens)

    @property
    def steps(self) -> int:
        """The steps of all agents."""
        return self.spent().steps

    def account(self, agent_id: str, spent: Spent) -> None:
        """Note what an agent has spent in all. To note the same twice changes nothing."""
        self._accounts[agent_id] = spent

    def settle(self, agent_id: str, spent: Spent) -> None:
        """Note what an agent has spent in all, together with those that it handed work to."""
        for helper in [known for known in self._accounts if known.startswith(f"{agent_id}.")]:
            del self._accounts[helper]
        self.account(agent_id, spent)

    def spent(self) -> Spent:
        """Return what all agents have spent; the seconds are those of the run."""
        accounts = self._accounts.values()
        return Spent(
            steps=max(self._admitted, sum(one.steps for one in accounts)),
            tokens=sum(one.tokens for one in accounts),
            tool_calls=sum(one.tool_calls for one in accounts),
            seconds=self.seconds,
        )

    def exceeded(self) -> str | None:
        """Return which limit of the run is reached, in words; None while none is."""
        return self.spent().exceeds(self._budget)

    async def admit(self, wanted: int) -> int:
        """Return how many of `wanted` researchers the budget allows; each takes a step and a tool call."""
        spent = self.spent()
        left = min(self._budget.max_steps - spent.steps, self._budget.max_tool_calls - spent.tool_calls)
        admitted = max(0, min(wanted, left)) if self.seconds_left > 0 and self.tokens_left > 0 else 0
        self._admitted = spent.steps + admitted
        if admitted < wanted:
            self.hindered = True
            await self.intervene(f"the budget allows {admitted} of {wanted} further researchers", "answer with less")
        return admitted

    async def intervene(self, reason: str, action: str, *, noted: bool = True) -> None:
        """Record why the course of the run changes."""
        if noted:
            self.notes.append(f"{reason[:1].upper()}{reason[1:]}: {action}.")
        await self._emit(SupervisorIntervened(agent_id=SUPERVISOR.id, reason=reason, action=action))

    async def steer(self, agent_id: str, intervention: Intervention) -> None:
        """Record that an agent is brought back to its work, or stopped. The reader is told of the latter."""
        ends = intervention.ends_work
        self.hindered = self.hindered or ends
        await self.intervene(f"{agent_id}: {intervention.reason}", intervention.remedy.value, noted=ends)

    def recall(self, done: Remarked) -> None:
        """Know what was noted while a part of the run was done, also when that was before the run was resumed."""
        self.notes += [note for note in done.remarks if note not in self.notes]
        self.hindered = self.hindered or done.hindered

    async def hinder(self, reason: str, action: str) -> None:
        """Record that something could not be done as it should."""
        self.hindered = True
        await self.intervene(reason, action)

    async def notice(self, degradation: str) -> None:
        """Say once that something degraded while the run went on."""
        if degradation not in self._noticed:
            self._noticed.add(degradation)
            await self.intervene(degradation, "go on")

    async def wait(self, notice: str) -> None:
        """Say once that a service is waited for."""
        if notice not in self._noticed:
            self._noticed.add(notice)
            await self.intervene(notice, "wait", noted=False)

    async def report(self, degradations: Sequence[str]) -> None:
        """Say which modes are degraded."""
        for degradation in degradations:
            await self.intervene(degradation, "go on without it")
