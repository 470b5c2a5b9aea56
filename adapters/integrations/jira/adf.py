"""Markdown as a document of Jira Cloud (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure)."""

from collections.abc import Sequence
from typing import Any

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
    plain,
)

Node = dict[str, Any]


def adf_of(markdown: str) -> Node:
    """Return a text as a document; all that it says is in it."""
    content = [node for block in blocks_of(markdown) for node in _outer(block)]
    return {"version": 1, "type": "doc", "content": content or [_paragraph([Span(markdown)])]}


def _outer(block: Block) -> list[Node]:
    match block:
        case Heading():
            return [{"type": "heading", "attrs": {"level": block.level}, "content": _inline(block.spans)}]
        case Quote():
            return [{"type": "blockquote", "content": _inner(block.blocks) or [_paragraph([])]}]
        case Table() if block.rows:
            rows = [_row(row, "tableCell" if number else "tableHeader") for number, row in enumerate(block.rows)]
            return [{"type": "table", "content": rows}]
        case Rule():
            return [{"type": "rule"}]
        case _:
            return _inner([block])


def _inner(blocks: Sequence[Block]) -> list[Node]:
    """Return nodes that may stand in items and quotes: paragraphs, lists and code; the rest becomes these."""
    return [node for block in blocks for node in _inner_one(block)]


def _inner_one(block: Block) -> list[Node]:
    match block:
        case Paragraph():
            return [_paragraph(block.spans)]
        case Heading():
            return [_paragraph([Span(plain(block.spans), bold=True)])]
        case Code():
            text = [{"type": "text", "text": block.text}] if block.text else []
            attributes = {"attrs": {"language": block.language}} if block.language else {}
            return [{"type": "codeBlock", **attributes, "content": text}]
        case Items():
            return [_list(block)]
        case Quote():
            return _inner(block.blocks)
        case Table():
            return [_paragraph([Span(" | ".join(map(plain, row)))]) for row in block.rows]
        case Rule():
            return [_paragraph([Span("———")])]


def _list(block: Items) -> Node:
    items = [{"type": "listItem", "content": _item(item)} for item in block.items]
    if block.ordered:
        return {"type": "orderedList", "attrs": {"order": block.start}, "content": items}
    return {"type": "bulletList", "content": items}


def _item(blocks: Sequence[Block]) -> list[Node]:
    nodes = _inner(blocks)
    begins_well = nodes and nodes[0]["type"] in ("paragraph", "codeBlock")
    return nodes if begins_well else [_paragraph([]), *nodes]


def _row(cells: Sequence[Sequence[Span]], kind: str) -> Node:
    return {
        "type": "tableRow",
        "content": [{"type": kind, "attrs": {}, "content": [_paragraph(cell)]} for cell in cells],
    }


def _paragraph(spans: Sequence[Span]) -> Node:
    return {"type": "paragraph", "content": _inline(spans)}


def _inline(spans: Sequence[Span]) -> list[Node]:
    nodes: list[Node] = []
    for span in spans:
        for number, line in enumerate(span.text.split("\n")):
            nodes += [{"type": "hardBreak"}] if number else []
            nodes += [_text(line, span)] if line else []
    return nodes


def _text(line: str, span: Span) -> Node:
    marks: list[Node] = [{"type": "code"}] if span.code else []
    if not span.code:  # a mark of code stands alone, but for a link
        manners = (("strong", span.bold), ("em", span.italic), ("strike", span.strike))
        marks = [{"type": name} for name, holds in manners if holds]
    if span.href and span.href.startswith(("http://", "https://", "mailto:")):
        marks.append({"type": "link", "attrs": {"href": span.href}})
    return {"type": "text", "text": line, **({"marks": marks} if marks else {})}
