"""Reading documents."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from rookery.domain.sources import Document, Unchanged

NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})


class DocumentReaderPort(Protocol):
    """Turns files and pages into text.

    A location is what a person writes: a path, or an address of the web. A document's URL is what it is known by.
    """

    def check(self, location: str) -> None:
        """Look whether a location may be read at all, whatever is there. Cheap: no name is looked up.

        Raises:
            OutsideSandbox: it is outside the folders that may be read, or an address that is never fetched.
        """
        ...

    def url(self, location: str) -> str:
        """Return the URL that a document at a location has, whether or not there is one. Cheap.

        Raises:
            SourceError: the location is neither a path nor an address.
            OutsideSandbox: as `check`.
        """
        ...

    async def read(self, location: str, known: Mapping[str, str] = NOTHING_KNOWN) -> Document | Unchanged:
        """Read one document; `Unchanged` when its fingerprint is the one that is known for its URL.

        Args:
            location: where it is.
            known: fingerprints of documents as they were read before, by URL.

        Raises:
            SourceError: it cannot be found or read, or has no text; the message says what to do.
            SourceTooLarge: it is above the limit.
            OutsideSandbox: it may not be read.
        """
        ...

    async def expand(self, location: str) -> list[str]:
        """Return the documents below a folder, sorted, or the location itself when it is a single document.

        Hidden files and folders are left out, and so are empty files and formats that cannot be documents.

        Raises:
            SourceError: there is nothing at that place, or no document in it.
            OutsideSandbox: it may not be read.
        """
        ...
