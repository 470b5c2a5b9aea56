"""From the elements of WordprocessingML (ECMA-376, part 1, 17) to lines of text."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_LOOKED_THROUGH = frozenset(
    {f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")}
    | {f"{_MC}AlternateContent", f"{_MC}Choice"}
)
_UNSEEN = frozenset(
    {
        f"{_W}{name}"
        for name in ("pPr", "rPr", "del", "moveFrom", "txbxContent", "instrText", "delText", "sdtPr", "pict")
    }
    | {f"{_MC}Fallback"}
)
_SIGNS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_REFERENCES = {f"{_W}footnoteReference": "footnote", f"{_W}endnoteReference": "endnote"}
_HEADING_NAME = re.compile(r"heading (?P<level>[1-9])", re.IGNORECASE)
_SPACE = re.compile(r"[^\S\n]+")
_DEEPEST = 6  # levels of headings in Markdown


class Rendered(NamedTuple):
    """The text of a document; `title` is its paragraph of the style Title, `heading` its first heading."""

    text: str
    title: str
    heading: str


class Style(NamedTuple):
    """What is used of a paragraph's style; level 0 is no heading, and the title has level 1."""

    level: int = 0
    is_title: bool = False
    is_item: bool = False


class Styles:
    """The styles of a document, by id. What one does not say, the one it is based on does."""

    def __init__(self, tree: Any) -> None:
        self._elements = {style.get(f"{_W}styleId"): style for style in tree.iterchildren(f"{_W}style")}
        self._known: dict[str | None, Style] = {}

    def of(self, id_: str | None) -> Style:
        """Return a style; an unknown one says nothing."""
        if id_ not in self._known:
            self._known[id_] = Style()  # ends circles
            self._known[id_] = self._read(self._elements[id_]) if id_ in self._elements else Style()
        return self._known[id_]

    def _read(self, element: Any) -> Style:
        name = _value(element, "name") or ""
        inherited = self.of(_value(element, "basedOn"))
        if name.lower() == "title":
            return Style(1, is_title=True)
        if heading := _HEADING_NAME.fullmatch(name):
            return Style(min(_DEEPEST, int(heading["level"])))
        outline = _value(element, "pPr", "outlineLvl")
        level = inherited.level if outline is None else _level(outline)
        return Style(level, is_item=inherited.is_item or _numbered(element) is not None)


class Notes:
    """Footnotes and endnotes, numbered in the order in which the text refers to them."""

    def __init__(self, trees: Mapping[str, Any]) -> None:
        self._notes = {(kind, note.get(f"{_W}id")): note for kind, tree in trees.items() for note in tree}
        self._numbers: dict[tuple[str, str | None], int] = {}

    def mark(self, kind: str, id_: str | None) -> str:
        """Return what stands in the text for a reference; nothing when there is no such note."""
        key = (kind, id_)
        return f"[{self._numbers.setdefault(key, len(self._numbers) + 1)}]" if key in self._notes else ""

    def lines(self) -> list[str]:
        """Return the notes that were referred to."""
        return [f"[{number}] {_flat(self._notes[key])}" for key, number in self._numbers.items()]


def render(body: Any, styles: Styles, notes: Notes) -> Rendered:
    """Return the text of a document's body, followed by its notes. Paragraphs are parted by a blank line."""
    page = _Page(styles, notes)
    page.add(body)
    text = "\n\n".join(["".join(page.parts), *notes.lines()])
    return Rendered(text.strip(), page.title, page.heading)


