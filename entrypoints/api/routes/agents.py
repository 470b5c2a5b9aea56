"""The colony's members."""

from fastapi import APIRouter

from rookery.domain.access import Scope
from rookery.domain.agents import Agent
from rookery.entrypoints.api import dummy
from rookery.entrypoints.api.schemas import Accepted, AgentTask, Page
from rookery.entrypoints.api.security import needs

router = APIRouter(prefix="/v1/agents", tags=["agents"])


@router.get("", dependencies=[needs(Scope.READ)])
async def list_agents() -> Page[Agent]:
    """List the agents."""
    return Page(items=dummy.AGENTS)


@router.post("/{agent_id}/runs", status_code=202, dependencies=[needs(Scope.RUN)])
async def run_agent(agent_id: str, task: AgentTask) -> Accepted:
    """Give one agent a task of its own."""
    url = f"/v1/runs/{dummy.RUN_ID}"
    return Accepted(task_id=dummy.RUN_ID, events_url=f"{url}/events", result_url=url)
