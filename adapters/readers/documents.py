"""What the readers of the formats share."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import NamedTuple, Self

from pydantic import Field

from rookery.adapters.support.titles import as_title
from rookery.adapters.support.web.hosts import OpenHosts
from rookery.domain.errors import SourceTooLarge

_VERSION = 2  # raised when the same bytes are read into another text than before
_NO_TITLE = re.compile(r"untitled|(?:microsoft )?(?:word|powerpoint|excel)\b.*|.*\.(?:\w{1,5})|[\W\d_]*", re.IGNORECASE)


class Settings(OpenHosts):
    """The section `sources`. One MB is 1,000,000 bytes."""

    max_file_mb: float = Field(default=20, gt=0, description="larger files and pages are not read")
    max_unpacked_mb: float = Field(default=100, gt=0, description="of a file that is packed, such as .docx")
    max_pdf_pages: int = Field(default=2000, ge=1, description="longer ones are not read")
    max_characters: int = Field(default=20_000_000, ge=1, description="of the text that is made of one document")
    max_read_seconds: float = Field(default=60, gt=0, description="for making text of one document")
    max_fetch_seconds: float = Field(default=30, gt=0, description="for a page, with all of its redirects")

    @classmethod
    def from_section(cls, section: Mapping[str, object], *, name: str = "sources") -> Self:
        """Check the section of the settings.

        Raises:
            ConfigurationError: it has an unknown name or a wrong value.
        """
        return super().from_section(section, name=name)


class File(NamedTuple):
    """A file or page as it was read.

    `path` gives it a name, `shown` is how messages name it, `charset` is the one that its server declares.
    """

    path: PurePath
    shown: str
    data: bytes
    charset: str | None = None


class Content(NamedTuple):
    """What a reader makes of a file."""

    title: str
    text: str


def fingerprint(data: bytes, media_type: str) -> str:
    """Return what stays the same as long as the bytes and the way of reading them do. It has two spaces."""
    return f"{_VERSION} {media_type} {hashlib.sha256(data).hexdigest()}"


def metadata_title(title: object) -> str:
    """Return a title that a document carries beside its text, or `""` when it is what a program made up."""
    title = as_title(title) if isinstance(title, str) else ""
    return "" if len(title) < 3 or _NO_TITLE.fullmatch(title) else title


def first_line(text: str) -> str:
    """Return the first line of a text when it is short enough for a title, else `""`."""
    line = text.strip().partition("\n")[0]
    return as_title(line) if len(line) <= 120 else ""


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
