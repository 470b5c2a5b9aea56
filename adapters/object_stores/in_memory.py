"""Objects for as long as the process lives."""

from collections.abc import AsyncIterator

from rookery.adapters.object_stores.names import check_name
from rookery.domain.errors import NotFound
from rookery.domain.ports.object_store import ObjectStorePort


class InMemoryObjectStore(ObjectStorePort):
    """A dictionary of objects."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    async def put_new(self, name: str, content: bytes) -> bool:
        """Keep the object unless the name is taken."""
        check_name(name)
        if name in self._objects:
            return False
        self._objects[name] = bytes(content)
        return True

    async def get(self, name: str) -> bytes:
        """Return an object."""
        check_name(name)
        if name not in self._objects:
            raise NotFound(f"there is no object {name!r}")
        return self._objects[name]

    async def names(self, prefix: str, *, after: str = "") -> AsyncIterator[str]:
        """Yield the names as they are when the first is asked for."""
        for name in sorted(self._objects):
            if name.startswith(prefix) and name > after:
                yield name

    async def close(self) -> None:
        """Nothing is held; the objects stay."""
