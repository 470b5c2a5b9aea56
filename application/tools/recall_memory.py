"""Looking into memory."""

from typing import Literal

from pydantic import BaseModel

from rookery.application.memory.agents import AgentMemory
from rookery.application.tools.search_documents import Query
from rookery.domain.ports.tool import Outcome, Scope, Tool


class RecallMemory(Tool):
    """Finds what was learnt before."""

    name = "recall_memory"
    description = "find what was learnt in earlier runs"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Query

    def __init__(self, memory: AgentMemory) -> None:
        self._memory = memory

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        query = Query.model_validate(arguments.model_dump()).query
        recalled = await self._memory.recall(scope.agent, scope.namespace, query)
        found = f"{len(recalled.passages)} memories" if recalled.passages else "nothing recalled"
        return Outcome(summary="; ".join([found, *recalled.degraded]), passages=recalled.passages)
