"""Requests for as long as the process lives."""

from datetime import datetime

from rookery.domain.ports.request_ledger import Entry, RequestLedgerPort


class InMemoryRequestLedger(RequestLedgerPort):
    """A dictionary of entries."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    async def claim(self, key: str, entry: Entry, *, since: datetime) -> Entry | None:
        standing = self._entries.get(key)
        if standing is not None and standing.at >= since:
            return standing
        self._entries[key] = entry
        return None

    async def answer(self, key: str, answer: str) -> None:
        if key in self._entries:
            self._entries[key] = self._entries[key]._replace(answer=answer)

    async def release(self, key: str) -> None:
        self._entries.pop(key, None)
