"""Dividing texts where a service takes only so much at once. Nothing is lost."""

from collections.abc import Sequence

_FENCE = "```"


def cut(text: str, limit: int) -> list[str]:
    """Return pieces of at most `limit` characters: at ends of lines, else at spaces, else anywhere.

    The white space at which it is cut is left out.
    """
    pieces: list[str] = []
    while len(text) > limit:
        head = text[: limit + 1]
        place = max(head.rfind("\n"), 0) or max(head.rfind(" "), 0) or limit
        place = place if place > limit // 4 else limit
        pieces.append(text[:place])
        text = text[place:].lstrip("\n" if text[place] == "\n" else " ") if text[place].isspace() else text[place:]
    return [*pieces, text] if text or not pieces else pieces


def pack(pieces: Sequence[str], limit: int, *, between: str = "\n\n") -> list[str]:
    """Join pieces, each within the limit, to as few texts within the limit as their order allows."""
    packed: list[str] = []
    for piece in pieces:
        if packed and len(packed[-1]) + len(between) + len(piece) <= limit:
            packed[-1] += between + piece
        else:
            packed.append(piece)
    return packed


def divide(markdown: str, limit: int) -> list[str]:
    """Return a text in Markdown as several, each of at most `limit` characters, divided between its blocks.

    A block that is longer is cut; one of code is closed and opened again.
    """
    if len(markdown) <= limit:
        return [markdown]
    pieces = [piece for block in _source_blocks(markdown) for piece in _within(block, limit)]
    return pack(pieces, limit)


def _within(block: str, limit: int) -> list[str]:
    if len(block) <= limit:
        return [block]
    first, _, rest = block.partition("\n")
    if not first.startswith(_FENCE):
        return cut(block, limit)
    body = rest.removesuffix("\n").removesuffix(_FENCE).removesuffix("\n")
    return [f"{first}\n{piece}\n{_FENCE}" for piece in cut(body, limit - len(first) - len(_FENCE) - 2)]


def _source_blocks(markdown: str) -> list[str]:
    """Return the source of each block of the outermost level."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(markdown)
    starts = sorted({token.map[0] for token in tokens if token.level == 0 and token.map})
    lines = markdown.split("\n")
    bounds = zip([0, *starts[1:]], [*starts[1:], len(lines)], strict=True)
    return [text for start, end in bounds if (text := "\n".join(lines[start:end]).strip("\n"))]
