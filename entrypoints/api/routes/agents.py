"""The colony's members."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.agents import Agent
from rookery.domain.errors import NotFound
from rookery.entrypoints.api.colony import IdempotencyKey, TheConductor, TheContainer, accept
from rookery.entrypoints.api.paging import Cursor, Limit, page_of
from rookery.entrypoints.api.schemas import Accepted, AgentTask, Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/agents", tags=["agents"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_agents(container: TheContainer, limit: Limit = 200, cursor: Cursor = None) -> Page[Agent]:
    """List the agents, by id."""
    return page_of(container.agents().values(), lambda agent: (agent.id,), limit=limit, cursor=cursor)


@router.post("/{agent_id}/runs", status_code=202, dependencies=[needs(Scope.RUN)])
async def run_agent(
    agent_id: str,
    task: AgentTask,
    container: TheContainer,
    conductor: TheConductor,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Give one agent a task of its own. A second request with the same `Idempotency-Key` returns the first run."""
    if agent_id not in container.agents():
        raise NotFound(f"there is no agent {agent_id!r}; `GET /v1/agents` lists them")
    return await accept(task.request(agent_id), container, conductor, idempotency_key=idempotency_key)
