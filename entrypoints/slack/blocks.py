"""Messages of Slack's Block Kit (https://docs.slack.dev/reference/block-kit).

All words of others stand in `rich_text`, whose texts Slack shows as they are: no mention, no link with another face and
no formatting can come of them. Nothing is left out: what is too long for one message goes on in the next.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from rookery.adapters.integrations.slack.mrkdwn import escape

Block = dict[str, Any]
MOST_BLOCKS = 40  # Slack takes 50
MOST_CHARACTERS = 9_000  # of all blocks; Slack refuses somewhere above 12,000
_ELEMENT = 2_500  # characters of one text
_FALLBACK = 3_500  # characters, escaped, of what is shown where blocks are not; Slack takes 4,000
Style = Literal["bold", "italic", "code"]


class Part(NamedTuple):
    """One message: its blocks, and the text that notifications show."""

    text: str
    blocks: list[Block]


class Piece(NamedTuple):
    """A block and how many characters it shows."""

    block: Block
    size: int
    plain: str


def words(text: str, *styles: Style) -> Block:
    """Return a text element."""
    element: Block = {"type": "text", "text": text or " "}
    return element | ({"style": dict.fromkeys(styles, True)} if styles else {})


def person(user: str) -> Block:
    """Return a mention of somebody whose id Slack gave us."""
    return {"type": "user", "user_id": user}


def address(url: str) -> Block:
    """Return a link whose face is its address; only the web is linked."""
    linked = url.startswith(("http://", "https://")) and len(url) <= _ELEMENT
    return {"type": "link", "url": url} if linked else words(url)


def paragraph(*elements: Block) -> list[Piece]:
    """Return a paragraph, in as many blocks as it takes."""
    return _rich("rich_text_section", elements)


def quotation(text: str) -> list[Piece]:
    """Return words as a quote."""
    return _rich("rich_text_quote", [words(text)])


def preformatted(text: str) -> list[Piece]:
    """Return words in a frame, each character as it is."""
    return _rich("rich_text_preformatted", [words(text)])


def _rich(kind: str, elements: Sequence[Block]) -> list[Piece]:
    groups: list[list[Block]] = [[]]
    room = _ELEMENT
    for element in (cut for one in elements for cut in _cut(one)):
        size = len(_plain(element))
        if groups[-1] and size > room:
            groups.append([])
            room = _ELEMENT
        groups[-1].append(element)
        room -= size
    return [_piece(kind, group) for group in groups]


def _piece(kind: str, elements: list[Block]) -> Piece:
    plain = "".join(map(_plain, elements))
    return Piece({"type": "rich_text", "elements": [{"type": kind, "elements": elements}]}, len(plain), plain)


def _cut(element: Block) -> list[Block]:
    text = element.get("text")
    if text is None or len(text) <= _ELEMENT:
        return [element]
    return [element | {"text": text[at : at + _ELEMENT]} for at in range(0, len(text), _ELEMENT)]


def _plain(element: Block) -> str:
    return str(element.get("text") or element.get("url") or "")


def button(label: str, action: str, value: str, style: Literal["primary", "danger"] | None = None) -> Block:
    """Return a button."""
    plain = {"type": "plain_text", "text": label}
    made: Block = {"type": "button", "text": plain, "action_id": f"rookery:{action}", "value": value}
    return made | ({"style": style} if style else {})


def row(*buttons: Block) -> Block:
    """Return buttons side by side."""
    return {"type": "actions", "elements": list(buttons)}


def messages(pieces: Sequence[Piece]) -> list[Part]:
    """Return the pieces in as few messages as Slack's limits allow."""
    groups: list[list[Piece]] = []
    room = 0
    for piece in pieces:
        if not groups or piece.size > room or len(groups[-1]) == MOST_BLOCKS:
            groups.append([])
            room = MOST_CHARACTERS
        groups[-1].append(piece)
        room -= piece.size
    return [Part(_fallback(group), [piece.block for piece in group]) for group in groups]


def _fallback(pieces: Sequence[Piece]) -> str:
    plain = "\n".join(piece.plain for piece in pieces if piece.plain.strip())
    whole = len(plain)
    while len(escape(plain)) > _FALLBACK:
        plain = plain[: len(plain) * 9 // 10]
    return escape(plain if len(plain) == whole else f"{plain} …")
