"""One conductor for each run, among all processes that share a home."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rookery.domain.errors import Conflict
from rookery.domain.ports.run_claims import RunClaimsPort

if TYPE_CHECKING:
    from filelock import BaseFileLock

_TRIES = 10  # whoever asks whether a run is at work holds its lock for an instant
_PAUSE_SECONDS = 0.02


class RunLocks(RunClaimsPort):
    """A lock file for each run.

    The operating system drops a lock when its process ends, however it ends, so an interrupted run can be told from a
    running one and be resumed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def hold(self, run_id: str) -> AsyncIterator[None]:
        """Hold the lock of a run.

        Raises:
            Conflict: somebody else holds it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = self._lock(run_id)
        await _acquire(lock, run_id)
        try:
            yield
        finally:
            lock.release()

    async def held(self, run_id: str) -> bool:
        """Return whether somebody, in this process or another, holds the lock of a run."""
        from filelock import Timeout

        if not self._path(run_id).exists():
            return False
        try:
            with self._lock(run_id).acquire(blocking=False):
                return False
        except Timeout:
            return True

    def _path(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.lock"

    def _lock(self, run_id: str) -> "BaseFileLock":
        from filelock import FileLock

        return FileLock(self._path(run_id), thread_local=False)


async def _acquire(lock: "BaseFileLock", run_id: str) -> None:
    from filelock import Timeout

    for left in reversed(range(_TRIES)):
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            if not left:
                raise Conflict(
                    f"run {run_id} is being run by another process; follow it with `rookery runs show`"
                ) from error
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return
