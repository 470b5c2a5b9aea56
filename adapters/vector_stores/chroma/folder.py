"""One open Chroma folder, shared by all stores of the process that name it."""

import asyncio
import contextlib
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rookery.adapters.vector_stores.chroma.collections import Collections
from rookery.adapters.vector_stores.chroma.turns import Turns
from rookery.domain.errors import VectorStoreError

if TYPE_CHECKING:
    from chromadb.api.client import Client

T = TypeVar("T")

_opened: dict[Path, "Folder"] = {}
_opening = threading.Lock()


def folder_at(path: Path) -> "Folder":
    """Return the process's one `Folder` of that path: two would write over each other's index."""
    with _opening:
        return _opened.setdefault(path.resolve(), Folder(path.resolve()))


class Folder:
    """Runs calls on Chroma's collections in a thread of its own, one after another, in turn with other processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns = Turns(path)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chroma")
        self._client: Client | None = None
        self._collections: Collections | None = None
        self._writes_seen = 0

    async def read(self, call: Callable[[Collections], T]) -> T:
        """Return what the call returns.

        Raises:
            VectorStoreError: the folder is gone, broken or kept by another process, or Chroma fails.
        """
        return await self._work(partial(self._run, call, writes=False))

    async def write(self, call: Callable[[Collections], T]) -> T:
        """Like `read`; stores in other processes will load the index anew."""
        return await self._work(partial(self._run, call, writes=True))

    async def drop(self, collection: str) -> None:
        """Remove a collection, and from the disk the index that Chroma leaves there."""
        await self.write(partial(self._drop, collection))

    async def reset(self) -> None:
        """Remove what the folder holds, be it sound or broken; other processes find it empty at their next turn.

        Raises:
            VectorStoreError: the folder cannot be written, or another process keeps it.
        """
        await self._work(partial(self._translated, self._empty))

    async def close(self) -> None:
        """Let go of files and memory. The next call opens the folder again."""
        await self._work(self._let_go)

    async def _work(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, call)

    def _run(self, call: Callable[[Collections], T], *, writes: bool) -> T:
        return self._translated(partial(self._take_turn, call, writes=writes))

    def _translated(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except VectorStoreError:
            raise
        except sqlite3.OperationalError as error:
            raise VectorStoreError(f"the vectors in {self._path} cannot be locked: {error}", retryable=True) from error
        except OSError as error:
            raise VectorStoreError(f"the folder {self._path} cannot be used: {error}") from error
        except BaseException as error:  # a panic in Chroma's native part is not an Exception
            raise VectorStoreError(f"Chroma failed on {self._path}: {error}; {_REMEDY}") from error

    def _take_turn(self, call: Callable[[Collections], T], *, writes: bool) -> T:
        if self._client is None:
            self._path.mkdir(parents=True, exist_ok=True)
        elif not self._path.is_dir():
            raise self._removed()
        with self._turns.take() as count:
            collections = self._current(count)
            if writes:
                self._writes_seen = self._turns.announce_write()
            return call(collections)

    def _removed(self) -> VectorStoreError:
        return VectorStoreError(f"the vectors in {self._path} were removed while they were open; {_REMEDY}")

    def _current(self, count: int) -> Collections:
        """Return the open collections; a reset elsewhere raises the count, a person who removes files does not."""
        if self._client is not None and count <= self._writes_seen and not (self._path / "chroma.sqlite3").is_file():
            raise self._removed()
        if self._collections is not None and self._writes_seen == count:
            return self._collections
        self._close_client()
        self._client = _open(self._path)
        self._collections = Collections(self._client)
        self._writes_seen = count
        return self._collections

    def _drop(self, collection: str, collections: Collections) -> None:
        collections.drop(collection)
        with contextlib.suppress(sqlite3.Error):  # a Chroma that keeps its list elsewhere keeps the disk space too
            self._sweep()

    def _sweep(self) -> None:
        with closing(sqlite3.connect(self._path / "chroma.sqlite3")) as database:
            in_use = {str(segment) for (segment,) in database.execute("SELECT id FROM segments")}
        for entry in self._path.iterdir():
            if entry.is_dir() and _SEGMENT.fullmatch(entry.name) and entry.name not in in_use:
                shutil.rmtree(entry, ignore_errors=True)

    def _empty(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        self._turns.mend()
        with self._turns.take():
            self._turns.announce_write()
            with contextlib.suppress(BaseException):  # what is broken may not even close
                self._close_client()
            self._client = self._collections = None
            for entry in self._path.iterdir():
                if entry.name not in self._turns.files:
                    _remove(entry)

    def _let_go(self) -> None:
        self._close_client()
        self._turns.close()

    def _close_client(self) -> None:
        client, self._client, self._collections = self._client, None, None
        if client is not None:
            client.close()


_SEGMENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REMEDY = "run `rookery memory rebuild`: it throws this index away and makes the vectors again"


def _open(path: Path) -> "Client":
    """Start Chroma by parts: its own shortcut leaves a half-started system behind when the folder is broken."""
    from chromadb.api import ServerAPI
    from chromadb.api.client import Client
    from chromadb.config import Settings, System

    system = System(Settings(is_persistent=True, persist_directory=str(path), anonymized_telemetry=False))
    system.instance(ServerAPI)  # type: ignore[type-abstract]
    system.start()
    return Client.from_system(system)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()
