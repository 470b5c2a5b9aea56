"""What a person asks of a run that another machine conducts: small objects, each written once; the last one counts."""

from rookery.domain.errors import NotFound
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.runs import StopRequest

_NOTHING = b"nothing"


class Wishes:
    """The wishes about one run, as far as they were read."""

    def __init__(self, objects: ObjectStorePort, run_id: str) -> None:
        self._objects = objects
        self._run_id = run_id
        self._number = 0
        self._last = _NOTHING

    async def read(self) -> StopRequest | None:
        """Return what was wished last; None: nothing, or it was taken back.

        Raises:
            StorageError: the store cannot be reached.
        """
        while True:
            try:
                self._last = await self._objects.get(self._name(self._number + 1))
            except NotFound:
                return None if self._last == _NOTHING else StopRequest(self._last.decode())
            self._number += 1

    async def write(self, stop: StopRequest | None) -> None:
        """Wish for something, or take it back. What is wished already is not written again.

        Raises:
            StorageError: the store cannot be reached.
        """
        content = _NOTHING if stop is None else stop.value.encode()
        while await self.read() is not stop:
            await self._objects.put_new(self._name(self._number + 1), content)

    def _name(self, number: int) -> str:
        return f"wishes/{self._run_id}/{number:06d}"
