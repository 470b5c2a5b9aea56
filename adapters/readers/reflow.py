"""From the lines of printed pages to running text."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rookery.adapters.readers.furniture import without_furniture
from rookery.domain.text import words

_LIGATURE = re.compile("[ﬀ-ﬆ]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff]")
_PARTED = re.compile(r"(?P<start>[^\W\d_]+)[-‐\u00ad]$")
_BEGINNING = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"[.!?:…。！？][\"'”’»)\]]*$")
_ITEM = re.compile(r"[-–—•·*▪◦‣] |\d{1,3}[.)] |\([a-z\d]{1,3}\) |(?:\d{1,2}\.){1,3}\d{1,2} |[IVXLC]{1,6}\. (?=[A-Z])")
_NEAR = 5  # lines above and below that show how wide the column is
_NARROWEST = 32  # characters of a column
_FULL = 0.75  # of that width: a line that goes on in the next one


class _Line(NamedTuple):
    text: str
    width: int  # of the column
    begins_page: bool

    @property
    def is_full(self) -> bool:
        return len(self.text) >= _FULL * max(self.width, _NARROWEST)

    @property
    def ends_sentence(self) -> bool:
        return _SENTENCE_END.search(self.text) is not None

    @property
    def goes_on(self) -> bool:
        return self.text[0].islower() or self.text[0] in ",;)"


def reflow(pages: Sequence[str]) -> str:
    """Return the text of pages as paragraphs.

    Ligatures are resolved, words parted at a line's end are joined, headers, footers and page numbers are dropped, and
    lines that run on are joined. A blank line parts paragraphs, and pages too unless a sentence runs on.
    """
    lines = _measured(without_furniture([_lines(page) for page in pages]))
    known = {word.group().lower() for line in lines for word in words(line.text)}
    parts = [lines[0].text] if lines else []
    for index, (line, following) in enumerate(pairwise(lines)):
        after = lines[index + 2] if index + 2 < len(lines) else None
        hyphen = _PARTED.search(line.text)
        if hyphen and (beginning := _BEGINNING.match(following.text)):
            if not _keeps_hyphen(hyphen["start"], beginning.group(), known):
                parts[-1] = parts[-1][:-1]
            parts.append(following.text)
        else:
            parts += [_gap(line, following, after), following.text]
    return "".join(parts)


def _lines(page: str) -> list[str]:
    clean = _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match.group()), _UNPRINTABLE.sub("", page))
    return [line for raw in clean.splitlines() if (line := " ".join(raw.split()))]


def _measured(pages: Sequence[Sequence[str]]) -> list[_Line]:
    lines = [(line, place == 0) for page in pages for place, line in enumerate(page)]
    lengths = [len(line) for line, _ in lines]
    return [
        _Line(line, max(lengths[max(0, index - _NEAR) : index + _NEAR + 1]), begins_page)
        for index, (line, begins_page) in enumerate(lines)
    ]


def _keeps_hyphen(start: str, beginning: str, known: set[str]) -> bool:
    if not beginning[0].islower():
        return True
    parted = f"{start}-{beginning}".lower()
    return (start + beginning).lower() not in known and parted in known


def _gap(line: _Line, following: _Line, after: _Line | None) -> str:
    """Return what stands between two lines: a space inside a paragraph, a line feed where that is not certain."""
    if following.goes_on and not line.ends_sentence:
        return " "
    if following.begins_page:
        return "\n\n"
    is_title = _is_title(following, after)
    if _ITEM.match(following.text):
        return "\n\n" if is_title else "\n"
    if line.is_full and not (line.ends_sentence and is_title):
        return " "
    return "\n\n" if line.ends_sentence or following.is_full else "\n"


def _is_title(line: _Line, after: _Line | None) -> bool:
    return not (line.is_full or line.ends_sentence or after is None or after.goes_on) and after.is_full
