"""A document of Jira Cloud as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]


def markdown_of(document: object) -> str:
    """Return the text of a document; of a string, the string (Data Center has wiki markup, which stays as it is)."""
    if isinstance(document, str):
        return document.replace("\r\n", "\n")
    return _blocks(_content(document)) if isinstance(document, Mapping) else ""


def _content(node: Node) -> Sequence[Node]:
    content = node.get("content")
    return [one for one in content if isinstance(one, Mapping)] if isinstance(content, list) else []


def _blocks(nodes: Sequence[Node]) -> str:
    return "\n\n".join(text for node in nodes if (text := _block(node)).strip())


def _block(node: Node) -> str:  # noqa: C901 - one line for each kind
    attributes: Mapping[str, Any] = node.get("attrs") or {}
    match node.get("type"):
        case "heading":
            return f"{'#' * int(attributes.get('level', 1))} {_inline(node)}"
        case "paragraph":
            return _inline(node)
        case "codeBlock":
            return f"```{attributes.get('language') or ''}\n{_inline(node)}\n```"
        case "blockquote" | "panel":
            return "\n".join(f"> {line}".rstrip() for line in _blocks(_content(node)).split("\n"))
        case "bulletList" | "taskList" | "decisionList":
            return "\n".join(_item(one, "-") for one in _content(node))
        case "orderedList":
            start = int(attributes.get("order") or 1)
            return "\n".join(_item(one, f"{start + number}.") for number, one in enumerate(_content(node)))
        case "table":
            return _table(_content(node))
        case "rule":
            return "---"
        case "expand" | "nestedExpand":
            title = attributes.get("title")
            return _blocks(
                [*([{"type": "paragraph", "content": [_plain(str(title))]}] if title else []), *_content(node)]
            )
        case "mediaSingle" | "mediaGroup":
            return "(attachment)"
        case "blockCard" | "embedCard":
            return str(attributes.get("url", ""))
        case _:
            return _blocks(_content(node)) or _inline({"content": [node]})


def _item(node: Node, mark: str) -> str:
    content = _content(node)
    inside = _inline(node) if node.get("type") in ("taskItem", "decisionItem") else ""
    text = inside or "\n".join(_block(one) for one in content)
    lines = text.split("\n")
    return "\n".join([f"{mark} {lines[0]}", *(f"{' ' * (len(mark) + 1)}{line}".rstrip() for line in lines[1:])])


def _table(rows: Sequence[Node]) -> str:
    lines = [[_blocks(_content(cell)).replace("\n", " ").replace("|", "\\|") for cell in _content(row)] for row in rows]
    text = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([*text[:1], f"|{' --- |' * len(lines[0])}" if lines else "", *text[1:]])


def _plain(text: str) -> Node:
    return {"type": "text", "text": text}


def _inline(node: Node) -> str:
    return "".join(_piece(one) for one in _content(node))


def _piece(node: Node) -> str:
    attributes: Mapping[str, Any] = node.get("attrs") or {}
    match node.get("type"):
        case "text":
            return _marked(
                str(node.get("text", "")), [one for one in node.get("marks") or [] if isinstance(one, Mapping)]
            )
        case "hardBreak":
            return "\n"
        case "mention" | "status":
            return str(attributes.get("text", ""))
        case "emoji":
            return str(attributes.get("text") or attributes.get("shortName") or "")
        case "inlineCard":
            return str(attributes.get("url", ""))
        case "date":
            return str(attributes.get("timestamp", ""))
        case _:
            return _inline(node)


def _marked(text: str, marks: Sequence[Node]) -> str:
    signs = {"code": "`", "strong": "**", "em": "*", "strike": "~~"}
    for mark in marks:
        kind = str(mark.get("type"))
        if kind in signs and text.strip():
            text = f"{signs[kind]}{text}{signs[kind]}"
        if kind == "link":
            href = str((mark.get("attrs") or {}).get("href", ""))
            text = text if text == href else f"[{text}]({href})"
    return text
