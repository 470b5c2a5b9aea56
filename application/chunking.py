"""Dividing a snapshot into passages.

Blocks (paragraphs, lists, tables, pieces of code) come first; long ones are divided between sentences, short neighbours
under one heading are put together. Every visible character of the text is in exactly one passage.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from rookery.domain.sources import Passage, Snapshot
from rookery.domain.text import Span, paragraphs, sentences, trim

SHORT = 300  # characters below which a block is put together with its neighbour
LONG = 900  # characters above which a block is divided
LONGEST_SENTENCE = 2000  # characters above which even a sentence is divided

_LONGEST_TITLE = 70  # characters of a line that may be a heading in a text without marks
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?:[^\n]*\n){0,60}?(?:---|\.\.\.)[ \t\r]*$", re.MULTILINE)
_MARKS = re.compile(
    r"^[ ]{0,3}(?:(?P<hashes>#{1,6})[ \t]+(?P<title>[^\n]*)|(?P<fence>`{3,}|~{3,})[^\n]*"
    r"|(?P<underlined>[^\s#>|*+~`-][^\n]{0,200})\n[ ]{0,3}(?P<rule>=+|-{2,})[ \t\r]*$)",
    re.MULTILINE,
)
_LINE_END = re.compile(r"\n|\Z")
_LINK = re.compile(r"\[([^\[\]]{1,200})\]\([^()\s]{0,500}\)")


class _Heading(NamedTuple):
    start: int
    end: int
    level: int
    title: str


class _Section(NamedTuple):
    """A range under one heading, which is [start, body)."""

    start: int
    body: int
    end: int
    path: str


class _Piece(NamedTuple):
    start: int
    end: int
    section: _Section


def split(snapshot: Snapshot) -> list[Passage]:
    """Return the passages of a snapshot in the order of the text, without overlap; `[]` for a text of white space.

    Most have 300 to 900 characters. None begins or ends inside a sentence of up to 2000 characters.
    """
    text = snapshot.text
    headings, code = _outline(text, snapshot.media_type)
    pieces = _together(_pieces(text, _sections(headings, len(text)), code))
    return [
        Passage(
            id=f"{snapshot.sha256[:16]}:{ordinal}",
            sha256=snapshot.sha256,
            url=snapshot.url,
            title=snapshot.title,
            heading=piece.section.path,
            ordinal=ordinal,
            start=piece.start,
            end=piece.end,
            text=text[piece.start : piece.end],
        )
        for ordinal, piece in enumerate(pieces)
    ]


def _outline(text: str, media_type: str) -> tuple[list[_Heading], list[Span]]:
    """Return the headings, and the ranges in which lines count instead of sentences."""
    if media_type in {"text/markdown", "text/html"}:
        return _marked_outline(text)
    if media_type.startswith("text/x-") or media_type in {"text/csv", "application/json"}:
        return [], [Span(0, len(text))]
    return list(_titles(text)), []


def _marked_outline(text: str) -> tuple[list[_Heading], list[Span]]:
    front_matter = _FRONT_MATTER.match(text)
    headings: list[_Heading] = []
    code = [Span(*front_matter.span())] if front_matter else []
    fence, opened = "", 0
    for mark in _MARKS.finditer(text, front_matter.end() if front_matter else 0):
        if mark["fence"]:
            if not fence:
                fence, opened = mark["fence"], mark.start()
            elif mark["fence"].startswith(fence):
                code.append(Span(opened, mark.end()))
                fence = ""
        elif not fence and (heading := _heading(text, mark)):
            headings.append(heading)
    return headings, [*code, Span(opened, len(text))] if fence else code


def _heading(text: str, mark: re.Match[str]) -> _Heading | None:
    if mark["hashes"]:
        return _Heading(*mark.span(), len(mark["hashes"]), _plain(mark["title"]))
    above = text[max(0, mark.start() - 80) : mark.start()]
    if above.strip() and above.count("\n", len(above.rstrip())) < 2:
        return None  # the last line of a paragraph, above a rule
    return _Heading(*mark.span(), 1 if mark["rule"][0] == "=" else 2, _plain(mark["underlined"]))


def _plain(title: str) -> str:
    shown = _LINK.sub(r"\1", title.strip().rstrip("#"))
    return " ".join(shown.replace("*", "").replace("`", "").split())[:200]


def _titles(text: str) -> Iterator[_Heading]:
    """Yield the short lines that stand alone above something longer, in a text that does not mark its headings."""
    for block, following in pairwise(paragraphs(text, 0, len(text))):
        if not _may_be_title(text, block) or _may_be_title(text, following):
            continue
        if following.end - following.start >= 2 * (block.end - block.start):
            yield _Heading(block.start, block.end, 1, _plain(text[block.start : block.end]))


def _may_be_title(text: str, block: Span) -> bool:
    if block.end - block.start > _LONGEST_TITLE:
        return False
    line = text[block.start : block.end]
    return (
        "\n" not in line
        and line[-1] not in ".!?,;:…。"
        and (line[0].isalnum() or line[0] in "“\"'‘«¿¡")
        and not line[0].islower()
        and any(character.isalpha() for character in line)
    )


def _sections(headings: list[_Heading], length: int) -> Iterator[_Section]:
    above: list[_Heading] = []
    ends = [heading.start for heading in headings[1:]] + [length]
    if not headings or headings[0].start > 0:
        yield _Section(0, 0, headings[0].start if headings else length, "")
    for heading, end in zip(headings, ends, strict=False):
        above = [*(outer for outer in above if outer.level < heading.level), heading]
        yield _Section(heading.start, heading.end, end, " › ".join(outer.title for outer in above if outer.title))


def _pieces(text: str, sections: Iterable[_Section], code: list[Span]) -> Iterator[_Piece]:
    """Yield pieces of at most LONG characters where sentences allow it; a heading begins the first one below it."""
    waiting: int | None = None  # where the headings start that have nothing below them yet
    for section in sections:
        start = section.start if waiting is None else waiting
        blocks = paragraphs(text, section.body, section.end)
        first = next(blocks, None)
        if first is None and section.end < len(text) and section.end - start <= SHORT:
            waiting = start
            continue
        waiting = None
        opening = trim(text, start, section.end if first is None else first.end)
        for block in [opening, *blocks]:
            yield from (_Piece(*span, section) for span in _divide(text, block, code) if span.start < span.end)


def _divide(text: str, block: Span, code: list[Span]) -> Iterator[Span]:
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


def _unit_ends(text: str, block: Span, code: list[Span]) -> Iterator[int]:
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


def _runs(block: Span, code: list[Span]) -> Iterator[tuple[Span, bool]]:
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


def _together(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Put short neighbours of one section together."""
    held: _Piece | None = None
    for piece in pieces:
        if held is None:
            held = piece
        elif held.section is piece.section and _short_enough(held, piece):
            held = _Piece(held.start, piece.end, held.section)
        else:
            yield held
            held = piece
    if held is not None:
        yield held


def _short_enough(held: _Piece, piece: _Piece) -> bool:
    shorter = min(held.end - held.start, piece.end - piece.start)
    return shorter < SHORT and piece.end - held.start <= LONG
