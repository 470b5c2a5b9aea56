"""One open Chroma folder, shared by all stores of the process that name it."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rookery.adapters.vector_stores.turns import Turns
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
    """Runs calls on the Chroma client in a thread of its own, one after another, and in turn with other processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns = Turns(path)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chroma")
        self._client: Client | None = None
        self._writes_seen = 0

    async def read(self, call: "Callable[[Client], T]") -> T:
        """Return what the call returns.

        Raises:
            VectorStoreError: the folder is gone, broken or kept by another process, or Chroma fails.
        """
        return await self._work(partial(self._run, call, writes=False))

    async def write(self, call: "Callable[[Client], T]") -> T:
        """Like `read`; stores in other processes will load the index anew."""
        return await self._work(partial(self._run, call, writes=True))

    async def close(self) -> None:
        """Let go of files and memory. The next call opens the folder again."""
        await self._work(self._let_go)

    async def _work(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, call)

    def _run(self, call: "Callable[[Client], T]", *, writes: bool) -> T:
        try:
            self._require_files()
            with self._turns.take() as count:
                client = self._current(count)
                if writes:
                    self._writes_seen = self._turns.announce_write()
                return call(client)
        except VectorStoreError:
            raise
        except sqlite3.OperationalError as error:
            raise VectorStoreError(f"the vectors in {self._path} cannot be locked: {error}", retryable=True) from error
        except OSError as error:
            raise VectorStoreError(f"the folder {self._path} cannot be used: {error}") from error
        except BaseException as error:  # a panic in Chroma's native part is not an Exception
            raise VectorStoreError(f"Chroma failed on {self._path}: {error}; {_REMEDY}") from error

    def _require_files(self) -> None:
        if self._client is None:
            self._path.mkdir(parents=True, exist_ok=True)
        elif not (self._path / "chroma.sqlite3").is_file():
            raise VectorStoreError(f"the vectors in {self._path} were removed while they were open; {_REMEDY}")

    def _current(self, count: int) -> "Client":
        if self._client is not None and self._writes_seen != count:
            self._let_go()
        if self._client is None:
            self._client = _open(self._path)
            self._writes_seen = count
        return self._client

    def _let_go(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


_REMEDY = "stop Rookery, move that folder away and run `rookery memory rebuild`: the vectors are made again"


def _open(path: Path) -> "Client":
    """Start Chroma by parts: its own shortcut leaves a half-started system behind when the folder is broken."""
    from chromadb.api import ServerAPI
    from chromadb.api.client import Client
    from chromadb.config import Settings, System

    system = System(Settings(is_persistent=True, persist_directory=str(path), anonymized_telemetry=False))
    system.instance(ServerAPI)  # type: ignore[type-abstract]
    system.start()
    return Client.from_system(system)
