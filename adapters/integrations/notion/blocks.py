"""Markdown as blocks of Notion (https://developers.notion.com/reference/block), within the limits of a request."""

from collections.abc import Iterator, Sequence
from typing import Any

from rookery.adapters.integrations.notion.languages import LANGUAGES
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

TEXT = 2000  # characters of one piece of rich text; https://developers.notion.com/reference/request-limits
ARRAY = 100  # elements of an array: pieces of rich text, children
BLOCKS = 1000  # of a request, nested ones counted
_DEEPEST = 2  # levels of children that a request may carry
Node = dict[str, Any]


def parts_of(markdown: str) -> list[list[Node]]:
    """Return a text as the blocks of one request after another; nothing is left out."""
    nodes = _nodes(blocks_of(markdown), 0) or [_text("paragraph", markdown)]
    parts: list[list[Node]] = [[]]
    size = 1  # the mark of the delivery takes one place in the first
    for node in nodes:
        if len(parts[-1]) >= ARRAY - 1 or size + _size(node) > BLOCKS - 1:
            parts.append([])
            size = 0
        parts[-1].append(node)
        size += _size(node)
    return parts


def rich_text(spans: Sequence[Span]) -> list[Node]:
    """Return text with its manners, in pieces that Notion takes."""
    return [_piece(span, span.text[at : at + TEXT]) for span in spans for at in range(0, len(span.text), TEXT)]


def _size(node: Node) -> int:
    return 1 + sum(map(_size, node[node["type"]].get("children", [])))


def _nodes(blocks: Sequence[Block], depth: int) -> list[Node]:
    return [node for block in blocks for node in _of(block, depth)]


def _of(block: Block, depth: int) -> list[Node]:
    match block:
        case Heading():
            return _texts(f"heading_{min(block.level, 3)}", block.spans)
        case Paragraph():
            return _texts("paragraph", block.spans)
        case Code():
            language = block.language.lower() if block.language.lower() in LANGUAGES else "plain text"
            return [
                {**node, "code": {**node["code"], "language": language}} for node in _texts("code", [Span(block.text)])
            ]
        case Quote():
            inner = _nodes(block.blocks, depth + 1)
            return _with_children(_text("quote", ""), inner, depth) if len(inner) != 1 else _as_quote(inner[0], depth)
        case Items():
            kind = "numbered_list_item" if block.ordered else "bulleted_list_item"
            return [node for item in block.items for node in _item(kind, item, depth)]
        case Table():
            return _table(block) if depth < _DEEPEST else [_text("paragraph", _row(row)) for row in block.rows]
        case Rule():
            return [{"object": "block", "type": "divider", "divider": {}}]


def _item(kind: str, blocks: Sequence[Block], depth: int) -> list[Node]:
    first = blocks[0].spans if blocks and isinstance(blocks[0], Paragraph) else []
    rest = blocks[1:] if first else blocks
    head, *overflow = _texts(kind, first) if first else [_text(kind, "")]
    return _with_children(head, [*overflow, *_nodes(rest, depth + 1)], depth)


def _with_children(node: Node, children: list[Node], depth: int) -> list[Node]:
    """Return a block with its children; those that a request cannot carry follow it on its own level."""
    if depth >= _DEEPEST:
        return [node, *children]
    kept, rest = children[:ARRAY], children[ARRAY:]
    inner = {**node[node["type"]], **({"children": kept} if kept else {})}
    return [{**node, node["type"]: inner}, *rest]


def _as_quote(node: Node, depth: int) -> list[Node]:
    if node["type"] != "paragraph":
        return _with_children(_text("quote", ""), [node], depth)
    return [{"object": "block", "type": "quote", "quote": node["paragraph"]}]


def _texts(kind: str, spans: Sequence[Span]) -> list[Node]:
    pieces = rich_text(spans)
    arrays = [pieces[at : at + ARRAY] for at in range(0, len(pieces), ARRAY)] or [[]]
    return [{"object": "block", "type": kind, kind: {"rich_text": array}} for array in arrays]


def _text(kind: str, text: str) -> Node:
    return _texts(kind, [Span(text)] if text else [])[0]


def _table(table: Table) -> list[Node]:
    width = max(map(len, table.rows), default=0)
    return [
        {
            "object": "block",
            "type": "table",
            "table": {"table_width": width, "has_column_header": number == 0, "children": list(_rows(rows, width))},
        }
        for number, rows in enumerate(table.rows[at : at + ARRAY] for at in range(0, len(table.rows), ARRAY))
    ]


def _rows(rows: Sequence[Sequence[Sequence[Span]]], width: int) -> Iterator[Node]:
    for row in rows:
        cells = [rich_text(cell)[:ARRAY] for cell in row] + [[]] * (width - len(row))
        yield {"object": "block", "type": "table_row", "table_row": {"cells": cells}}


def _row(row: Sequence[Sequence[Span]]) -> str:
    return " | ".join(map(plain, row))[:TEXT]


def _piece(span: Span, text: str) -> Node:
    manners = {"bold": span.bold, "italic": span.italic, "strikethrough": span.strike, "code": span.code}
    content: Node = {"content": text}
    if span.href and span.href.startswith(("http://", "https://", "mailto:")) and len(span.href) <= TEXT:
        content["link"] = {"url": span.href}
    return {"type": "text", "text": content, "annotations": {name: True for name, holds in manners.items() if holds}}
