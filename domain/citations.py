"""Locking quotes to snapshots."""

from rookery.domain.reasoning import Evidence, Quote
from rookery.domain.results import Citation
from rookery.domain.sources import Passage, Snapshot
from rookery.domain.text import Span, locate


def place_quote(passage: Passage, quote: Quote) -> Span | None:
    """Return where a quote stands in the snapshot of its passage, or None when the passage does not contain it."""
    span = locate(passage.text, quote.quote)
    return None if span is None else Span(passage.start + span.start, passage.start + span.end)


def cite(evidence: Evidence, snapshot: Snapshot, *, number: int) -> Citation | None:
    """Return the citation of a piece of evidence, or None when the snapshot does not say what the evidence says."""
    if snapshot.sha256 != evidence.passage.sha256 or snapshot.text[evidence.start : evidence.end] != evidence.quote:
        return None
    return Citation(
        id=number,
        url=snapshot.url,
        title=snapshot.title,
        quote=evidence.quote,
        start=evidence.start,
        end=evidence.end,
        source_sha256=snapshot.sha256,
        retrieved_at=snapshot.retrieved_at,
        agent_id=evidence.agent_id,
    )
