"""Exchanging versions with other machines, through a store of objects that are never overwritten.

A device writes segments, each under the digest of its content, and claims a number for each: `devices/DEVICE/NUMBER`
holds the digest. Others read the claims beyond the last that they know. Merging is set union, so it does not matter in
which order, how often, or after which crash a segment is read.
"""

from collections.abc import AsyncIterator

from rookery.application.memory.projection import Projection
from rookery.application.memory.segments import pack, unpack
from rookery.domain.errors import InvalidRequest, NotFound, StorageError
from rookery.domain.memories import Memory
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.object_store import ObjectStorePort
from rookery.domain.ports.sync_ledger import SyncLedgerPort
from rookery.domain.sync import Mark, Parcel, Standing, SyncReport

_PACKED_AT_ONCE = 5000
_DEVICES = "devices/"
_END = "0"  # comes after "/", so that the name of a device with it comes after all that the device wrote


class SyncMemories:
    """Sends what is new here and receives what is new elsewhere.

    Args:
        projection: of the journal that is exchanged.
        objects: the store that all devices share.
        ledger: where this device stands.
        remote: a name for the store.
        clock: for the name of this device.
    """

    def __init__(
        self,
        projection: Projection,
        *,
        objects: ObjectStorePort,
        ledger: SyncLedgerPort,
        remote: str,
        clock: ClockPort,
    ) -> None:
        self._projection = projection
        self._objects = objects
        self._ledger = ledger
        self._remote = remote
        self._clock = clock

    async def __call__(self) -> SyncReport:
        """Exchange everything, and bring the indexes up to date.

        Raises:
            Conflict: another process syncs this home.
            StorageError: the store of objects or the journal cannot be used. What was exchanged until then stays, and
                the next sync goes on from there.
        """
        async with self._ledger.turn():
            exchange = _Exchange(self._projection, self._objects, self._ledger, self._remote, self._clock)
            report = await exchange.run()
        await self._projection.catch_up()
        await self._projection.mirror(lag=0 if report.received else 1024)
        return report


