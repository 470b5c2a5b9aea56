"""Short texts of strangers without the marks in them."""

from contextlib import suppress

_MARKS = ("<", "&")


def plain(marked: str) -> str:
    """Return a line of HTML or JATS as text."""
    from lxml import etree, html  # type: ignore[import-untyped]

    if any(mark in marked for mark in _MARKS):
        with suppress(etree.ParserError, etree.XMLSyntaxError, ValueError):
            marked = str(html.fromstring(f"<div>{marked}</div>").text_content())
    return " ".join(marked.split())
