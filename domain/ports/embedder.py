"""The embedding model."""

from collections.abc import Sequence
from typing import Protocol


class EmbedderPort(Protocol):
    """Turns texts into vectors of one dimension and unit length. Safe to call concurrently."""

    @property
    def identity(self) -> str:
        """Name the model so that vectors of two models are never mixed: `name@digest`."""
        ...

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text, in order; `[]` for no text. Texts beyond the model's window are cut by it.

        Raises:
            EmbedderError: the model cannot be loaded or run.
        """
        ...
