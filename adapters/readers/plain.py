"""Plain text, Markdown and source code: the text is the file, character for character."""

import re

from rookery.adapters.readers.decoding import decode
from rookery.adapters.readers.documents import Content, File, Settings, check_length
from rookery.adapters.support.titles import as_title
from rookery.domain.errors import SourceError

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?P<fields>(?:[^\n]*\n){0,60}?)(?:---|\.\.\.)[ \t\r]*$", re.MULTILINE)
_TITLE_FIELD = re.compile(r"^title[ \t]*:[ \t]*(?P<title>[^\r\n]+)", re.MULTILINE | re.IGNORECASE)
_FENCED = re.compile(r"^[ ]{0,3}(?:```|~~~)", re.MULTILINE)
_HEADING = re.compile(r"^[ ]{0,3}#{1,6}[ \t]+(?P<title>\S[^\r\n]*)", re.MULTILINE)
_UNDERLINED = re.compile(r"\s*(?P<title>\S[^\r\n]{0,200})\r?\n(?:={3,}|-{3,})[ \t\r]*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()\s]{0,500}\)")
_LONGEST_TITLE = 120


def read_text(file: File, settings: Settings) -> Content:
    """Read plain text; its first line is its title when it is short."""
    text = _text(file, settings)
    return Content(_first_line(text) or as_title(file.path.stem), text)


def read_markdown(file: File, settings: Settings) -> Content:
    """Read Markdown; its title is that of its front matter, its first heading or its first line."""
    text = _text(file, settings)
    return Content(_markdown_title(text) or _first_line(text) or as_title(file.path.stem), text)


def read_code(file: File, settings: Settings) -> Content:
    """Read source code or data; the file's name is the title."""
    return Content(as_title(file.path.name), _text(file, settings))


def _text(file: File, settings: Settings) -> str:
    text = decode(file.data, declared=file.charset)
    if text is None:
        raise SourceError(f"{file.shown} is not text; save it as text, Markdown, HTML or PDF and pass that")
    if not text.strip():
        raise SourceError(f"{file.shown} is empty")
    check_length(file, len(text), settings)
    return text


def _first_line(text: str) -> str:
    line = next((line for line in text[:5000].splitlines() if any(map(str.isalnum, line))), "")
    return as_title(line) if len(line.strip()) <= _LONGEST_TITLE else ""


def _markdown_title(text: str) -> str:
    front_matter = _FRONT_MATTER.match(text)
    field = _TITLE_FIELD.search(front_matter["fields"]) if front_matter else None
    if field:
        return as_title(field["title"].strip().strip("\"'"))
    body = text[front_matter.end() :] if front_matter else text
    fence = _FENCED.search(body)
    before_code = body[: fence.start()] if fence else body
    heading = _UNDERLINED.match(before_code) or _HEADING.search(before_code) or _HEADING.search(body)
    return as_title(_without_marks(heading["title"])) if heading else ""


def _without_marks(title: str) -> str:
    return re.sub(r"[*`]|(?<!\w)_|_(?!\w)", "", _LINK.sub(r"\1", title[:1000].strip().rstrip("#")))
