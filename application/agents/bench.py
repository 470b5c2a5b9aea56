"""What the agents of one run work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rookery.application.agents.deadlines import Deadlines
from rookery.application.agents.supervisor import Supervisor
from rookery.application.approving import ApprovalGate
from rookery.application.asking import Asker
from rookery.domain.agents import Agent
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.orchestrator import WorkflowContext
from rookery.domain.ports.tool import Tool


@dataclass(frozen=True)
class Bench:
    """Shared by all agents of a run.

    `asker` returns who puts an agent's jobs to its model. `agents` can be delegated to, by id. `gate` lets side effects
    pass, or does not. `seed` is that of the run.
    """

    asker: Callable[[Agent], Asker]
    tools: Mapping[str, Tool]
    agents: Mapping[str, Agent]
    supervisor: Supervisor
    context: WorkflowContext
    clock: ClockPort
    gate: ApprovalGate
    deadlines: Deadlines
    seed: int = 0
