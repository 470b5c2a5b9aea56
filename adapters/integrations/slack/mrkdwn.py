"""Markdown as Slack's mrkdwn, and back (https://api.slack.com/reference/surfaces/formatting)."""

import re
from collections.abc import Mapping, Sequence

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
    cut,
    pack,
    plain,
)

SECTION = 3000  # characters that a section block takes
MESSAGE = 4000  # characters that Slack recommends for a message; it cuts at 40,000
_FENCE = "```"
_WORD_JOINER = "\u200b"  # a mark that touches a letter is none for Slack


def messages_of(markdown: str, title: str = "") -> list[list[str]]:
    """Return the messages of a text, each as the texts of its sections; nothing is left out."""
    pieces = [piece for block in blocks_of(markdown) for piece in _pieces(_block(block), block)]
    head = [f"*{escape(_flat(title))}*"] if title.strip() else []
    sections = pack([*head, *pieces] or [escape(markdown)], SECTION)
    messages: list[list[str]] = []
    for section in sections:
        if messages and sum(map(len, messages[-1])) + len(section) + 2 * len(messages[-1]) <= MESSAGE:
            messages[-1].append(section)
        else:
            messages.append([section])
    return messages


def escape(text: str) -> str:
    """Return text that Slack shows as it is: nobody is called by it, and nothing is linked."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pieces(text: str, block: Block) -> list[str]:
    if len(text) <= SECTION:
        return [text] if text.strip() else []
    if isinstance(block, Code):
        return [f"{_FENCE}\n{piece}\n{_FENCE}" for piece in cut(escape(block.text), SECTION - 8)]
    return cut(text, SECTION)


def _block(block: Block, indent: str = "") -> str:
    match block:
        case Heading():
            return f"*{escape(_flat(plain(block.spans)))}*"
        case Paragraph():
            return _spans(block.spans)
        case Code():
            return f"{_FENCE}\n{escape(block.text)}\n{_FENCE}"
        case Quote():
            inner = "\n\n".join(_block(one) for one in block.blocks)
            return "\n".join(f"&gt; {line}".replace("&gt; ", "> ", 1) for line in inner.split("\n"))
        case Items():
            return "\n".join(_item(item, _bullet(block, number), indent) for number, item in enumerate(block.items))
        case Table():
            return f"{_FENCE}\n{_table(block)}\n{_FENCE}"
        case Rule():
            return "———"


def _bullet(block: Items, number: int) -> str:
    return f"{block.start + number}." if block.ordered else "•"


def _item(item: Sequence[Block], bullet: str, indent: str) -> str:
    deeper = indent + "    "
    texts = [_block(one, deeper) for one in item]
    first = texts[0] if texts and not isinstance(item[0], Items) else ""
    rest = texts[1:] if first else texts
    return "\n".join([f"{indent}{bullet} {first}".rstrip(), *rest])


def _spans(spans: Sequence[Span]) -> str:
    return "".join(_span(span) for span in spans)


def _span(span: Span) -> str:
    text = escape(span.text)
    if span.code:
        return f"`{text}`"
    if span.href and span.href.startswith(("http://", "https://", "mailto:")):
        text = f"<{escape(span.href).replace('|', '%7C')}|{_flat(text).replace('|', '¦')}>"
    for mark, holds in (("*", span.bold), ("_", span.italic), ("~", span.strike)):
        if holds and text.strip():
            lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
            text = f"{lead}{mark}{text.strip()}{mark}{trail}"
    return text


def _table(table: Table) -> str:
    rows = [[escape(_flat(plain(cell))) for cell in row] for row in table.rows]
    columns = max(map(len, rows), default=0)
    widths = [max((len(row[n]) for row in rows if n < len(row)), default=0) for n in range(columns)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=False)] for row in rows]
    return "\n".join(" | ".join(row).rstrip() for row in padded)


def _flat(text: str) -> str:
    return " ".join(text.split())


_ENTITY = re.compile(r"<(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")


def readable(text: str, names: Mapping[str, str] | None = None) -> str:
    """Return a message of Slack as Markdown: links as links, mentions by name where it is known."""

    def replace(match: re.Match[str]) -> str:
        target, label = match["target"], match["label"]
        if target[:1] in ("@", "#", "!"):
            name = label or (names or {}).get(target[1:], target[1:])
            return f"{'#' if target[0] == '#' else '@'}{name}"
        return f"[{label}]({target})" if label and label != target else target

    return _ENTITY.sub(replace, text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
