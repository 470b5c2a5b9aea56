"""The store of what people corrected in answers."""

from typing import Protocol

from rookery.domain.tuning import Correction


class CorrectionStorePort(Protocol):
    """Keeps corrections. Safe to call concurrently and from several processes."""

    async def add(self, correction: Correction) -> None:
        """Store a correction; one of the same claim takes the place of the earlier one.

        Raises:
            StorageError: it cannot be written.
        """
        ...

    async def of_run(self, run_id: str) -> list[Correction]:
        """Return the corrections of a run, by claim; `[]` when there are none."""
        ...
