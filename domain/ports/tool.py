"""What agents can do."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import BaseModel, Field

from rookery.domain.agents import Agent
from rookery.domain.frozen import Frozen
from rookery.domain.provenance import Origin
from rookery.domain.sources import Document, Passage


class Need(StrEnum):
    """What a tool reaches outside of the process. Working offline closes the network to all of them."""

    NETWORK = "network"
    FILES = "files"
    PROGRAM = "program"
    """Another program, which may reach whatever it likes."""


class Limits(Frozen):
    """What one call may take. Enforced by who calls the tool."""

    seconds: float = Field(default=60.0, gt=0)
    characters: int = Field(default=2000, ge=1, description="of the text that a model reads; what is cut off is said")


class Scope(Frozen):
    """For whom and within which bounds a tool works."""

    run_id: str
    agent: Agent
    namespace: str
    snapshots: list[str] | None = None
    """Digests of the documents that count; None: all of the namespace."""
    passages: int = 10
    """At most, in what is returned."""
    key: str = ""
    """Of this call, and of it again after a crash; of no other call. A `write` happens once for each key."""


class Outcome(Frozen):
    """What a tool gave.

    Attributes:
        summary: one line for people.
        passages: ranges of stored snapshots, in which quotes are looked for.
        text: what the model reads where there are no passages.
        untrusted: whether somebody else than the agent and its person had a part in it.
        origins: where it came from, where the passages do not say so.
    """

    ok: bool = True
    summary: str
    passages: list[Passage] = []
    text: str = ""
    untrusted: bool = True
    origins: list[Origin] = []


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

    @property
    def needs(self) -> frozenset[Need]:
        """What it reaches; nothing, unless it says so."""
        return frozenset()

    @property
    def limits(self) -> Limits:
        """What one call may take."""
        return Limits()

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        """Do it and return what was observed.

        Raises:
            ToolError, SourceError, OutsideSandbox, StorageError, VectorStoreError: it could not be done; the agent is
                told.
        """
        ...


class Capture(Protocol):
    """Keeps what a tool has read, so that it can be cited."""

    async def __call__(self, documents: Sequence[Document], query: str, *, limit: int) -> list[Passage]:
        """Store each document as a snapshot, without credentials, and return the passages that suit `query` best.

        At most `limit`, best first; for an empty query, the first ones in the order of the text.

        Raises:
            StorageError: the snapshots cannot be written.
        """
        ...


class ToolSource(Protocol):
    """What has tools to offer that are known only once it is asked, such as a server."""

    @property
    def name(self) -> str: ...

    async def tools(self) -> list[Tool]:
        """Return its tools; their names begin with the name of the source and a dot.

        Raises:
            ToolError: it cannot be reached, or all of its tools are blocked; the run goes on without it, and says so.
        """
        ...

    @property
    def notices(self) -> list[str]:
        """What a person should know of the last look at the tools: which of them are blocked, and what to do."""
        return []

    async def close(self) -> None:
        """End the connection; the next look opens it again."""
        ...
