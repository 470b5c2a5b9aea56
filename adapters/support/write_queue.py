"""Writes of many callers in one transaction, in the order in which they came: a group commit."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from rookery.adapters.support.sqlite import Database

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]


class _Write(NamedTuple):
    work: Work
    done: "asyncio.Future[Any] | None"


class WriteQueue:
    """Whatever comes while a transaction is written goes into the next one, so that a commit serves all who wait.

    A write that fails takes none of the others with it.

    Args:
        database: where to write.
        after: is called when something was written.
        lost: is called when a whole transaction failed: what its works believed to be stored is not.
    """

    def __init__(self, database: Database, *, after: Callable[[], None], lost: Callable[[], None]) -> None:
        self._database = database
        self._after = after
        self._lost = lost
        self._waiting: deque[_Write] = deque()
        self._failure: BaseException | None = None
        self._flusher: asyncio.Task[None] | None = None

    async def put(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Write, and return what `work` returns when it and all that came before is durable.

        Raises:
            whatever `work` raises, and what an earlier write raised that nobody waited for.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._add(_Write(work, done))
        result = await done
        self._raise_failure()
        return result

    def post(self, work: Work) -> None:
        """Write soon, before anything that comes after it."""
        self._add(_Write(work, None))

    async def settle(self) -> None:
        """Wait until all that came is durable. Raises what an earlier write raised that nobody waited for."""
        while self._waiting or (self._flusher is not None and not self._flusher.done()):
            await self.put(lambda _: None)
        self._raise_failure()

    def drain(self) -> None:
        """Write at once what waits; for the end of a process, when no event loop runs any more.

        Raises what a write raised that nobody waited for.
        """
        if self._waiting:
            results = self._database.run_now(lambda connection: self._write_all(connection, self._taken()))
            failures = [result.error for result in results if isinstance(result, _Failed)]
            self._failure = self._failure or next(iter(failures), None)
        self._raise_failure()

    def _add(self, write: _Write) -> None:
        self._waiting.append(write)
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        while self._waiting:
            batch: list[_Write] = []

            def write(connection: sqlite3.Connection, batch: list[_Write] = batch) -> list[Any]:
                batch += self._taken()
                return self._write_all(connection, batch)

            try:
                results = await self._database.run(write)
            except Exception as error:
                self._lost()
                batch = batch or self._taken()
                results = [_Failed(error)] * len(batch)
            for one, result in zip(batch, results, strict=True):
                self._tell(one, result)
            self._after()

    def _write_all(self, connection: sqlite3.Connection, batch: Iterable[_Write]) -> list[Any]:
        connection.execute("BEGIN IMMEDIATE")
        return [self._write_one(connection, one.work) for one in batch]

    def _write_one(self, connection: sqlite3.Connection, work: Work) -> Any:
        connection.execute("SAVEPOINT one")
        try:
            with self._database.translating():
                result = work(connection)
        except Exception as error:
            connection.execute("ROLLBACK TO one")
            result = _Failed(error)
        connection.execute("RELEASE one")
        return result

    def _taken(self) -> list[_Write]:
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def _tell(self, write: _Write, result: Any) -> None:
        failure = result.error if isinstance(result, _Failed) else None
        if write.done is None:
            self._failure = self._failure or failure
        elif write.done.cancelled():
            return
        elif failure is None:
            write.done.set_result(result)
        else:
            write.done.set_exception(failure)

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure


class _Failed(NamedTuple):
    error: BaseException