class _Exchange:
    """One sync. `standing` is saved after each step, so that a crash repeats one step at most."""

    def __init__(
        self,
        projection: Projection,
        objects: ObjectStorePort,
        ledger: SyncLedgerPort,
        remote: str,
        clock: ClockPort,
    ) -> None:
        self._journal = projection.journal
        self._objects = objects
        self._ledger = ledger
        self._remote = remote
        self._clock = clock
        self._report = SyncReport(sent=0, received=0)

    async def run(self) -> SyncReport:
        standing = await self._ledger.load(self._remote) or Standing(device=self._clock.new_id())
        if standing.mark is not None and standing.mark.past != await self._journal.past(standing.mark.cursor):
            standing = await self._begun_again(standing)
        standing = await self._send(standing)
        async for device in self._devices():
            standing = await self._receive(standing, device)
        await self._save(standing.model_copy(update={"synced_at": self._clock.now()}))
        return self._report.model_copy(update={"devices": len(standing.received)})

    async def _begun_again(self, standing: Standing) -> Standing:
        """Take a new name and exchange everything: a journal put back from a backup lacks what came since."""
        if standing.parcel is not None:
            await self._journal.append(unpack(standing.parcel.sha256, standing.parcel.content))
        return Standing(device=self._clock.new_id())

    async def _send(self, standing: Standing) -> Standing:
        while True:
            standing = await self._packed(standing)
            if standing.parcel is None:
                return standing
            standing = await self._deliver(standing, standing.parcel)

    async def _packed(self, standing: Standing) -> Standing:
        if standing.parcel is not None:
            return standing
        entries = await self._journal.after(standing.sent, limit=_PACKED_AT_ONCE)
        if not entries:
            return standing
        sha256, content, cursor, versions = pack(entries)
        parcel = Parcel.model_construct(
            sha256=sha256, content=content, sequence=standing.sequence + 1, cursor=cursor, versions=versions
        )
        return await self._save(standing.model_copy(update={"parcel": parcel}))

    async def _deliver(self, standing: Standing, parcel: Parcel) -> Standing:
        if await self._objects.put_new(f"segments/{parcel.sha256}", parcel.content):
            self._count(segments_sent=1, bytes_sent=len(parcel.content))
        if not await self._claimed(_claim(standing.device, parcel.sequence), parcel.sha256.encode()):
            return await self._renamed(standing, parcel)
        self._count(sent=parcel.versions)
        sent = {"sequence": parcel.sequence, "sent": parcel.cursor, "parcel": None}
        return await self._save(standing.model_copy(update=sent))

    async def _claimed(self, claim: str, content: bytes) -> bool:
        """Return whether the claim stands for this content, written now or before an answer was lost."""
        try:
            return await self._objects.put_new(claim, content) or await self._objects.get(claim) == content
        except NotFound as error:
            raise StorageError(f"{claim} is taken and cannot be read yet; sync again", retryable=True) from error

    async def _renamed(self, standing: Standing, parcel: Parcel) -> Standing:
        """Take a new name: a copy of this home, or an older state of it, has written under the present one."""
        renamed = {
            "device": self._clock.new_id(),
            "sequence": 0,
            "received": standing.received | {standing.device: _known(standing, standing.device)},
            "parcel": parcel.model_copy(update={"sequence": 1}),
        }
        return await self._save(standing.model_copy(update=renamed))

    async def _devices(self) -> AsyncIterator[str]:
        """Yield who has written, one request each."""
        after = ""
        while True:
            first = await anext(self._objects.names(_DEVICES, after=after), None)
            if first is None:
                return
            device = first.removeprefix(_DEVICES).partition("/")[0]
            yield device
            after = f"{_DEVICES}{device}{_END}"

    async def _receive(self, standing: Standing, device: str) -> Standing:
        async for claim in self._objects.names(f"{_DEVICES}{device}/", after=_claim(device, _known(standing, device))):
            number = claim.rpartition("/")[2]
            if not (number.isdecimal() and number.isascii()):
                continue  # what another program put there
            try:
                memories = await self._fetch(standing, device, claim)
            except (InvalidRequest, StorageError) as error:
                if isinstance(error, StorageError) and error.retryable:
                    raise
                self._problem(f"from {device}: {error}")
                break
            standing = await self._take(standing, device, memories)
        return standing

    async def _fetch(self, standing: Standing, device: str, claim: str) -> list[Memory]:
        due = _known(standing, device) + 1
        if claim != _claim(device, due):  # in a folder that is being filled, a later one may come first
            raise NotFound(f"segment {due} is not there yet; the next sync looks again")
        sha256 = (await self._objects.get(claim)).decode("ascii", "replace")
        content = await self._objects.get(f"segments/{sha256}")
        memories = unpack(sha256, content)
        self._count(segments_received=1, bytes_received=len(content))
        return memories

    async def _take(self, standing: Standing, device: str, memories: list[Memory]) -> Standing:
        appended = await self._journal.append(memories)
        self._count(received=appended.added)
        received = standing.received | {device: _known(standing, device) + 1}
        contiguous = appended.added and appended.first == standing.sent + 1
        sent = appended.last if contiguous else standing.sent
        return await self._save(standing.model_copy(update={"received": received, "sent": sent}))

    async def _save(self, standing: Standing) -> Standing:
        end = await self._journal.end()
        mark = Mark(cursor=end, past=await self._journal.past(end) or "")
        standing = standing.model_copy(update={"mark": mark})
        await self._ledger.save(self._remote, standing)
        return standing

    def _count(self, **more: int) -> None:
        counts = {name: getattr(self._report, name) + number for name, number in more.items()}
        self._report = self._report.model_copy(update=counts)

    def _problem(self, problem: str) -> None:
        self._report = self._report.model_copy(update={"problems": [*self._report.problems, problem]})


def _claim(device: str, sequence: int) -> str:
    return f"{_DEVICES}{device}/{sequence:012d}"


def _known(standing: Standing, device: str) -> int:
    """Return the last sequence of a device that is here; a copy of this home may have written under its name."""
    written = standing.sequence if device == standing.device else 0
    return max(written, standing.received.get(device, 0))
