"""Words, sentences and places in a text. Standard library only; all offsets are code points; all in linear time."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")

_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "mr mrs ms dr prof rev st sr jr vs e.g i.e cf vol fig figs eq al ca approx dept inc ltd co corp"
        " capt col gen lt sgt maj gov hon pres rep sen jan feb mar apr jun jul aug sep sept oct nov dec ph.d",
    )
)
_NUMBERED = frozenset({"no", "nos", "p", "pp", "art", "sec", "ch"})  # abbreviations only where a number follows
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")  # "J", "U.S", "a.m"
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[ivxlcIVXLC]{1,6})(?:\.\d{1,3})*")

_END = re.compile(r"[.!?…。！？｡।॥؟۔]+[\"'”’»)\]」』*_]*(?:\[\w{1,4}\])*")
_NEEDS_NO_SPACE = "。！？｡"
_VISIBLE = re.compile(r"\S")
_BLANK_LINES = re.compile(r"\n[ \t\r]*\n\s*|\f\s*")
_BLOCK_MARK = r"(?:[-*+•–][ \t]+|\d{1,3}[.)][ \t]+|#{1,6}[ \t]+)"
_LIST_ITEM = re.compile(rf"\n[ \t]*(?=\||{_BLOCK_MARK})")
_HEADING = re.compile(r"^#{1,6}[ \t][^\n]*\n", re.MULTILINE)
_LEADING = re.compile(rf"\s*(?:{_BLOCK_MARK}\s*)?")
_NEXT = re.compile(r"\s*(\S?)")


class Span(NamedTuple):
    """A half-open range [start, end) of a text."""

    start: int
    end: int


def words(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a text in order; hyphens, apostrophes and dots inside a word belong to it."""
    return _WORD.finditer(text)


def trim(text: str, start: int, end: int) -> Span:
    """Return a range without the white space at its ends; an empty one when nothing else is in it."""
    visible = _VISIBLE.search(text, start, end)
    left = visible.start() if visible else end
    return Span(left, left + len(text[left:end].rstrip()))


def paragraphs(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield what blank lines and form feeds divide in a range of a text, in order, trimmed."""
    for blank in _BLANK_LINES.finditer(text, start, end):
        paragraph = trim(text, start, blank.start())
        if paragraph.start < paragraph.end:
            yield paragraph
        start = blank.end()
    paragraph = trim(text, start, end)
    if paragraph.start < paragraph.end:
        yield paragraph


def sentences(text: str) -> list[Span]:
    """Return the sentences of a text in order, without the white space around them and the list marks before them.

    A blank line, a list item, a table row and a heading end a sentence; an abbreviation, an initial, a number before
    a heading and a decimal point do not.
    """
    breaks = {0, len(text)}
    for pattern in (_BLANK_LINES, _LIST_ITEM, _HEADING):
        breaks.update(match.end() for match in pattern.finditer(text))
    breaks.update(match.end() for match in _END.finditer(text) if _ends_sentence(text, match))
    spans = (_without_mark(text, start, end) for start, end in pairwise(sorted(breaks)))
    return [span for span in spans if span.start < span.end]


def locate(text: str, quote: str) -> Span | None:
    """Find a quote in a text and return its place, or None. A quote of white space has none.

    The exact place is preferred. Otherwise runs of white space count as equal, since models and line breaks change
    them; the range returned is always a range of `text`, so what is cited is what is stored.
    """
    pieces = quote.split()
    if not pieces:
        return None
    start = text.find(quote)
    if start >= 0:
        return Span(start, start + len(quote))
    match = re.search(r"\s++".join(re.escape(piece) for piece in pieces), text)
    return Span(*match.span()) if match else None


def _ends_sentence(text: str, end: re.Match[str]) -> bool:
    mark, after = end.group()[0], text[end.end() : end.end() + 1]
    if after and not after.isspace() and mark not in _NEEDS_NO_SPACE:
        return False
    following = _next_character(text, end.end())
    if following.islower():
        return False
    return mark != "." or not _is_abbreviated(text, end.start(), following)


def _is_abbreviated(text: str, stop: int, following: str) -> bool:
    before = text[max(0, stop - 20) : stop]
    if not before or before[-1].isspace():
        return False
    token = before.split()[-1].lstrip("([\"'“‘«*_")
    begins_line = before.rpartition("\n")[2].strip() == token and (stop < 20 or "\n" in before)
    if begins_line and _ENUMERATOR.fullmatch(token):
        return True
    if token.lower() in _NUMBERED:
        return following.isdigit()
    return token.lower() in _ABBREVIATIONS or bool(_INITIALS.fullmatch(token))


def _next_character(text: str, start: int) -> str:
    match = _NEXT.match(text, start)
    return match.group(1) if match else ""


def _without_mark(text: str, start: int, end: int) -> Span:
    leading = _LEADING.match(text, start, end)
    return trim(text, leading.end() if leading else start, end)


def counted(number: int, thing: str) -> str:
    """Return how many there are of something whose plural ends in s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
