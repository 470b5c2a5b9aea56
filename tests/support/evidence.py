"""Passages and evidence, made from a sentence."""

from datetime import UTC, datetime

from rookery.domain.reasoning import Evidence
from rookery.domain.sources import Passage, Snapshot, text_digest


def a_snapshot(text: str, title: str = "Birds", media_type: str = "text/markdown") -> Snapshot:
    """Return a text as a snapshot."""
    return Snapshot(
        sha256=text_digest(text),
        url=f"file:///{title.lower()}.md",
        title=title,
        media_type=media_type,
        text=text,
        retrieved_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def a_passage(text: str, title: str = "Birds") -> Passage:
    """Return a text as the only passage of its snapshot."""
    sha256 = text_digest(text)
    return Passage(
        id=f"{sha256[:16]}:0",
        sha256=sha256,
        url=f"file:///{title.lower()}.md",
        title=title,
        ordinal=0,
        start=0,
        end=len(text),
        text=text,
    )


def some_evidence(*quotes: str) -> list[Evidence]:
    """Return evidence, each piece the whole of its document, numbered from 1."""
    return [
        Evidence(
            id=number,
            passage=a_passage(quote),
            quote=quote,
            start=0,
            end=len(quote),
            sub_question="Where?",
            score=0.9,
            agent_id="researcher-1",
        )
        for number, quote in enumerate(quotes, 1)
    ]
