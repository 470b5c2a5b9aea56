"""Pages and files of the web."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import PurePath, PurePosixPath
from urllib.parse import unquote, urlsplit

import anyio.to_thread

from rookery.adapters.readers import formats
from rookery.adapters.readers.documents import File, Settings, fingerprint
from rookery.adapters.support.titles import as_title
from rookery.adapters.support.web.addresses import Resolver, system_resolver
from rookery.adapters.support.web.bounds import Bounds
from rookery.adapters.support.web.fetching import Fetcher, Page
from rookery.adapters.support.web.guard import Guard
from rookery.domain.errors import SourceError
from rookery.domain.ports.reader import NOTHING_KNOWN, DocumentReaderPort
from rookery.domain.sources import Document, Unchanged

_SNIFFED = 4096
_SEPARATOR = "|"  # between the fingerprint of the bytes and what the server gave to recognise them by


class WebReader(DocumentReaderPort):
    """Reads what one address of the web holds: a page, a PDF, a Word document, a text. It follows no link of a page.

    Args:
        settings: the section `sources`.
        offline: refuse to fetch anything.
        resolve: what looks host names up.
        guard: what decides where connections may go; default: what the settings say.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        offline: bool = False,
        resolve: Resolver = system_resolver,
        guard: Guard | None = None,
    ) -> None:
        self._settings = settings
        self._offline = offline
        self._guard = guard or Guard(settings.allow_hosts, resolve)
        bounds = Bounds(settings.max_file_mb, settings.max_fetch_seconds, section="sources")
        self._fetcher = Fetcher(self._guard, bounds)

    def check(self, location: str) -> None:
        """Refuse an address that is never fetched, whatever its host's name leads to."""
        self._guard.check(location)

    def url(self, location: str) -> str:
        """Return the address as it is asked for; a page that has moved has another URL."""
        return str(self._guard.check(location))

    async def expand(self, location: str) -> list[str]:
        """Return the location; nothing is fetched yet."""
        self._guard.check(location)
        if self._offline:
            raise SourceError(
                f"{as_title(location)} is not fetched, since Rookery works offline; save the page and pass the file,"
                " or leave out --offline (research.offline)"
            )
        return [location]

    async def read(self, location: str, known: Mapping[str, str] = NOTHING_KNOWN) -> Document | Unchanged:
        """Fetch and read one page. Its URL is the one that the redirects led to."""
        await self.expand(location)
        page = await self._fetcher.fetch(location, lambda url: _validators(known.get(url, "")))
        return await anyio.to_thread.run_sync(partial(self._read, page, known), abandon_on_cancel=True)

    def _read(self, page: Page, known: Mapping[str, str]) -> Document | Unchanged:
        before = known.get(page.url)
        if page.data is None:
            if before is None:
                raise SourceError(f"{as_title(page.url)} answers that it has not changed, but it was never read")
            return Unchanged(url=page.url)
        file = File(_name(page.url), as_title(page.url), page.data, page.charset)
        found = formats.by_media_type(page.media_type, file.path, page.data[:_SNIFFED])
        if found is None:
            raise SourceError(
                f"{file.shown} is {page.media_type or 'no text'}; Rookery reads {formats.SHOWN_EXTENSIONS}"
            )
        print_ = fingerprint(page.data, found.media_type)
        if before is not None and before.partition(_SEPARATOR)[0] == print_:
            return Unchanged(url=page.url)
        content = found.read(file, self._settings)
        return Document(
            url=page.url,
            title=content.title,
            media_type=found.media_type,
            text=content.text,
            size=len(page.data),
            fingerprint=_with_validators(print_, page.validators),
        )


def _name(url: str) -> PurePath:
    """Return what stands for the name of a page: the last part of its path, or its host."""
    parts = urlsplit(url)
    return PurePosixPath(PurePosixPath(unquote(parts.path).replace("\0", "")).name or parts.hostname or url)


def _with_validators(print_: str, validators: Mapping[str, str]) -> str:
    return f"{print_}{_SEPARATOR}{json.dumps(validators)}" if validators else print_


def _validators(print_: str) -> dict[str, str]:
    stored = print_.partition(_SEPARATOR)[2]
    found: dict[str, str] = json.loads(stored) if stored else {}
    return found
