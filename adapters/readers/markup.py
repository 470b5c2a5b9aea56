"""From an element tree to lines of text."""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

_UNSEEN = frozenset(
    {"script", "style", "noscript", "template", "nav", "footer", "aside", "svg", "math", "iframe", "object"}
    | {"button", "select", "textarea", "audio", "video", "canvas"}
)
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "caption", "center", "code-block", "dd", "details", "div", "dl", "dt"}
    | {"fieldset", "figcaption", "figure", "form", "header", "hr", "html", "list", "main", "ol", "p", "pre", "quote"}
    | {"section", "summary", "table", "ul"}
)
_LISTS = frozenset({"ul", "ol", "list"})
_ITEMS = frozenset({"li", "item"})
_ROWS = frozenset({"tr", "row"})
_CELLS = frozenset({"td", "th", "cell"})
_BREAKS = frozenset({"br", "lb"})
_HEADING = re.compile(r"h[1-6]")
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_SPACE_AT_LINE_END = re.compile(r"[ \t]+(?=\n)")


class Element(Protocol):
    """What is used of lxml's elements."""

    tag: object
    text: str | None
    tail: str | None

    @property
    def attrib(self) -> Mapping[str, str]: ...
    def __len__(self) -> int: ...
    def getparent(self) -> "Element | None": ...
    def getnext(self) -> "Element | None": ...
    def iter(self) -> Iterator["Element"]: ...
    def itertext(self) -> Iterator[str]: ...
    def find(self, path: str) -> "Element | None": ...
    def findtext(self, path: str) -> str | None: ...


def render(tree: Element) -> str:
    """Return what is seen of a tree of HTML, or of trafilatura's XML.

    Paragraphs are parted by a blank line; headings, list items and rows of tables are marked as in Markdown.
    """
    from lxml import etree  # type: ignore[import-untyped]

    page = _Page()
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            if not _is_unseen(element):
                page.close(element)
            if element is not tree:
                page.write(element.tail)
        elif _is_unseen(element):
            walk.skip_subtree()
        else:
            page.open(element)
            page.write(element.text)
    return page.text()


class _Page:
    """Text as it grows: white space is folded, and a break waits until something follows it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._waiting = 0  # line feeds before the next word
        self._mark = ""  # what begins the next line
        self._lists = 0
        self._verbatim = 0
        self._in_heading = 0

    def open(self, element: Element) -> None:
        tag = str(element.tag)
        if _heading_level(element):
            self._break(2)
            self._in_heading += 1
            self._mark = "#" * _heading_level(element) + " "
        elif tag in _BREAKS:
            self._break(1)
        elif tag in _ITEMS:
            self._mark = ""
            self._break(1)
            self._mark = "  " * max(0, self._lists - 1) + "- "
        elif tag in _ROWS:
            self._break(1)
            self._mark = "| " if len(element) > 1 else ""
        elif tag in _BLOCKS:
            self._break(1 if tag in _LISTS and self._lists else 2)
        self._lists += tag in _LISTS
        self._verbatim += tag == "pre"

    def close(self, element: Element) -> None:
        tag = str(element.tag)
        self._lists -= tag in _LISTS
        self._verbatim -= tag == "pre"
        if _heading_level(element):
            self._in_heading -= 1
            self._end_line(2)
        elif tag in _ITEMS:
            self._end_line(1)
        elif tag in _CELLS:
            self._end_cell(is_last=element.getnext() is None)
        elif tag in _ROWS:
            self._end_line(1)
        elif tag in _BLOCKS:
            self._break(1 if tag in _LISTS and self._lists else 2)

    def write(self, text: str | None) -> None:
        if not text:
            return
        text = _INVISIBLE.sub("", text)
        if not self._verbatim:
            text = _SPACE.sub(" ", text)
        if self._waiting or self._mark or not self._parts:
            text = text.lstrip("\n" if self._verbatim else None)
            if not text:
                return
            self._parts.append("\n" * self._waiting * bool(self._parts) + self._mark)
            self._waiting, self._mark = 0, ""
        elif not self._verbatim and text[0] == " " and self._parts[-1][-1:].isspace():
            text = text[1:]
        self._parts.append(text)

    def text(self) -> str:
        return _SPACE_AT_LINE_END.sub("", "".join(self._parts)).strip()

    def _break(self, lines: int) -> None:
        if self._in_heading:
            self.write(" ")
        elif not self._mark:
            self._waiting = max(self._waiting, lines)

    def _end_line(self, lines: int) -> None:
        self._mark = ""
        self._break(lines)

    def _end_cell(self, *, is_last: bool) -> None:
        if self._parts and not self._mark:
            self._waiting = 0
            self._parts[-1] = self._parts[-1].rstrip(" ")
            self._parts.append(" |" if is_last else " | ")


def _is_unseen(element: Element) -> bool:
    parent = element.getparent()
    is_head_of_page = element.tag == "head" and parent is not None and parent.tag == "html"
    return is_head_of_page or element.tag in _UNSEEN or "hidden" in element.attrib


def _heading_level(element: Element) -> int:
    tag = str(element.tag)
    if _HEADING.fullmatch(tag):
        return int(tag[1])
    if tag != "head":
        return 0
    level = element.attrib.get("rend", "h2")
    return int(level[1]) if _HEADING.fullmatch(level) else 2
