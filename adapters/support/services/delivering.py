"""Delivering a message once, in as many parts as the service's limits ask for.

What is guaranteed. Each part is noted before it is sent and again when the service has confirmed it, so a repeated call
sends what is missing and nothing else. In between lies a moment in which a crash, or a connection that breaks, leaves
open whether the part has arrived. Then the service is asked, by a mark that each part carries (what the mark is, and
how far the service's own view can be trusted, is said in each integration), before anything is sent again. Where it
cannot be asked, nothing is sent, and the error says so: a message is rather missed than posted twice.

Not covered: two processes that deliver under the same key in the same second.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from weakref import WeakValueDictionary

from rookery.adapters.support.services.ledger import DeliveryLedger, Posted
from rookery.adapters.support.services.line import Line
from rookery.domain.errors import AdapterError, Conflict
from rookery.domain.ports.clock import ClockPort

_SKEW = timedelta(minutes=10)  # by which a service's clock may differ from ours


class Message(Protocol):
    """What is delivered, as one service takes it."""

    @property
    def content(self) -> str:
        """All of it, with where it goes: a key stands for the same content always."""
        ...

    @property
    def parts(self) -> int: ...

    async def post(self, number: int, mark: str, posted: Mapping[int, Posted]) -> Posted:
        """Send one part, in one request; those before it are in `posted`. Raises TryAgain where that may help."""
        ...

    async def find(self, mark: str, since: datetime, posted: Mapping[int, Posted]) -> Mapping[int, Posted]:
        """Return the parts with this mark that the service has, those of `posted` or others.

        Raises:
            ToolError: the service cannot be asked.
        """
        ...


class Delivered(NamedTuple):
    """Where the parts of a message are, in order."""

    posted: list[Posted]
    repeated: bool


class Deliveries:
    """The deliveries to one service.

    Args:
        service: its name.
        ledger: remembers them.
        line: to the service.
        clock: says when a part was begun.
    """

    def __init__(self, service: str, ledger: DeliveryLedger, line: Line, clock: ClockPort) -> None:
        self._service = service
        self._ledger = ledger
        self._line = line
        self._clock = clock
        self._busy: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, key: str, message: Message) -> Delivered:
        """Deliver a message, as far as it was not delivered before under the same key.

        Raises:
            Conflict: the key stands for another message.
            ToolError: it was not delivered.
        """
        lock = self._busy.setdefault(key, asyncio.Lock())
        async with lock:
            return await self._deliver(f"{self._service}:{key}", message)

    async def _deliver(self, key: str, message: Message) -> Delivered:
        digest = _hash(message.content)
        known = await self._ledger.parts(key)
        if any(part.digest != digest for part in known.values()):
            raise Conflict(f"another message was sent to {self._service} under this key; give each its own")
        posted = {number: part.posted for number, part in known.items() if part.posted}
        repeated = len(posted) == message.parts
        doubtful = [part.begun_at for part in known.values() if part.posted is None]
        if doubtful:
            posted |= await self._found(key, message, min(doubtful), posted)
        for number in range(1, message.parts + 1):
            if number not in posted:
                posted[number] = await self._send(key, message, number, posted)
        return Delivered([posted[number] for number in sorted(posted)], repeated)

    async def _send(self, key: str, message: Message, number: int, posted: Mapping[int, Posted]) -> Posted:
        begun_at = self._clock.now()
        await self._ledger.begin(key, number, _hash(message.content), begun_at)

        async def found() -> Posted | None:
            return (await message.find(mark_of(key), begun_at - _SKEW, posted)).get(number)

        try:
            done = await self._line.tell(lambda: message.post(number, mark_of(key), posted), found)
        except AdapterError as error:
            if not error.retryable:
                await self._ledger.forget(key, number)
            raise
        await self._ledger.finish(key, number, done)
        return done

    async def _found(
        self, key: str, message: Message, since: datetime, posted: Mapping[int, Posted]
    ) -> dict[int, Posted]:
        found = dict(await message.find(mark_of(key), since - _SKEW, posted))
        for number, one in found.items():
            if number not in posted:
                await self._ledger.begin(key, number, _hash(message.content), since)
                await self._ledger.finish(key, number, one)
        return found


def mark_of(key: str) -> str:
    """Return what a part carries so that it is known again. It tells nothing about the key."""
    return _hash(f"rookery delivery {key}")[:32]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
