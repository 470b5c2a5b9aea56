"""Markdown as blocks of spans, from which each service's own form is made."""

from rookery.adapters.support.markdown.blocks import (
    Block,
    Code,
    Heading,
    Items,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    plain,
)
from rookery.adapters.support.markdown.dividing import cut, divide, pack
from rookery.adapters.support.markdown.parsing import blocks_of

__all__ = [
    "Block",
    "Code",
    "Heading",
    "Items",
    "Paragraph",
    "Quote",
    "Rule",
    "Span",
    "Table",
    "blocks_of",
    "cut",
    "divide",
    "pack",
    "plain",
]
