"""XML of strangers: no entity is expanded, nothing is loaded, and what declares a document type is refused."""

from typing import Any

from rookery.domain.errors import SourceError


def parse_xml(data: bytes, shown: str) -> Any:
    """Return the root of a document, as an element of lxml.

    Raises:
        SourceError: it is no XML, or declares a document type, from which entities would come.
    """
    from lxml import etree  # type: ignore[import-untyped]

    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or _is_wide(data):
        raise SourceError(f"{shown} declares a document type or is no UTF-8, so it is not read: it may hold a bomb")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(f"{shown} is not well-formed XML ({type(error).__name__})") from error


def _is_wide(data: bytes) -> bool:
    """Whether the bytes are UTF-16 or UTF-32, in which a declaration would not be seen."""
    return data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:64]
