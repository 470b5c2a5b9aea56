"""Agents and the budgets that bound their work."""

from typing import Literal

from pydantic import Field

from rookery.domain.frozen import Frozen


class Budget(Frozen):
    """What a run or an agent may use up at most. Enforced by the workflow."""

    max_steps: int = Field(default=50, ge=1, description="decisions of its agents together")
    max_tokens: int = Field(default=200_000, ge=1, description="prompt and completion tokens together")
    max_seconds: float = Field(default=600.0, gt=0, description="while no person is waited for")
    max_tool_calls: int = Field(default=100, ge=1, description="of all tools together")


class Agent(Frozen):
    """A member of the colony: what it is for and what it may use."""

    id: str
    role: str
    goal: str
    tools: list[str] = []
    priority: int = Field(default=0, description="of what it remembers, when memories of one slot collide")
    memory: Literal["shared", "private"] = Field(
        default="shared", description="whether it writes to the namespace of the run or to its own within it"
    )
    model: str | None = Field(default=None, description="null: the model of the run")
    lora: str | None = Field(
        default=None, description="a LoRA adapter of the model, by the name it has in the settings"
    )
    budget: Budget = Budget()
    works_alone: bool = Field(default=True, description="whether it can be given a task of its own")


class Lineup(Frozen):
    """Who takes part in a run.

    Attributes:
        agents: by id.
        lent: tools that reach beyond the documents: the researcher has them unless a request names its sources.
    """

    agents: dict[str, Agent]
    lent: list[str] = []
