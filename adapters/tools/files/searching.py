"""Finding words in files, in bounded time: plain words, not patterns, so that no query can take forever."""

from collections.abc import Sequence
from typing import NamedTuple

from rookery.adapters.tools.files.folder import Folder, Found
from rookery.adapters.tools.files.names import Place
from rookery.adapters.tools.files.texts import decoded
from rookery.domain.errors import OutsideSandbox, ToolError
from rookery.domain.redaction import redact

_LINE = 240  # characters shown of a line


class Bounds(NamedTuple):
    """What one search may take."""

    hits: int
    file_bytes: int
    all_bytes: int


class Hit(NamedTuple):
    """A line with the words, counted from 1."""

    place: Place
    line: int
    text: str


class Hits(NamedTuple):
    """What a search found, and how many files it did not look into, being too large, too many or no text."""

    hits: list[Hit]
    unread: int
    cut: bool


def search(folder: Folder, place: Place, words: str, *, ending: str, bounds: Bounds) -> Hits:
    """Return the lines that hold the words as they stand, in any case; credentials are replaced before.

    Args:
        folder: opened for reading.
        place: a folder or one file below it.
        words: at least one character.
        ending: of the names of the files to look into; `""` for all.
        bounds: what it may take.

    Raises:
        ToolError, OutsideSandbox: there is no such place.
    """
    files, unread, left = _files(folder, place.parts, ending), 0, bounds.all_bytes
    hits = list[Hit]()
    for found in files:
        if found.size > min(left, bounds.file_bytes):
            unread += 1
            continue
        text = _text(folder, found, bounds.file_bytes)
        left -= found.size
        unread += text is None
        hits += _lines(Place(place.folder, found.parts), text or "", words.casefold())
        if len(hits) > bounds.hits:
            return Hits(hits[: bounds.hits], unread, cut=True)
    return Hits(hits, unread, cut=False)


def _files(folder: Folder, parts: Sequence[str], ending: str) -> list[Found]:
    try:
        files = folder.list(parts).files
    except ToolError:
        return [Found(tuple(parts), folder.size(parts))]
    return [found for found in files if found.parts[-1].lower().endswith(ending.lower())]


def _text(folder: Folder, found: Found, most: int) -> str | None:
    """Return what a file says, or None where it is none any more, or no text."""
    try:
        return decoded(folder.read(found.parts, most=most))
    except (ToolError, OutsideSandbox):
        return None


def _lines(place: Place, text: str, words: str) -> list[Hit]:
    if words not in text.casefold():
        return []
    lines = enumerate(redact(text).text.splitlines(), 1)
    return [Hit(place, number, _around(line, words)) for number, line in lines if words in line.casefold()]


def _around(line: str, words: str) -> str:
    start = max(0, line.casefold().find(words) - _LINE // 3)
    return line[start : start + _LINE].strip()
