"""Files and folders of this machine."""

import contextlib
import errno
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar

import anyio.to_thread

from rookery.adapters.readers import formats, places
from rookery.adapters.readers.documents import File, Settings, fingerprint
from rookery.domain.errors import SourceError, SourceTooLarge
from rookery.domain.ports.reader import NOTHING_KNOWN, DocumentReaderPort
from rookery.domain.sources import Document, Unchanged

T = TypeVar("T")

_SNIFFED = 4096  # bytes that tell whether a file of an unknown name is text


class FilesystemReader(DocumentReaderPort):
    """Reads Markdown, plain text, source code, HTML, PDF and Word documents.

    Args:
        settings: the section `sources`.
        roots: the folders that may be read, wherever links lead; None where the person's own authority holds.
    """

    def __init__(self, settings: Settings, *, roots: Sequence[Path] | None) -> None:
        self._settings = settings
        self._roots = None if roots is None else tuple(roots)

    @classmethod
    def from_section(cls, section: Mapping[str, object], *, roots: Sequence[Path] | None) -> Self:
        """Make a reader from the section `sources` of the settings.

        Raises:
            ConfigurationError: the section has an unknown name or a wrong value.
        """
        return cls(Settings.from_section(section), roots=roots)

    def check(self, location: str) -> None:
        """Refuse what is outside the roots; what is no path at all is for `read` to complain of."""
        with contextlib.suppress(SourceError):
            places.resolve(location, self._roots)

    def url(self, location: str) -> str:
        """Return the address of the real path."""
        return places.resolve(location, self._roots).as_uri()

    async def read(self, location: str, known: Mapping[str, str] = NOTHING_KNOWN) -> Document | Unchanged:
        """Read one document, in a worker thread."""
        return await _in_thread(lambda: self._read(location, known))

    async def expand(self, location: str) -> list[str]:
        """Return the documents below a folder, or the location itself.

        In a folder, a file of an unknown name is a document when it is text.
        """
        return await _in_thread(lambda: self._expand(location))

    def _read(self, location: str, known: Mapping[str, str]) -> Document | Unchanged:
        path = places.resolve(location, self._roots)
        file = File(path, places.shown(location), self._bytes(path, places.shown(location)))
        if path.suffix.lower() in formats.OFFICE:
            raise SourceError(f"{file.shown}: Rookery does not read {path.suffix} files; save it as .docx, PDF or text")
        found = formats.by_name(path) or formats.by_content(file.data[:_SNIFFED])
        if found is None:
            raise SourceError(f"{file.shown} is not text; Rookery reads {formats.SHOWN_EXTENSIONS}")
        print_ = fingerprint(file.data, found.media_type)
        if known.get(path.as_uri()) == print_:
            return Unchanged(url=path.as_uri())
        content = found.read(file, self._settings)
        return Document(
            url=path.as_uri(),
            title=content.title,
            media_type=found.media_type,
            text=content.text,
            size=len(file.data),
            fingerprint=print_,
        )

    def _bytes(self, path: Path, shown: str) -> bytes:
        try:
            descriptor = places.open_file(path, self._roots)
        except OSError as error:
            raise _translated(error, shown) from error
        if not places.is_regular(descriptor):
            os.close(descriptor)
            raise SourceError(f"{shown} is {'a folder' if path.is_dir() else 'a device, pipe or socket'}, not a file")
        with os.fdopen(descriptor, "rb") as stream:
            limit = int(self._settings.max_file_mb * 1_000_000)
            size = os.fstat(descriptor).st_size
            data = b"" if size > limit else stream.read(size or limit + 1)
        if max(size, len(data)) > limit:
            raise SourceTooLarge(
                f"{shown} has {max(size, len(data)) / 1e6:,.1f} MB, more than the limit of"
                f" {self._settings.max_file_mb:g} MB; divide it, or raise sources.max_file_mb"
            )
        if not data:
            raise SourceError(f"{shown} is empty")
        return data

    def _expand(self, location: str) -> list[str]:
        path = places.resolve(location, self._roots)
        shown = places.shown(location)
        try:
            path.stat()
        except OSError as error:
            raise _translated(error, shown) from error
        if not path.is_dir():
            return [location]
        documents = sorted(str(file) for file in places.files_below(path, self._roots) if self._may_be_document(file))
        if not documents:
            raise SourceError(f"{shown} has no document; Rookery reads {formats.SHOWN_EXTENSIONS}")
        return [document if _is_unicode(document) else Path(document).as_uri() for document in documents]

    def _may_be_document(self, path: Path) -> bool:
        if formats.is_asset(path):
            return False
        try:
            if formats.by_name(path) or path.suffix.lower() in formats.OFFICE:
                return path.stat().st_size > 0
            with os.fdopen(places.open_file(Path(os.path.realpath(path)), self._roots), "rb") as file:
                beginning = file.read(_SNIFFED)
        except OSError:
            return True  # reading it says what is wrong
        return bool(beginning) and formats.by_content(beginning) is not None


async def _in_thread(work: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)


def _is_unicode(text: str) -> bool:
    return text.encode("utf-8", "replace").decode() == text


def _translated(error: OSError, shown: str) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError(f"there is no file or folder at {shown}")
    if isinstance(error, PermissionError):
        return SourceError(f"{shown} may not be read by this user; check its permissions")
    if error.errno == errno.ENXIO:
        return SourceError(f"{shown} is a device, pipe or socket, not a file")
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return SourceError(f"{shown} leads through a symbolic link that may not be followed, or through a file")
    return SourceError(f"{shown} cannot be read: {error.strerror}")
