"""The blocks of a text, independent of any service."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one manner. A line break is `\\n`; an image is a link to it."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 6."""

    level: int
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: list[Span]


@dataclass(frozen=True, slots=True)
class Code:
    """Text that stays as it is."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    blocks: list["Block"]


@dataclass(frozen=True, slots=True)
class Items:
    """A list; each item has blocks, other lists among them. `start` is the first number of an ordered one."""

    items: list[list["Block"]]
    ordered: bool = False
    start: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first of which is the head."""

    rows: list[list[list[Span]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


Block = Heading | Paragraph | Code | Quote | Items | Table | Rule


def plain(spans: Sequence[Span]) -> str:
    """Return the text without its manners."""
    return "".join(span.text for span in spans)
