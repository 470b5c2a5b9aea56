"""Waking those who follow runs, without each of them looking at the file again and again."""

import asyncio
from collections.abc import Iterable

from rookery.adapters.support.sqlite import Database
from rookery.domain.errors import RookeryError

_POLL_SECONDS = 0.2  # how soon what another process wrote is seen; what this one writes is seen at once


class RunPulses:
    """Wakes who waits for a run: at once for what this process wrote, soon for what another one did.

    While anybody waits, one task asks SQLite whether another process has written to the file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next: dict[str, asyncio.Event] = {}
        self._waiting = 0
        self._watch: asyncio.Task[None] | None = None

    def next(self, run_id: str) -> asyncio.Event:
        """Return what is set when something happens in a run. Take it before looking at what did."""
        return self._next.setdefault(run_id, asyncio.Event())

    def beat(self, run_ids: Iterable[str]) -> None:
        """Wake who waits for one of these runs."""
        for run_id in run_ids:
            if pulse := self._next.pop(run_id, None):
                pulse.set()

    async def wait(self, pulse: asyncio.Event) -> None:
        """Return once something may have happened."""
        self._waiting += 1
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._watch_file())
        try:
            await pulse.wait()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._watch.cancel()
                self._watch = None

    async def _watch_file(self) -> None:
        """`data_version` changes when another connection has written; at first it tells nothing, so that all look."""
        known: int | None = None
        while True:
            version = await self._version()
            if version is None or version != known:
                self.beat(list(self._next))
            known = version
            await asyncio.sleep(_POLL_SECONDS)

    async def _version(self) -> int | None:
        """Return SQLite's number, or None where it cannot be had: who waits looks for himself, and hears why."""
        try:
            return await self._database.run(
                lambda connection: int(connection.execute("PRAGMA data_version").fetchone()[0]), brief=True
            )
        except RookeryError:
            return None
