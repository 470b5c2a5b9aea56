"""Markdown by CommonMark, with tables and strikethrough. HTML in it is text."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rookery.adapters.support.markdown.blocks import Block, Code, Heading, Items, Paragraph, Quote, Rule, Span, Table

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode


def blocks_of(markdown: str) -> list[Block]:
    """Return the blocks of a text."""
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(["html_block"])
    return _blocks(SyntaxTreeNode(parser.parse(markdown)).children)


def _blocks(nodes: "Sequence[SyntaxTreeNode]") -> list[Block]:
    return [block for node in nodes if (block := _block(node)) is not None]


def _block(node: "SyntaxTreeNode") -> Block | None:
    match node.type:
        case "heading":
            return Heading(int(node.tag[1:]), _inline(node))
        case "paragraph":
            return Paragraph(_inline(node))
        case "fence" | "code_block":
            return Code(node.content.rstrip("\n"), (node.info.split() or [""])[0])
        case "blockquote":
            return Quote(_blocks(node.children))
        case "bullet_list" | "ordered_list":
            items = [_blocks(item.children) for item in node.children]
            return Items(items, node.type == "ordered_list", int(node.attrs.get("start", 1)))
        case "table":
            return Table([[_inline(cell) for cell in row.children] for part in node.children for row in part.children])
        case "hr":
            return Rule()
        case _:
            return Paragraph([Span(node.content)]) if node.content else None


def _inline(node: "SyntaxTreeNode") -> list[Span]:
    spans = [span for inline in node.children for child in inline.children for span in _spans(child, Span(""))]
    return _joined(spans)


def _spans(node: "SyntaxTreeNode", manner: Span) -> list[Span]:
    match node.type:
        case "text" | "html_inline":
            return [replace(manner, text=node.content)]
        case "code_inline":
            return [replace(manner, text=node.content, code=True)]
        case "softbreak" | "hardbreak":
            return [replace(manner, text="\n" if node.type == "hardbreak" else " ")]
        case "image":
            return [replace(manner, text=node.content or "image", href=str(node.attrs.get("src", "")) or None)]
    inner = {
        "strong": replace(manner, bold=True),
        "em": replace(manner, italic=True),
        "s": replace(manner, strike=True),
        "link": replace(manner, href=str(node.attrs.get("href", "")) or None),
    }.get(node.type, manner)
    return [span for child in node.children for span in _spans(child, inner)]


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Join neighbours of the same manner and drop empty ones."""
    joined: list[Span] = []
    for span in spans:
        if joined and replace(joined[-1], text="") == replace(span, text=""):
            joined[-1] = replace(span, text=joined[-1].text + span.text)
        elif span.text:
            joined.append(span)
    return joined
