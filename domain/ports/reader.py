"""Reading documents."""

from typing import Protocol

from rookery.domain.sources import Document


class DocumentReaderPort(Protocol):
    """Turns a file into text, once."""

    def check(self, location: str) -> None:
        """Look whether a location may be read at all, whatever is there. Cheap.

        Raises:
            OutsideSandbox: it is outside the folders that may be read.
        """
        ...

    async def read(self, location: str) -> Document:
        """Read one document.

        Raises:
            SourceError: it cannot be found or read, or has no text; the message says what to do.
            SourceTooLarge: it is above the limit.
        """
        ...

    async def expand(self, location: str) -> list[str]:
        """Return the documents below a folder, sorted, or the location itself when it is a single document.

        Hidden files and folders are left out, and so are formats that cannot be documents.

        Raises:
            SourceError: there is nothing at that place, or no document in it.
            OutsideSandbox: it is outside the folders that may be read.
        """
        ...
