"""Who conducts which run, among those who could."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class RunClaimsPort(Protocol):
    """One conductor for each run. Safe to call concurrently."""

    def hold(self, run_id: str) -> AbstractAsyncContextManager[None]:
        """Hold a run within a block.

        Raises:
            Conflict: somebody else has it, or has taken it meanwhile.
            StorageError: it cannot be told.
        """
        ...

    async def held(self, run_id: str) -> bool:
        """Return whether somebody else has the run, as far as can be seen."""
        ...
