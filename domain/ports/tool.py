"""What agents can do."""

from typing import Literal, Protocol

from pydantic import BaseModel


class Tool(Protocol):
    """One ability of an agent. Its effect is declared: `write` needs approval."""

    @property
    def name(self) -> str: ...

    @property
    def effect(self) -> Literal["read", "write"]: ...

    @property
    def arguments(self) -> type[BaseModel]:
        """The model that binds what an agent may pass."""
        ...

    async def __call__(self, arguments: BaseModel) -> str:
        """Do it and return what was observed, as text."""
        ...
