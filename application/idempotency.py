"""Doing once what is asked twice."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel

from rookery.domain.errors import Conflict
from rookery.domain.ports.clock import ClockPort
from rookery.domain.ports.request_ledger import Entry, RequestLedgerPort
from rookery.domain.redaction import stand_in

KEPT = timedelta(hours=24)
"""How long a key stands for its request."""

_GIVEN_UP = timedelta(minutes=10)  # after which a request without an answer is thought to have died with its process
A = TypeVar("A", bound=BaseModel)


class DoOnce:
    """Does a request once for each key; who sends it again is given the first answer."""

    def __init__(self, ledger: RequestLedgerPort, clock: ClockPort) -> None:
        self._ledger = ledger
        self._clock = clock

    async def __call__(self, key: str | None, request: str, do: Callable[[], Awaitable[A]], *, returns: type[A]) -> A:
        """Return what `do` returns, or what it returned when a request came with the key before.

        What raises an error has no answer, and is tried again when it is sent again.

        Args:
            key: None: it is done whatever was done before.
            request: all that it asks, as text.
            do: does it.
            returns: what an answer is.

        Raises:
            Conflict: the key was used for another request, or the same one is being done.
        """
        key = stand_in(key)
        if key is None:
            return await do()
        now = self._clock.now()
        entry = Entry(hashlib.sha256(request.encode()).hexdigest(), now, None)
        standing = await self._ledger.claim(key, entry, since=now - KEPT)
        if standing is not None and standing.digest != entry.digest:
            raise Conflict("this Idempotency-Key was used for another request; use a new one")
        if standing is not None and standing.answer is not None:
            return returns.model_validate_json(standing.answer)
        if standing is not None and standing.at > now - _GIVEN_UP:
            raise Conflict("this request is being done; send it again in a moment")
        return await self._done(key, do)

    async def _done(self, key: str, do: Callable[[], Awaitable[A]]) -> A:
        try:
            done = await do()
        except BaseException:
            await self._ledger.release(key)
            raise
        await self._ledger.answer(key, done.model_dump_json())
        return done
