"""Reading and writing the log of a run in the store that machines share."""

import asyncio
import gzip
from collections.abc import Callable, Sequence

from pydantic import ValidationError

from rookery.domain.errors import NotFound, StorageError
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.run_log import LogRecord, LogState, Segment, log_prefix, segment_name

_AT_ONCE = 16  # segments that are fetched side by side


class RunLog:
    """The log of one run, as far as it was read. `state` follows from that."""

    def __init__(self, objects: ObjectStorePort, run_id: str) -> None:
        self._objects = objects
        self.run_id = run_id
        self.state = LogState()

    async def read(self) -> list[Segment]:
        """Return the segments that came since the last call, in order; at first all.

        Raises:
            StorageError: the store cannot be reached (`retryable=True`), or a segment is not what it should be.
        """
        try:
            found = [await self._get(self.state.number + 1)]
        except NotFound:
            return []
        return self._followed([*found, *await self._rest()])

    async def append(self, segment: Segment) -> bool:
        """Write the segment after the last one that was read; return False where its number is taken by another.

        When an answer was lost, the same segment is appended again.

        Raises:
            StorageError: the store cannot be reached (`retryable=True`) or refuses; it may be written all the same.
        """
        name = segment_name(self.run_id, segment.number)
        if not await self._objects.put_new(name, _packed(segment)) and await self._there(segment.number) != segment:
            return False
        self.state = self.state.after(segment)
        return True

    def next(self, records: Sequence[LogRecord], *, holder: str, released: bool = False) -> Segment:
        """Return the segment that the holder writes next; one that does not hold the run takes it with that."""
        same = holder == self.state.holder and not self.state.released
        return Segment(
            run_id=self.run_id,
            number=self.state.number + 1,
            epoch=self.state.epoch if same else self.state.epoch + 1,
            holder=holder,
            released=released,
            records=list(records),
        )

    def _followed(self, segments: Sequence[Segment]) -> list[Segment]:
        state = self.state
        for segment in segments:
            state = state.after(segment)
        self.state = state
        return list(segments)

    async def _rest(self) -> list[Segment]:
        """Return what follows the next segment, many at once, up to a gap: of a folder that is just being filled."""
        first = self.state.number + 2
        names = [name async for name in self._objects.names(log_prefix(self.run_id), after=self._name(first - 1))]
        numbers = [number for number, name in enumerate(names, first) if name == self._name(number)]
        found: list[Segment] = []
        for start in range(0, len(numbers), _AT_ONCE):
            found += await asyncio.gather(*map(self._get, numbers[start : start + _AT_ONCE]))
        return found

    async def _there(self, number: int) -> Segment:
        try:
            return await self._get(number)
        except NotFound as error:
            raise StorageError(f"{self._name(number)} is taken and cannot be read yet", retryable=True) from error

    async def _get(self, number: int) -> Segment:
        name = self._name(number)
        content = await self._objects.get(name)
        try:
            segment = Segment.model_validate_json(gzip.decompress(content))
        except (ValidationError, OSError, EOFError) as error:
            raise StorageError(f"{name} cannot be read; update Rookery on this machine") from error
        if (segment.run_id, segment.number) != (self.run_id, number):
            raise StorageError(f"{name} holds another segment; somebody else than Rookery has written to the store")
        return segment

    def _name(self, number: int) -> str:
        return segment_name(self.run_id, number)


OpenLog = Callable[[str], RunLog]


def _packed(segment: Segment) -> bytes:
    return gzip.compress(segment.model_dump_json().encode(), mtime=0)
