"""Rookery's indexes in a Pinecone project: one for each dimension."""

import re
import threading
import time
from typing import TYPE_CHECKING

from rookery.domain.errors import VectorStoreError

if TYPE_CHECKING:
    from pinecone import Index, Pinecone
    from pinecone.models.indexes.index import IndexModel

_POLL_SECONDS = 0.5


class Indexes:
    """Opens indexes by dimension, and makes those that are missing. Blocking; errors are the client's own.

    Args:
        client: of the project.
        name: what the names of our indexes begin with.
        cloud: where a missing index is made …
        region: … serverless.
        ready_seconds: how long a new index may take until it serves.
    """

    def __init__(self, client: "Pinecone", *, name: str, cloud: str, region: str, ready_seconds: float) -> None:
        self._client = client
        self._name = name
        self._place = {"deployment_type": "managed", "cloud": cloud, "region": region}
        self._ready_seconds = ready_seconds
        self._making = threading.Lock()
        self._opened: dict[int, Index] = {}

    def all(self) -> dict[int, "Index"]:
        """Return every index of ours that serves, by its dimension."""
        pattern = re.compile(rf"{re.escape(self._name)}-(\d+)")
        matches = [(pattern.fullmatch(described.name), described) for described in self._client.indexes.list()]
        ours = {int(match[1]): described for match, described in matches if match and described.status.ready}
        return {dimension: self._open(dimension, described) for dimension, described in sorted(ours.items())}

    def of(self, dimension: int) -> "Index":
        """Return the index of a dimension; a missing one is made and waited for."""
        found = self._opened.get(dimension)
        if found is None:
            with self._making:
                found = self._open(dimension, self._ready(dimension))
        return found

    def forget(self) -> None:
        """Ask anew where the indexes are; calls that are under way end as they may."""
        self._opened = {}

    def close(self) -> None:
        """Close all connections."""
        for index in self._opened.values():
            index.close()
        self._opened.clear()
        self._client.close()

    def _open(self, dimension: int, described: "IndexModel") -> "Index":
        opened = self._opened
        if dimension not in opened:
            opened[dimension] = self._client.index(host=self._reachable(described.host or ""))
        return opened[dimension]

    def _reachable(self, host: str) -> str:
        """A control plane without TLS is a local one, and then its indexes have none either."""
        plain = self._client.config.host.startswith("http://")
        return f"http://{host.removeprefix('https://')}" if plain else host

    def _ready(self, dimension: int) -> "IndexModel":
        from pinecone.errors import NotFoundError

        name = f"{self._name}-{dimension}"
        deadline = time.monotonic() + self._ready_seconds
        while True:
            try:
                described = self._client.indexes.describe(name)
            except NotFoundError:
                described = self._make(name, dimension)
            if described.status.ready and described.host:
                return described
            if time.monotonic() > deadline:
                raise VectorStoreError(
                    f"Pinecone's index {name} is {described.status.state} for {self._ready_seconds:.0f} s; "
                    "look at it in Pinecone's console",
                    retryable=True,
                )
            time.sleep(_POLL_SECONDS)

    def _make(self, name: str, dimension: int) -> "IndexModel":
        from pinecone.errors import ConflictError

        try:
            return self._client.indexes.create(
                name=name, dimension=dimension, metric="cosine", deployment=self._place, timeout=-1
            )
        except ConflictError:  # another process was quicker
            return self._client.indexes.describe(name)
