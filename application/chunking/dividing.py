"""Dividing a long block: between sentences, between lines of code, inside very long ones of both."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rookery.domain.text import Span, sentences, trim

SHORT = 300  # characters below which a block is put together with its neighbour
LONG = 900  # characters above which a block is divided
LONGEST_SENTENCE = 2000  # characters above which even a sentence is divided

_LINE_END = re.compile(r"\n|\Z")


def fit(one: Span, next_: Span) -> bool:
    """Whether two neighbours are put together: one of them is short, and both are not long."""
    return min(one.end - one.start, next_.end - next_.start) < SHORT and next_.end - one.start <= LONG


def divide(text: str, block: Span, code: Sequence[Span]) -> Iterator[Span]:
    """Yield the parts of a block, of at most LONG characters where sentences, or lines in the ranges of code, allow it.

    Parts are trimmed and may be empty.
    """
    length = block.end - block.start
    if length <= LONG:
        yield block
        return
    target = length / -(-length // LONG)
    start = stop = block.start
    for end in _unit_ends(text, block, code):
        if stop > start and (end - start > LONG or stop - start >= target):
            yield trim(text, start, stop)
            start = stop
        stop = end
    yield trim(text, start, block.end)


def _unit_ends(text: str, block: Span, code: Sequence[Span]) -> Iterator[int]:
    """Yield where a block may be divided: after sentences, after lines of code, inside very long ones of both."""
    last = block.start
    for run, in_code in _runs(block, code):
        piece = text[run.start : run.end]
        ends = (match.end() for match in _LINE_END.finditer(piece)) if in_code else (s.end for s in sentences(piece))
        for end in ends:
            if run.start + end - last > LONGEST_SENTENCE:
                yield from _cuts(text, last, run.start + end)
            last = run.start + end
            yield last


def _runs(block: Span, code: Sequence[Span]) -> Iterator[tuple[Span, bool]]:
    """Yield the parts of a block that are prose and code by turns, and whether they are code."""
    index = bisect_right(code, block.start, key=lambda span: span.end)
    start = block.start
    while index < len(code) and code[index].start < block.end:
        span = Span(max(start, code[index].start), min(code[index].end, block.end))
        if start < span.start:
            yield Span(start, span.start), False
        yield span, True
        start, index = span.end, index + 1
    if start < block.end:
        yield Span(start, block.end), False


def _cuts(text: str, start: int, end: int) -> Iterator[int]:
    while end - start > LONG:
        window = (start + SHORT, start + LONG)
        cut = text.rfind("\n", *window)
        cut = cut if cut > 0 else text.rfind(" ", *window)
        start = cut + 1 if cut > 0 else _between_characters(text, start + LONG)
        yield start


def _between_characters(text: str, cut: int) -> int:
    """Move a cut to the left until it no longer parts an accent or a variation from its letter."""
    for place in range(cut, cut - 50, -1):
        if not (unicodedata.combining(text[place]) or text[place] in "\u200d\ufe0f" or text[place - 1] == "\u200d"):
            return place
    return cut
