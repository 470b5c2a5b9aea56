"""Noting something for later runs."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from rookery.application.memory.agents import AgentMemory
from rookery.domain.frozen import Frozen
from rookery.domain.ports.tool import Outcome, Scope, Tool


class Note(Frozen):
    """What to remember."""

    text: str = Field(min_length=1, max_length=2000)
    tags: list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] = Field(default=[], max_length=10)


class NoteMemory(Tool):
    """Remembers something. What a stranger's page put there would speak in every later run: it needs approval."""

    name = "note_memory"
    description = "remember something for later runs, in a sentence that can stand alone"
    effect: Literal["read", "write"] = "write"
    arguments: type[BaseModel] = Note

    def __init__(self, memory: AgentMemory) -> None:
        self._memory = memory

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        note = Note.model_validate(arguments.model_dump())
        held = await self._memory.keep(scope.agent, scope.namespace, scope.run_id, text=note.text, tags=note.tags)
        return Outcome(summary="noted", text=f"Noted as {held.id}.", untrusted=False)
