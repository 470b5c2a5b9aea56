"""Dividing a snapshot into passages.

Blocks (paragraphs, lists, tables, pieces of code) come first; long ones are divided between sentences, short neighbours
under one heading are put together. Every visible character of the text is in exactly one passage.
"""

from collections.abc import Iterator

from rookery.application.chunking.code import code_pieces
from rookery.application.chunking.dividing import LONG, LONGEST_SENTENCE, SHORT
from rookery.application.chunking.prose import prose_pieces
from rookery.domain.sources import Passage, Snapshot
from rookery.domain.text import Span

__all__ = ["LONG", "LONGEST_SENTENCE", "SHORT", "VERSION", "passage_id", "split"]

VERSION = 3  # raised when the same text is divided, or redacted, otherwise than before

_LANGUAGE = "text/x-"
_DATA = frozenset({"text/csv", "application/json"})
_MARKED = frozenset(
    {
        "text/markdown",
        "text/html",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)


def split(snapshot: Snapshot) -> list[Passage]:
    """Return the passages of a snapshot in the order of the text, without overlap; `[]` for a text of white space.

    Most have 300 to 900 characters. None begins or ends inside a sentence of up to 2000 characters, or, in code, inside
    a line of that length. The heading of a passage of code is the definition around it.
    """
    return [
        Passage(
            id=passage_id(snapshot.sha256, ordinal),
            sha256=snapshot.sha256,
            url=snapshot.url,
            title=snapshot.title,
            heading=heading,
            ordinal=ordinal,
            start=span.start,
            end=span.end,
            text=snapshot.text[span.start : span.end],
        )
        for ordinal, (span, heading) in enumerate(_pieces(snapshot.text, snapshot.media_type))
    ]


def passage_id(sha256: str, ordinal: int) -> str:
    """Return the id of a snapshot's passage."""
    return f"{sha256[:16]}:{ordinal}"


def _pieces(text: str, media_type: str) -> Iterator[tuple[Span, str]]:
    if media_type.startswith(_LANGUAGE) or media_type in _DATA:
        return code_pieces(text, media_type.removeprefix(_LANGUAGE))
    return prose_pieces(text, is_marked=media_type in _MARKED)
