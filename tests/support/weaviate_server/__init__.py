"""A Weaviate for tests: its REST and gRPC on loopback ports, one node, the vectors compared one by one.

It speaks the wire of version 1.38 with AUTOSCHEMA_ENABLED=false and refuses what that refuses. It has no modules, no
tenants, no references and no keyword search, and says so when it is asked for one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.weaviate_server.rest import RestServer
from tests.support.weaviate_server.rpc import RpcServer
from tests.support.weaviate_server.state import State


class WeaviateServer:
    """A server that can be stopped and started again on the same ports; it keeps its data meanwhile.

    Args:
        api_key: the only key that is let in; with None everybody is.
    """

    def __init__(self, api_key: str | None = None) -> None:
        self.state = State(api_key)
        self.http_port = 0
        self.grpc_port = 0
        self._rest: RestServer | None = None
        self._rpc: RpcServer | None = None

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def start(self) -> None:
        """Listen, on the ports of the last time when there was one."""
        self._rest = RestServer(self.state, self.http_port)
        self._rpc = RpcServer(self.state, self.grpc_port)
        self.http_port, self.grpc_port = self._rest.port, self._rpc.port

    def stop(self) -> None:
        """Close the ports and every connection, as a process that ends does."""
        for server in (self._rest, self._rpc):
            if server is not None:
                server.close()
        self._rest = self._rpc = None

    def fail_next(self, requests: int) -> None:
        """Answer the next requests with 503, or UNAVAILABLE where they come by gRPC."""
        self.state.failing = requests

    def refuse_objects(self, objects: int) -> None:
        """Refuse the next objects of batches, each with an error of its own, as a node that runs out of disk does."""
        self.state.refusing = objects


@contextmanager
def weaviate_server(api_key: str | None = None) -> Iterator[WeaviateServer]:
    """Run an empty server until the block ends."""
    server = WeaviateServer(api_key)
    server.start()
    try:
        yield server
    finally:
        server.stop()
