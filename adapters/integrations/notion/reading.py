"""Pages of Notion as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from rookery.adapters.integrations.notion.api import NotionApi, id_of
from rookery.adapters.support.services.tools import document
from rookery.domain.sources import Document

_MOST_BLOCKS = 3000
_DEEPEST = 8
_LISTS = {"bulleted_list_item": "- ", "numbered_list_item": "1. ", "to_do": "- "}
_TRANSPARENT = {"column_list", "column", "synced_block"}
Node = Mapping[str, Any]


class Pages:
    """Reads pages whole, nested blocks too."""

    def __init__(self, api: NotionApi) -> None:
        self._api = api

    async def read(self, place: str) -> Document:
        """Return a page; what exceeds 3,000 blocks is left out, and that is said in it. Raises ToolError."""
        page_id = id_of(place)
        page = await self._api.ask(lambda client: client.pages.retrieve(page_id))
        title = title_of(page)
        left = [_MOST_BLOCKS]
        body = await self._markdown(page_id, left, 0)
        cut = "" if left[0] > 0 else "\n\n(The page goes on; it is longer than what is read at once.)"
        return document(str(page.get("url", "")), title, f"# {title}\n\n{body}{cut}".rstrip())

    async def children(self, block_id: str, *, most: int) -> list[dict[str, Any]]:
        """Return the blocks within a block or a page. Raises ToolError."""
        return await self._api.pages(lambda client, at: client.blocks.children.list(block_id, **at), most=most)

    async def _markdown(self, block_id: str, left: list[int], depth: int) -> str:
        if left[0] <= 0 or depth > _DEEPEST:
            return ""
        blocks = await self.children(block_id, most=left[0])
        left[0] -= len(blocks)
        texts: list[tuple[str, str]] = []
        for block in blocks:
            nested = block.get("has_children") and block.get("type") not in ("child_page", "child_database")
            inside = await self._markdown(str(block["id"]), left, depth + 1) if nested else ""
            texts.append((str(block.get("type")), _block(block, inside)))
        return _joined(texts)


def title_of(page: Node) -> str:
    """Return the title of a page or data source."""
    if isinstance(page.get("title"), list):
        return _plain(page["title"])
    properties: Mapping[str, Node] = page.get("properties") or {}
    return next((_plain(one["title"]) for one in properties.values() if one.get("type") == "title"), "")


def _plain(texts: Sequence[Node]) -> str:
    return "".join(str(text.get("plain_text") or (text.get("text") or {}).get("content", "")) for text in texts)


def _joined(texts: Sequence[tuple[str, str]]) -> str:
    """Put an empty line between blocks, but for items of one list and rows of one table."""
    joined, before = "", ""
    for kind, text in texts:
        if text.strip():
            close = kind == before and (kind in _LISTS or kind == "table_row")
            joined += ("\n" if close else "\n\n" if joined else "") + text
            before = kind
    return joined


def _block(block: Node, inside: str) -> str:  # noqa: C901 - one line for each kind
    kind = str(block.get("type"))
    content: Node = block.get(kind) or {}
    text = _rich(content.get("rich_text") or [])
    if kind in _LISTS:
        box = f"[{'x' if content.get('checked') else ' '}] " if kind == "to_do" else ""
        return _under(f"{_LISTS[kind]}{box}{text}", inside)
    if kind.startswith("heading_"):
        return f"{'#' * (int(kind[-1]) + 1)} {text}" + (f"\n\n{inside}" if inside else "")
    if kind in _TRANSPARENT:
        return inside
    match kind:
        case "paragraph" | "toggle":
            return "\n\n".join(filter(None, [text, inside]))
        case "quote" | "callout":
            return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(filter(None, [text, inside])).split("\n"))
        case "code":
            return f"```{content.get('language', '')}\n{_plain(content.get('rich_text') or [])}\n```"
        case "divider":
            return "---"
        case "equation":
            return f"$${content.get('expression', '')}$$"
        case "table":
            head, _, rest = inside.partition("\n")
            return f"{head}\n|{' --- |' * int(content.get('table_width') or 1)}\n{rest}".rstrip()
        case "table_row":
            cells = [_rich(cell).replace("|", "\\|").replace("\n", " ") for cell in content.get("cells") or []]
            return f"| {' | '.join(cells)} |"
        case "child_page" | "child_database":
            return f"({kind.replace('_', ' ')}: {content.get('title', '')})"
        case "bookmark" | "embed" | "link_preview":
            return str(content.get("url", ""))
        case _:
            return _attachment(kind, content)


def _attachment(kind: str, content: Node) -> str:
    """Return a line for a file; the addresses of Notion's own files hold a credential, and expire."""
    address = str((content.get("external") or {}).get("url", ""))
    caption = _plain(content.get("caption") or [])
    return f"({' '.join(filter(None, [kind, caption, address]))})"


def _under(text: str, inside: str) -> str:
    return "\n".join([text, *(f"  {line}".rstrip() for line in inside.split("\n"))]) if inside else text


def _rich(texts: Sequence[Node]) -> str:
    return "".join(_manner(text) for text in texts)


def _manner(piece: Node) -> str:
    text, manners = _plain([piece]), piece.get("annotations") or {}
    for name, sign in (("code", "`"), ("bold", "**"), ("italic", "*"), ("strikethrough", "~~")):
        if manners.get(name) and text.strip():
            text = f"{sign}{text}{sign}"
    href = piece.get("href") or ((piece.get("text") or {}).get("link") or {}).get("url")
    return f"[{text}]({href})" if href and text.strip() else text
