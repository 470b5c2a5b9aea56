"""What agents can do."""

from typing import Literal, Protocol

from pydantic import BaseModel

from rookery.domain.agents import Agent
from rookery.domain.frozen import Frozen
from rookery.domain.sources import Passage


class Scope(Frozen):
    """For whom and within which bounds a tool works."""

    run_id: str
    agent: Agent
    namespace: str
    snapshots: list[str] | None = None
    """Digests of the documents that count; None: all of the namespace."""
    passages: int = 10
    """At most, in what is returned."""


class Outcome(Frozen):
    """What a tool gave.

    Attributes:
        summary: one line for people.
        passages: ranges of stored snapshots, in which quotes are looked for.
        text: what the model reads where there are no passages; untrusted.
    """

    ok: bool = True
    summary: str
    passages: list[Passage] = []
    text: str = ""


class Tool(Protocol):
    """One ability of agents. Its effect is declared: `write` needs approval. Safe to call concurrently."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str:
        """One sentence for the model: what it is good for."""
        ...

    @property
    def effect(self) -> Literal["read", "write"]: ...

    @property
    def arguments(self) -> type[BaseModel]:
        """The model that binds what an agent may pass."""
        ...

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        """Do it and return what was observed.

        Raises:
            ToolError, StorageError, VectorStoreError: it could not be done; the agent is told.
        """
        ...
