"""The ledger of requests that are not to be done twice."""

from datetime import datetime
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """A request under its key. `answer` is None for as long as it is being done."""

    digest: str
    at: datetime
    answer: str | None


class RequestLedgerPort(Protocol):
    """Keeps answers by keys. Safe to call concurrently and from several processes."""

    async def claim(self, key: str, entry: Entry, *, since: datetime) -> Entry | None:
        """Enter a request, unless one stands under its key that was entered at `since` or later: return that one."""
        ...

    async def answer(self, key: str, answer: str) -> None:
        """Keep the answer of a request that was entered."""
        ...

    async def release(self, key: str) -> None:
        """Strike a request that came to nothing, so that it can be tried again."""
        ...
