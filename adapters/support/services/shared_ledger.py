"""Deliveries of machines that share a store of objects: what one has begun, the others know."""

import hashlib
from datetime import datetime

from pydantic import ValidationError

from rookery.adapters.support.services.ledger import DeliveryLedger, Part, Posted
from rookery.domain.errors import NotFound, StorageError
from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.ports.object_store import ObjectStorePort


class _Note(Frozen):
    """That a part was begun, has arrived (`reference`), or was refused (`refused`)."""

    number: int
    digest: str = ""
    begun_at: Timestamp | None = None
    reference: str | None = None
    url: str | None = None
    refused: bool = False


class SharedDeliveryLedger(DeliveryLedger):
    """A list of notes for each key; each is an object that is written once. Keys are not readable in the store."""

    def __init__(self, objects: ObjectStorePort) -> None:
        self._objects = objects

    async def parts(self, key: str) -> dict[int, Part]:
        parts: dict[int, Part] = {}
        for note in await self._notes(key):
            _take(note, parts)
        return dict(sorted(parts.items()))

    async def begin(self, key: str, number: int, digest: str, at: datetime) -> None:
        await self._write(key, _Note(number=number, digest=digest, begun_at=at))

    async def finish(self, key: str, number: int, posted: Posted) -> None:
        await self._write(key, _Note(number=number, reference=posted.reference, url=posted.url))

    async def forget(self, key: str, number: int) -> None:
        await self._write(key, _Note(number=number, refused=True))

    def close(self) -> None:
        """Whoever made the store of objects closes it."""

    async def _write(self, key: str, note: _Note) -> None:
        content = note.model_dump_json().encode()
        place = len(await self._notes(key)) + 1
        while not await self._objects.put_new(_name(key, place), content):
            place += 1

    async def _notes(self, key: str) -> list[_Note]:
        notes: list[_Note] = []
        while True:
            name = _name(key, len(notes) + 1)
            try:
                notes.append(_Note.model_validate_json(await self._objects.get(name)))
            except NotFound:
                return notes
            except ValidationError as error:
                raise StorageError(f"{name} in the shared store cannot be read") from error


def _take(note: _Note, parts: dict[int, Part]) -> None:
    """Take a note into account. The first begin stays; what has arrived is not refused any more."""
    part = parts.get(note.number)
    if note.begun_at is not None:
        parts.setdefault(note.number, Part(note.digest, note.begun_at, None))
    elif part is not None and note.reference is not None:
        parts[note.number] = part._replace(posted=Posted(note.reference, note.url))
    elif part is not None and part.posted is None:
        del parts[note.number]


def _name(key: str, place: int) -> str:
    return f"deliveries/{hashlib.sha256(key.encode()).hexdigest()}/{place:06d}"
