"""The reader of everything: paths are read from this machine, addresses from the web."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from rookery.adapters.readers.documents import Settings
from rookery.adapters.readers.filesystem import FilesystemReader
from rookery.adapters.readers.web import WebReader
from rookery.adapters.support.web.addresses import Resolver, is_address, system_resolver
from rookery.domain.ports.reader import NOTHING_KNOWN, DocumentReaderPort
from rookery.domain.sources import Document, Unchanged


class ReaderByLocation(DocumentReaderPort):
    """Asks the reader that a location is for."""

    def __init__(self, *, files: DocumentReaderPort, web: DocumentReaderPort) -> None:
        self._files = files
        self._web = web

    @classmethod
    def from_section(
        cls,
        section: Mapping[str, object],
        *,
        roots: Sequence[Path] | None,
        offline: bool = False,
        resolve: Resolver = system_resolver,
    ) -> Self:
        """Make a reader from the section `sources` of the settings.

        Args:
            section: the settings.
            roots: the folders that may be read; None where the person's own authority holds.
            offline: refuse to fetch anything.
            resolve: what looks host names up.

        Raises:
            ConfigurationError: the section has an unknown name or a wrong value.
        """
        settings = Settings.from_section(section)
        web = WebReader(settings, offline=offline, resolve=resolve)
        return cls(files=FilesystemReader(settings, roots=roots), web=web)

    def check(self, location: str) -> None:
        """Ask the reader of this location."""
        self._reader(location).check(location)

    def url(self, location: str) -> str:
        """Ask the reader of this location."""
        return self._reader(location).url(location)

    async def read(self, location: str, known: Mapping[str, str] = NOTHING_KNOWN) -> Document | Unchanged:
        """Ask the reader of this location."""
        return await self._reader(location).read(location, known)

    async def expand(self, location: str) -> list[str]:
        """Ask the reader of this location."""
        return await self._reader(location).expand(location)

    def _reader(self, location: str) -> DocumentReaderPort:
        return self._web if is_address(location) else self._files
