"""Writing to memory: remember, forget."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from pydantic import ValidationError

from rookery.application.memory.projection import OnProgress, Projection
from rookery.application.memory.recall import FLAT, slots_of
from rookery.domain.errors import InvalidRequest, NotFound
from rookery.domain.memories import Memory, NewMemory, Slot, default_id, default_key, standing, winner
from rookery.domain.ports.clock import ClockPort
from rookery.domain.redaction import redact

_WRITTEN_AT_ONCE = 500


class Remember:
    """Stores memories: credentials are replaced, the journal is written, the index of what holds follows.

    The stores of vectors follow later, many changes at once: when a search needs them, or when somebody calls `mirror`.
    """

    def __init__(self, projection: Projection, clock: ClockPort) -> None:
        self._projection = projection
        self._clock = clock

    async def __call__(self, *new: NewMemory) -> list[Memory]:
        """Return what now holds in the slot of each, in order. What holds already is not stored again.

        All or nothing. A version supersedes those that stand in its slot on this machine.

        Raises:
            InvalidRequest: one is too long once its credentials are replaced; nothing was stored.
            StorageError: the journal cannot be written; nothing was stored.
        """
        held = await self.journal_only(new)
        await self._projection.catch_up()
        return held

    async def journal_only(self, new: Sequence[NewMemory]) -> list[Memory]:
        """Store memories and leave it to others to bring the indexes up to date."""
        drafts = [self._draft(one) for one in new]
        histories = await self._projection.journal.histories({draft.slot for draft in drafts})
        written: list[Memory] = []
        held: list[Memory] = []
        for draft, one in zip(drafts, new, strict=True):
            history = histories.setdefault(draft.slot, [])
            version = _version(draft, history, keeps_id=one.id is None, keeps_time=one.timestamp is None)
            if version not in history:
                history.append(version)
                written.append(version)
            held.append(winner(history))
        await self._projection.journal.append(written)
        return held

    def _draft(self, new: NewMemory) -> Memory:
        content, name, source = redact(new.content), redact(new.id or ""), redact(new.source or "")
        key = redact(new.key) if new.key else name
        tags = [redact(tag) for tag in new.tags]
        slot = Slot(new.namespace, key.text or default_key(content.text))
        try:
            return Memory(
                id=name.text or default_id(slot),
                namespace=slot.namespace,
                key=slot.key,
                content=content.text,
                tags=[tag.text for tag in tags],
                timestamp=new.timestamp or self._clock.now(),
                relevance_score=new.relevance_score,
                priority=new.priority,
                source=source.text or None,
                run_id=new.run_id,
                redactions=content.count + key.count + source.count + sum(tag.count for tag in tags),
            )
        except ValidationError as error:  # a mark may be longer than the credential that it stands for
            places = ", ".join(str(fault["loc"][0]) for fault in error.errors())
            raise InvalidRequest(f"with its credentials replaced, the memory is too long: {places}") from error


class Forget:
    """Puts a tombstone into the slots of a memory. What they held stays in their history, and on every machine."""

    def __init__(self, projection: Projection, clock: ClockPort) -> None:
        self._projection = projection
        self._clock = clock

    async def __call__(self, memory_id: str, *, namespace: str | None = None) -> list[Memory]:
        """Return the memories that were forgotten.

        Raises:
            NotFound: nothing of this id holds.
            StorageError: the journal cannot be written.
        """
        forgotten = await self.slots(await slots_of(self._projection, memory_id, namespace))
        if not forgotten:
            raise NotFound(f"there is no memory {memory_id}, or it was forgotten already")
        return forgotten

    async def slots(self, slots: Collection[Slot]) -> list[Memory]:
        """Forget what holds in these slots and return it; empty slots are passed over."""
        histories = await self._projection.journal.histories(slots)
        holding = [winner(versions) for versions in histories.values()]
        forgotten = [memory for memory in holding if not memory.forgotten]
        await self._projection.journal.append([self._tombstone(m, histories[m.slot]) for m in forgotten])
        await self._projection.catch_up()
        return forgotten

    def _tombstone(self, memory: Memory, history: Sequence[Memory]) -> Memory:
        return Memory(
            id=memory.id,
            namespace=memory.namespace,
            key=memory.key,
            content="",
            timestamp=self._clock.now(),
            priority=memory.priority,
            supersedes=sorted(version.version for version in standing(history)),
            forgotten=True,
        )


class ImportMemories:
    """Stores many memories: the journal first, batch by batch, then the indexes, once.

    The store of vectors that is searched follows where searches need it, and otherwise later; others follow at once.

    Args:
        remember: writes the journal.
        projection: of the journal.
        flat: memories of a namespace up to which searches do without the store of vectors.
    """

    def __init__(self, remember: Remember, projection: Projection, *, flat: int = FLAT) -> None:
        self._remember = remember
        self._projection = projection
        self._flat = flat

    async def __call__(
        self,
        memories: Iterable[NewMemory],
        *,
        on_written: OnProgress = lambda _: None,
        on_embedded: OnProgress = lambda _: None,
    ) -> int:
        """Return how many were given. What an interrupted import has written stays, and is not written twice.

        Raises:
            InvalidRequest: raised by `memories` for a line that is none; what came before it stays.
            StorageError: the journal cannot be written.
        """
        count, left = 0, iter(memories)
        while batch := list(islice(left, _WRITTEN_AT_ONCE)):
            await self._remember.journal_only(batch)
            count += len(batch)
            on_written(count)
        await self._projection.catch_up(on_embedded)
        await self._projection.mirror(above=self._flat)
        return count


def _version(draft: Memory, history: Sequence[Memory], *, keeps_id: bool, keeps_time: bool) -> Memory:
    """Return the version to write; one of the history when it says the same already."""
    heads = standing(history)
    holds = winner(history) if history else None
    if holds is None:
        return draft
    same = {"id": holds.id} if keeps_id else {}
    again = draft.model_copy(update={**same, **({"timestamp": holds.timestamp} if keeps_time else {})})
    if len(heads) == 1 and _says(again) == _says(holds):
        return holds
    upon = {**same, "supersedes": sorted(version.version for version in heads), "version": ""}
    return Memory.model_validate(draft.model_copy(update=upon).model_dump())


def _says(memory: Memory) -> dict[str, object]:
    return memory.model_dump(exclude={"version", "supersedes", "run_id"})
