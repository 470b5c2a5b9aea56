"""Comparing citations with the stored texts, again."""

from collections.abc import Sequence

from rookery.domain.errors import NotFound, StorageError
from rookery.domain.ports.snapshot_store import SnapshotStorePort
from rookery.domain.results import Citation


async def verify(citations: Sequence[Citation], snapshots: SnapshotStorePort) -> list[str]:
    """Return a sentence for each citation that its snapshot does not hold; `[]` when all stand."""
    faults = [await _fault(citation, snapshots) for citation in citations]
    return [fault for fault in faults if fault is not None]


async def _fault(citation: Citation, snapshots: SnapshotStorePort) -> str | None:
    try:
        snapshot = await snapshots.get(citation.source_sha256)
    except (NotFound, StorageError) as error:
        return f"[{citation.id}] {error}"
    if snapshot.text[citation.start : citation.end] != citation.quote:
        return f"[{citation.id}] the text at {citation.start}–{citation.end} is not the quote"
    return None
