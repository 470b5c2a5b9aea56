"""What the readers of the formats share."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import NamedTuple, Self

from pydantic import Field, ValidationError, field_validator

from rookery.domain.errors import ConfigurationError, SourceTooLarge
from rookery.domain.frozen import Frozen

_VERSION = 2  # raised when the same bytes are read into another text than before
_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[^\s/@\[\]:?#]+)(?::\d{1,5})?", re.IGNORECASE)
_NO_TITLE = re.compile(r"untitled|(?:microsoft )?(?:word|powerpoint|excel)\b.*|.*\.(?:\w{1,5})|[\W\d_]*", re.IGNORECASE)


class Settings(Frozen):
    """The section `sources`. One MB is 1,000,000 bytes."""

    max_file_mb: float = Field(default=20, gt=0, description="larger files and pages are not read")
    max_unpacked_mb: float = Field(default=100, gt=0, description="of a file that is packed, such as .docx")
    max_pdf_pages: int = Field(default=2000, ge=1)
    max_characters: int = Field(default=20_000_000, ge=1, description="of the text that is made of one document")
    max_fetch_seconds: float = Field(default=30, gt=0, description="for a page, with all of its redirects")
    allow_hosts: tuple[str, ...] = Field(
        default=(), description="`host` or `host:port` that may be fetched although they are not on the public web"
    )

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _from_variable(cls, hosts: object) -> object:
        """Take the text of an environment variable too: names with commas between them, or a list in JSON."""
        if not isinstance(hosts, str):
            return hosts
        return json.loads(hosts) if hosts.startswith('["') else [host.strip() for host in hosts.split(",")]

    @field_validator("allow_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        wrong = next((host for host in hosts if not _HOST.fullmatch(host)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is neither `host` nor `host:port`")
        return hosts

    @classmethod
    def from_section(cls, section: Mapping[str, object]) -> Self:
        """Check the section `sources` of the settings.

        Raises:
            ConfigurationError: it has an unknown name or a wrong value.
        """
        try:
            return cls.model_validate(section)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(f"sources.{name}: {first['msg']}") from error


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


def as_title(line: str) -> str:
    """Return a line as a title: one line of at most 200 characters that can be written as UTF-8."""
    return " ".join(without_surrogates(line).replace("\0", "").split())[:200].rstrip()


def metadata_title(title: object) -> str:
    """Return a title that a document carries beside its text, or `""` when it is what a program made up."""
    title = as_title(title) if isinstance(title, str) else ""
    return "" if len(title) < 3 or _NO_TITLE.fullmatch(title) else title


def first_line(text: str) -> str:
    """Return the first line of a text when it is short enough for a title, else `""`."""
    line = text.strip().partition("\n")[0]
    return as_title(line) if len(line) <= 120 else ""


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