class _Page:
    def __init__(self, styles: Styles, notes: Notes) -> None:
        self._styles = styles
        self._notes = notes
        self._after_item = False
        self.parts: list[str] = []
        self.title = ""
        self.heading = ""

    def add(self, container: Any) -> None:
        for block in _children(container):
            if block.tag == f"{_W}p":
                self._paragraph(block)
            elif block.tag == f"{_W}tbl":
                self._table(block)

    def _paragraph(self, paragraph: Any) -> None:
        style = self._styles.of(_value(paragraph, "pPr", "pStyle"))
        outline = _value(paragraph, "pPr", "outlineLvl")
        level = style.level if outline is None else _level(outline)
        numbered = _numbered(paragraph)
        text = _text(paragraph, self._notes)
        if level and text:
            self._heading(text.replace("\n", " "), level, is_title=style.is_title)
        elif text and numbered != "" and (numbered or style.is_item):
            depth = int(numbered or 0) if (numbered or "0").isdigit() else 0
            self._write("  " * min(depth, 8) + "- " + text.replace("\n", " "), is_item=True)
        else:
            self._write(text)
        for box in paragraph.iter(f"{_W}txbxContent"):
            if not any(above.tag == f"{_MC}Fallback" for above in box.iterancestors()):
                self.add(box)

    def _heading(self, text: str, level: int, *, is_title: bool) -> None:
        self._write("#" * level + " " + text)
        if is_title:
            self.title = self.title or text
        else:
            self.heading = self.heading or text

    def _table(self, table: Any) -> None:
        rows = [[cell for cell in _children(row) if cell.tag == f"{_W}tc"] for row in _children(table)]
        if max(map(len, rows), default=0) < 2:  # a frame around text
            for [cell] in filter(None, rows):
                self.add(cell)
            return
        lines = ["| " + " | ".join(_flat(cell, self._notes) for cell in cells) + " |" for cells in rows if cells]
        self._write("\n".join(lines))

    def _write(self, block: str, *, is_item: bool = False) -> None:
        if block:
            between = "\n" if is_item and self._after_item else "\n\n"
            self.parts.append(between * bool(self.parts) + block)
            self._after_item = is_item


def _children(element: Any) -> Iterator[Any]:
    """Yield the elements in another one; what only wraps them is looked through."""
    for child in element:
        if child.tag in _LOOKED_THROUGH:
            yield from _children(child)
        else:
            yield child


def _flat(element: Any, notes: Notes | None = None) -> str:
    """Return the paragraphs of a cell or note on one line."""
    return " ".join(" ".join(_text(paragraph, notes) for paragraph in element.iter(f"{_W}p")).split())


def _text(paragraph: Any, notes: Notes | None = None) -> str:
    from lxml import etree  # type: ignore[import-untyped]

    parts: list[str] = []
    walk = etree.iterwalk(paragraph, events=("start",))
    for _, element in walk:
        if element.tag in _UNSEEN or (element.tag == f"{_W}r" and _is_hidden(element)):
            walk.skip_subtree()
        elif element.tag in (f"{_W}t", _MATH_TEXT):
            parts.append(element.text or "")
        elif kind := _REFERENCES.get(element.tag):
            parts.append(notes.mark(kind, element.get(f"{_W}id")) if notes else "")
        else:
            parts.append(_SIGNS.get(element.tag, ""))
    lines = (_SPACE.sub(" ", line).strip() for line in "".join(parts).split("\n"))
    return "\n".join(filter(None, lines))


def _is_hidden(run: Any) -> bool:
    return run.find(f"{_W}rPr/{_W}vanish") is not None


def _value(element: Any, *path: str) -> str | None:
    found = element.find("/".join(f"{_W}{name}" for name in path))
    value: str | None = None if found is None else found.get(f"{_W}val")
    return value


def _numbered(element: Any) -> str | None:
    """Return the level of a list item, `""` where a list is left, None where nothing is said."""
    if element.find(f"{_W}pPr/{_W}numPr") is None or _value(element, "pPr", "numPr", "numId") is None:
        return None
    return "" if _value(element, "pPr", "numPr", "numId") == "0" else _value(element, "pPr", "numPr", "ilvl") or "0"


def _level(outline: str) -> int:
    """Return the level of a heading; 9 stands for text, and levels are counted from 0."""
    return min(_DEEPEST, int(outline) + 1) if outline.isdigit() and int(outline) < 9 else 0
