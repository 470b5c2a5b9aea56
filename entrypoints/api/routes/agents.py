"""The colony's members."""

from typing import Annotated

from fastapi import APIRouter, Header

from rookery.domain.access import Scope
from rookery.domain.agents import Agent
from rookery.domain.errors import NotFound
from rookery.entrypoints.api.colony import TheConductor, TheContainer, accept
from rookery.entrypoints.api.schemas import Accepted, AgentTask, Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/agents", tags=["agents"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_agents(container: TheContainer) -> Page[Agent]:
    """List the agents."""
    return Page(items=list(container.agents().values()))


@router.post("/{agent_id}/runs", status_code=202, dependencies=[needs(Scope.RUN)])
async def run_agent(
    agent_id: str,
    task: AgentTask,
    container: TheContainer,
    conductor: TheConductor,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Accepted:
    """Give one agent a task of its own. A second request with the same `Idempotency-Key` returns the first run."""
    if agent_id not in container.agents():
        raise NotFound(f"there is no agent {agent_id!r}; `GET /v1/agents` lists them")
    return await accept(task.request(agent_id), container, conductor, idempotency_key=idempotency_key)
