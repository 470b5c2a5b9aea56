"""HTML: the main text, with headings and list items marked as in Markdown."""

import logging
import re
from itertools import dropwhile
from typing import Any

from rookery.adapters.readers.confined import is_simple, read_confined
from rookery.adapters.readers.decoding import decode
from rookery.adapters.readers.documents import Content, File, Settings, check_length
from rookery.adapters.readers.markup import Element, render
from rookery.adapters.support.titles import as_title, without_surrogates
from rookery.domain.errors import SourceError

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,4}=\s{0,4}[\"']?\s{0,4}([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}>")
_CONTAINER = re.compile(
    r"</?(?:div|span|font|section|center|blockquote|b|i|em|strong|ul|ol|dl|table|tbody|tr|td)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s[|–—·•:»-]\s")
_METADATA = frozenset({"title", "meta", "link", "script", "style", "base", "noscript", "template"})
_TOO_LITTLE = 250  # characters of main text below which all visible text is taken, or below a fifth of that
_LARGE = 50_000  # elements above which all visible text is taken, since the search for the main text takes minutes


def read_html(file: File, settings: Settings) -> Content:
    """Read a page; what may take minutes, in a process that may not."""
    return read_markup(file, settings) if is_simple(file.data) else read_confined(file, settings)


def read_markup(file: File, settings: Settings) -> Content:
    """Read a page. Its title is its own, without the name of the site when its first heading shows what that is."""
    markup = decode(file.data, declared=file.charset or _declared(file.data))
    if markup is None:
        raise SourceError(f"{file.shown} is not text, though its name says HTML; save the page again")
    tree = _parse(without_surrogates(markup).replace("\0", ""))
    title, text = ("", "") if tree is None else (_title(tree), _main_text(tree))
    if not any(map(str.isalnum, text)):
        raise SourceError(
            f"{file.shown} has no text; if a script fills the page, open it in a browser and save it as PDF"
        )
    check_length(file, len(text), settings)
    return Content(title or as_title(file.path.stem), text)


def _declared(data: bytes) -> str | None:
    found = _CHARSET.search(data, 0, 4096)
    return found[1].decode("ascii") if found else None


def _parse(markup: str) -> Element | None:
    from lxml import etree, html  # type: ignore[import-untyped]

    markup = _XML_DECLARATION.sub("", markup, count=1)
    parser = html.HTMLParser(huge_tree=len(markup) > 1_000_000, remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree: Element = html.document_fromstring(markup, parser=parser)
        if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
            tree = html.document_fromstring(_CONTAINER.sub("\n", markup), parser=parser)  # nested too deeply
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    _mend(tree)
    return tree


def _mend(tree: Any) -> None:
    """Move into the body what libxml2 leaves in the head of a page that omits the tags of both."""
    head = tree.find("head")
    strays = [] if head is None else list(dropwhile(lambda child: child.tag in _METADATA, head))
    if not strays:
        return
    body = tree.find("body")
    if body is None:
        body = tree.makeelement("body")
        tree.append(body)
    strays[-1].tail = (strays[-1].tail or "") + (body.text or "")
    body.text = None
    for place, stray in enumerate(strays):
        body.insert(place, stray)


def _main_text(tree: Element) -> str:
    everything = render(tree)
    main = _extracted(tree) if sum(1 for _ in tree.iter()) <= _LARGE else ""
    return everything if len(main) < max(_TOO_LITTLE, len(everything) / 5) else main


def _extracted(tree: Any) -> str:
    import trafilatura
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = trafilatura.extract(tree, output_format="xml", include_comments=False, include_tables=True)
    except (ValueError, TypeError, AttributeError, RecursionError, etree.LxmlError):
        return ""  # pages that it stumbles over are rendered whole
    if not found:
        return ""
    body = etree.fromstring(found.encode("utf-8"), etree.XMLParser(huge_tree=True, resolve_entities=False)).find("main")
    return "" if body is None else render(body)


def _title(tree: Element) -> str:
    title = as_title(tree.findtext(".//title") or "")
    first = tree.find(".//h1")
    heading = "" if first is None else as_title("".join(first.itertext()))
    parts = _SEPARATOR.split(title)
    is_title = heading.startswith(parts[0]) or parts[0].startswith(heading) or heading == max(parts, key=len)
    return heading if heading and (is_title or not title) else title
