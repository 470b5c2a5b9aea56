"""How this machine stands with the others, for the API and the command line."""

import asyncio
from collections.abc import Callable

from rookery.domain.errors import AdapterError, Conflict
from rookery.domain.sync import SyncReport, SyncState
from rookery.entrypoints.container import Container


async def sync_state(container: Container) -> SyncState | None:
    """Return it; None when no store is set to sync with. Nothing is asked of the store."""
    settings = container.settings().sync
    if settings.store is None:
        return None
    standing = await container.sync_ledger().load(container.remote())
    end = await container.journal().end()
    return SyncState(
        store=settings.store,
        encrypted=settings.identity is not None,
        device=standing.device if standing else None,
        synced_at=standing.synced_at if standing else None,
        waiting=end - standing.sent if standing else end,
        devices=len(standing.received) if standing else 0,
    )


async def watching(
    container: Container, show: Callable[[SyncReport | str], None], *, interval: float | None = None
) -> None:
    """Sync again and again, until the task is cancelled. What fails is told, and tried again after a longer wait.

    Args:
        container: whose memories are exchanged.
        show: told each report, and each failure in words.
        interval: seconds between two exchanges; default: as the settings say.
    """
    pause = interval or container.settings().sync.interval_seconds
    failures = 0
    while True:
        try:
            show(await container.sync_memories()())
            failures = 0
        except (AdapterError, Conflict) as error:
            failures += 1
            show(f"{error} (tried again in {_wait(pause, failures):.0f} s)")
        await asyncio.sleep(_wait(pause, failures))


def _wait(pause: float, failures: int) -> float:
    return float(min(pause * 2**failures, max(pause, 600.0)))
