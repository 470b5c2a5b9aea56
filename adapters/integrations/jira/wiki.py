"""Markdown as Jira's wiki markup, which Data Center takes."""

import re
from collections.abc import Sequence

from rookery.adapters.support.markdown import (
    Block,
    Code,
    Heading,
    Items,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    blocks_of,
)

_SPECIAL = re.compile(r"([{}\[\]|!])")


def wiki_of(markdown: str) -> str:
    """Return a text in wiki markup; all that it says is in it."""
    return "\n\n".join(_block(block) for block in blocks_of(markdown)) or _escape(markdown)


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"h{block.level}. {_spans(block.spans)}"
        case Paragraph():
            return _spans(block.spans)
        case Code():
            opening = f"{{code:{block.language}}}" if block.language.isalnum() else "{code}"
            return f"{opening}\n{block.text}\n{{code}}"
        case Quote():
            inner = "\n\n".join(_block(one) for one in block.blocks)
            return f"{{quote}}\n{inner}\n{{quote}}"
        case Items():
            return "\n".join(_items(block, ""))
        case Table():
            rows = [[_spans(cell) for cell in row] for row in block.rows]
            return "\n".join(_row(row, "|" if number else "||") for number, row in enumerate(rows))
        case Rule():
            return "----"


def _row(cells: Sequence[str], bar: str) -> str:
    return f"{bar}{bar.join(cell or ' ' for cell in cells)}{bar}"


def _items(block: Items, signs: str) -> list[str]:
    signs += "#" if block.ordered else "*"
    lines: list[str] = []
    for item in block.items:
        text = [_block(one) for one in item if not isinstance(one, Items)]
        lines.append(f"{signs} {' '.join(text)}")
        lines += [line for one in item if isinstance(one, Items) for line in _items(one, signs)]
    return lines


def _spans(spans: Sequence[Span]) -> str:
    return "".join(_span(span) for span in spans)


def _span(span: Span) -> str:
    text = _escape(span.text)
    if span.code:
        return f"{{{{{text}}}}}"
    for sign, holds in (("*", span.bold), ("_", span.italic), ("-", span.strike)):
        text = f"{sign}{text}{sign}" if holds and text.strip() else text
    if span.href and span.href.startswith(("http://", "https://", "mailto:")):
        return f"[{text}|{span.href.replace('|', '%7C').replace(']', '%5D')}]"
    return text


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
