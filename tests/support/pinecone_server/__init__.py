"""A server that speaks Pinecone's REST API as its client knows it, with the checks and refusals of the real one.

Each index has a port of its own, as each of Pinecone's has a host of its own. Everything is kept in memory.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.pinecone_server.control import Control
from tests.support.pinecone_server.index import Index
from tests.support.pinecone_server.listener import Faults, Listener, Service

API_KEY = "pcsk-of-the-tests"


class PineconeServer:
    """A project with its control plane and its indexes."""

    def __init__(self) -> None:
        self.faults = Faults()
        """Tells what fails next."""
        self._lock = threading.RLock()
        self._indexes: dict[str, Index] = {}
        self._listeners: dict[str, Listener] = {}
        self._describes_until_ready = 0
        control = Control(self._indexes, self._serve, self._retire)
        self._control = Listener(Service(control.routes, API_KEY, self.faults, self._lock))

    @property
    def host(self) -> str:
        """The URL of the control plane."""
        return self._control.url

    @property
    def indexes(self) -> dict[str, Index]:
        """What there is, by name."""
        return self._indexes

    def start(self) -> None:
        """Serve on the same ports as before."""
        for listener in (self._control, *self._listeners.values()):
            listener.start()

    def stop(self) -> None:
        """Break all connections and refuse new ones; the data stay."""
        for listener in (self._control, *self._listeners.values()):
            listener.stop()

    def delay_indexes(self, describes: int) -> None:
        """Let each new index be described as initialising so many times."""
        self._describes_until_ready = describes

    def empty(self) -> None:
        """Return to a project without indexes or faults."""
        with self._lock:
            for name in list(self._indexes):
                self._retire(name)
            self._indexes.clear()
            self.faults.clear()
            self._describes_until_ready = 0

    def _serve(self, index: Index) -> None:
        listener = Listener(Service(index.routes, API_KEY, self.faults, self._lock))
        listener.start()
        self._listeners[index.name] = listener
        index.host = listener.url.removeprefix("http://")
        index.describes_until_ready = self._describes_until_ready

    def _retire(self, name: str) -> None:
        self._listeners.pop(name).stop()


@contextmanager
def running_pinecone() -> Iterator[PineconeServer]:
    """Serve until the block ends."""
    server = PineconeServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def pinecone_process() -> Iterator[PineconeServer]:
    """One server for all tests."""
    with running_pinecone() as server:
        yield server


@pytest.fixture
def pinecone_server(pinecone_process: PineconeServer) -> PineconeServer:
    """The server, with a project that holds nothing."""
    pinecone_process.empty()
    return pinecone_process
