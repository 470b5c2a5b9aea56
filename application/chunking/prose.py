"""Prose: sections under headings, and in them paragraphs, lists, tables and pieces of code."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from rookery.application.chunking.dividing import SHORT, divide, fit
from rookery.domain.text import Span, paragraphs, trim

_LONGEST_TITLE = 70  # characters of a line that may be a heading in a text without marks
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?:[^\n]*\n){0,60}?(?:---|\.\.\.)[ \t\r]*$", re.MULTILINE)
_MARKS = re.compile(
    r"^[ ]{0,3}(?:(?P<hashes>#{1,6})[ \t]+(?P<title>[^\n]*)|(?P<fence>`{3,}|~{3,})[^\n]*"
    r"|(?P<underlined>[^\s#>|*+~`-][^\n]{0,200})\n[ ]{0,3}(?P<rule>=+|-{2,})[ \t\r]*$)",
    re.MULTILINE,
)
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


def prose_pieces(text: str, *, is_marked: bool) -> Iterator[tuple[Span, str]]:
    """Yield ranges of a text in order, each with the headings above it.

    Headings are those that are marked as in Markdown, or else short lines that stand alone.
    """
    headings, code = _marked_outline(text) if is_marked else (list(_titles(text)), [])
    for piece in _together(_pieces(text, _sections(headings, len(text)), code)):
        yield Span(piece.start, piece.end), piece.section.path


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
            yield from (_Piece(*span, section) for span in divide(text, block, code) if span.start < span.end)


def _together(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Put short neighbours of one section together."""
    held: _Piece | None = None
    for piece in pieces:
        if held is None:
            held = piece
        elif held.section is piece.section and fit(_span(held), _span(piece)):
            held = _Piece(held.start, piece.end, held.section)
        else:
            yield held
            held = piece
    if held is not None:
        yield held


def _span(piece: _Piece) -> Span:
    return Span(piece.start, piece.end)
