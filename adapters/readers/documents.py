"""What the readers of the formats share."""

from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from rookery.domain.errors import SourceTooLarge
from rookery.domain.frozen import Frozen


class Settings(Frozen):
    """The section `sources`. One MB is 1,000,000 bytes."""

    max_file_mb: float = Field(default=20, gt=0, description="larger files are not read")
    max_pdf_pages: int = Field(default=2000, ge=1)
    max_characters: int = Field(default=20_000_000, ge=1, description="of the text that is made of one document")


class File(NamedTuple):
    """A file as it was read; `shown` is how messages name it."""

    path: Path
    shown: str
    data: bytes


class Content(NamedTuple):
    """What a reader makes of a file."""

    title: str
    text: str


def as_title(line: str) -> str:
    """Return a line as a title: one line of at most 200 characters that can be written as UTF-8."""
    return " ".join(without_surrogates(line).replace("\0", "").split())[:200].rstrip()


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 can hold, by U+FFFD."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if _is_broken(text) else text


def check_length(file: File, length: int, settings: Settings) -> None:
    """Refuse a text above the limit.

    Raises:
        SourceTooLarge: it is.
    """
    if length > settings.max_characters:
        raise SourceTooLarge(
            f"the text of {file.shown} has more than {settings.max_characters:,} characters; divide the document,"
            " or raise sources.max_characters"
        )


def _is_broken(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
