"""Checks a built site: no link leads nowhere, nothing is fetched from elsewhere, no Markdown is left as text."""

import re
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FETCHING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "object": "data"}
_FETCHING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "prefetch", "dns-prefetch"}
_FETCHED_BY_CSS = re.compile(r"""(?:url\(|@import)\s*["']?(?P<address>(?:https?:)?//[^"')\s]+)""")
_LEFT_OVER = re.compile(r"^(?:[-*] |\d+\. |\| |```|#{1,6} )|\]\([^)\s]+\)", re.MULTILINE)


class Page(HTMLParser):
    """What of a page matters: its anchors, links, what it fetches, and paragraphs that look like Markdown."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.left_over: list[str] = []
        self._in_paragraph = False
        self._in_code = 0
        self._text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if values.get(name))
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        self._note_fetch(tag, values)
        self._in_code += tag == "code"
        if tag == "p":
            self._in_paragraph, self._text = True, ""

    def handle_endtag(self, tag: str) -> None:
        self._in_code -= tag == "code"
        if tag == "p" and self._in_paragraph:
            self._in_paragraph = False
            if _LEFT_OVER.search(self._text):
                self.left_over.append(self._text.strip()[:80])

    def handle_data(self, data: str) -> None:
        if self._in_paragraph and not self._in_code:
            self._text += data

    def _note_fetch(self, tag: str, values: dict[str, str]) -> None:
        if tag in _FETCHING and values.get(_FETCHING[tag]):
            self.fetched.append(values[_FETCHING[tag]])
        elif tag == "link" and _FETCHING_LINKS & set(values.get("rel", "").split()):
            self.fetched.append(values["href"])


class Site:
    """A folder of pages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @cached_property
    def pages(self) -> dict[Path, Page]:
        return {path: Page(path) for path in sorted(self.folder.rglob("*.html"))}

    def faults(self) -> list[str]:
        """Return all that is wrong, in words; `[]` when nothing is."""
        found = [f"{self._name(page.path)}: {fault}" for page in self.pages.values() for fault in self._faults_of(page)]
        return found + [
            f"{self._name(path)}: fetches {match['address']}"
            for path in sorted(self.folder.rglob("*.css"))
            for match in _FETCHED_BY_CSS.finditer(path.read_text("utf-8"))
        ]

    def _faults_of(self, page: Page) -> Iterator[str]:
        if page.path.name == "404.html":  # its links are meant for whatever folder it is shown in
            return
        for link in page.links:
            fault = self._fault_of_link(page, link)
            if fault:
                yield f"{link} {fault}"
        for address in page.fetched:
            if urlsplit(address).netloc:
                yield f"fetches {address}"
            elif self._fault_of_link(page, address):
                yield f"{address} is not there"
        for text in page.left_over:
            yield f"this looks like Markdown that was not read as such: {text!r}"

    def _fault_of_link(self, page: Page, link: str) -> str:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return ""
        path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return "leads nowhere"
        anchor = unquote(parts.fragment)
        known = not anchor or path not in self.pages or anchor in self.pages[path].anchors
        return "" if known else f"has no such place on the page {self._name(path)}"

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()
