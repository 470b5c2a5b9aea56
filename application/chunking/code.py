"""Source code: whole definitions where they are short enough, and long ones divided along those inside them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rookery.application.chunking.definitions import Definition, definitions
from rookery.application.chunking.dividing import LONG, divide, fit
from rookery.domain.text import Span, paragraphs, trim

_LARGEST = 1_000_000  # characters above which a text is data, or made by a program, whatever its name says


class _Piece(NamedTuple):
    span: Span
    path: str
    is_whole: bool = True
    """Not a part of something longer, so that it may be put together with its neighbour."""


def code_pieces(text: str, language: str) -> Iterator[tuple[Span, str]]:
    """Yield ranges of a text in order, each with the names of the definitions around it, outermost first."""
    found = definitions(text, language) if len(text) <= _LARGEST else []
    for piece in _divided(text, Definition(0, len(text), "", found), ""):
        yield piece.span, piece.path


def _divided(text: str, definition: Definition, path: str) -> Sequence[_Piece]:
    span = trim(text, definition.start, definition.end)
    if span.end - span.start <= LONG:
        return [_Piece(span, path)] if span.start < span.end else []
    return list(_together(_parts(text, definition, path), path))


def _parts(text: str, definition: Definition, path: str) -> Iterator[_Piece]:
    start = definition.start
    for inner in definition.inner:
        yield from _blocks(text, start, inner.start, path)
        pieces = _divided(text, inner, f"{path} › {inner.name}" if path else inner.name)
        yield from pieces if len(pieces) == 1 else (piece._replace(is_whole=False) for piece in pieces)
        start = inner.end
    yield from _blocks(text, start, definition.end, path)


def _blocks(text: str, start: int, end: int, path: str) -> Iterator[_Piece]:
    lines = [Span(start, end)]
    for block in paragraphs(text, start, end):
        yield from (_Piece(span, path) for span in divide(text, block, lines) if span.start < span.end)


def _together(pieces: Iterable[_Piece], path: str) -> Iterator[_Piece]:
    """Put short neighbours together; what holds more than one definition is named after the one around them."""
    held: _Piece | None = None
    for piece in pieces:
        if held is None:
            held = piece
        elif held.is_whole and piece.is_whole and fit(held.span, piece.span):
            held = _Piece(Span(held.span.start, piece.span.end), held.path if held.path == piece.path else path)
        else:
            yield held
            held = piece
    if held is not None:
        yield held
