"""The colony's members."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.agents import Agent
from rookery.domain.errors import NotBuilt
from rookery.entrypoints.api.colony import TheContainer
from rookery.entrypoints.api.schemas import Accepted, AgentTask, Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/agents", tags=["agents"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_agents(container: TheContainer) -> Page[Agent]:
    """List the agents."""
    return Page(items=list(container.agents().values()))


@router.post("/{agent_id}/runs", status_code=202, dependencies=[needs(Scope.RUN)])
async def run_agent(agent_id: str, _: AgentTask) -> Accepted:
    """Give one agent a task of its own."""
    raise NotBuilt(f"this version cannot run {agent_id} alone; `POST /v1/research` runs the whole colony")
