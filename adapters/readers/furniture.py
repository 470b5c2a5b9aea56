"""What is printed on each page and belongs to none: headers, footers and page numbers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page |p\. ?)?[-–—|]? ?(?:(?P<arabic>\d{1,5})|(?P<roman>[ivxlc]{1,8})) ?[-–—|]?(?: ?(?:of|/) ?\d{1,5})?",
    re.IGNORECASE,
)
_EDGE = 2  # lines at the top and at the bottom of a page that may be furniture
_MANY_PAGES = 8  # from here on a third is enough, since left and right pages may differ


def without_furniture(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the lines of the pages without those at the edges that repeat on most pages, and without page numbers.

    Top and bottom are compared apart and without their numbers. Where most of the text would go, nothing does.
    """
    repeated = _repeated(pages)
    offset = _offset_of_numbers(pages)

    def belongs_to_text(line: str, place: int, page: int) -> bool:
        edge = _edge(place, len(pages[page]))
        return not edge or not (_key(edge, line) in repeated or _is_number(line, page, offset))

    kept = [
        [line for place, line in enumerate(lines) if belongs_to_text(line, place, page)]
        for page, lines in enumerate(pages)
    ]
    return kept if _size(kept) * 2 >= _size(pages) else [list(lines) for lines in pages]


def _repeated(pages: Sequence[Sequence[str]]) -> set[str]:
    counts = Counter(key for lines in pages for key in {_key(*at) for at in _edges(lines)})
    enough = len(pages) * 0.35 if len(pages) >= _MANY_PAGES else max(2, len(pages) * 0.5)
    return {
        key for key, count in counts.items() if count >= enough and sum(map(str.isalpha, key.partition(" ")[2])) >= 3
    }


def _offset_of_numbers(pages: Sequence[Sequence[str]]) -> int | None:
    """Return by how much the printed numbers exceed the pages' positions, or None when they do not follow them."""
    numbers = [
        int(match["arabic"]) - page
        for page, lines in enumerate(pages)
        for _, line in _edges(lines)
        if (match := _PAGE_NUMBER.fullmatch(line)) and match["arabic"]
    ]
    [(offset, count)] = Counter(numbers).most_common(1) or [(0, 0)]
    return offset if count >= max(2, len(pages) // 3) or (len(pages) == 1 and numbers == [1]) else None


def _is_number(line: str, page: int, offset: int | None) -> bool:
    match = _PAGE_NUMBER.fullmatch(line)
    if not match or offset is None:
        return False
    return match["roman"] is not None or int(match["arabic"]) - page == offset


def _edges(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((edge, line) for place, line in enumerate(lines) if (edge := _edge(place, len(lines))))


def _edge(place: int, count: int) -> str:
    if place < _EDGE:
        return "top"
    return "bottom" if place >= count - _EDGE else ""


def _key(edge: str, line: str) -> str:
    return f"{edge} {_DIGITS.sub('#', line.casefold())}"


def _size(pages: Sequence[Sequence[str]]) -> int:
    return sum(len(line) for lines in pages for line in lines)
