"""The shelf of adapters that were trained here."""

from pathlib import Path
from typing import Protocol

from rookery.domain.tuning import TunedAdapter


class AdapterShelfPort(Protocol):
    """Keeps adapters, accepted ones and refused ones, and which agent uses which."""

    def draft(self) -> Path:
        """Return where a new adapter can be written; what lies there is on the shelf only after `put`."""
        ...

    def put(self, adapter: TunedAdapter) -> TunedAdapter:
        """Take the file at `adapter.path` onto the shelf; return the adapter with its place and its digest.

        Raises:
            StorageError: it cannot be written.
        """
        ...

    def all(self) -> list[TunedAdapter]:
        """Return all adapters, oldest first.

        Raises:
            StoreDamaged: what is there cannot be read.
        """
        ...

    def used(self) -> dict[str, TunedAdapter]:
        """Return the adapters that are in use, by agent.

        Raises:
            StoreDamaged: what is there cannot be read, or an adapter is not what was put there.
        """
        ...

    def use(self, agent: str, adapter_id: str | None) -> None:
        """Let an agent use an adapter; None: none.

        Raises:
            StorageError: it cannot be written.
        """
        ...
