"""Where a text came from. What did not come from a person is material, and never an instruction."""

from collections.abc import Iterable
from enum import StrEnum

from rookery.domain.frozen import Frozen
from rookery.domain.sources import Passage


class OriginKind(StrEnum):
    """The kinds of places from which text that nobody vouches for reaches an agent."""

    DOCUMENT = "document"
    WEB = "web"
    MEMORY = "memory"
    CONVERSATION = "conversation"
    FILE = "file"
    INTEGRATION = "integration"
    MCP = "mcp"
    TOOL = "tool"


_KINDS = {
    "http": OriginKind.WEB, "https": OriginKind.WEB, "memory": OriginKind.MEMORY, "mcp": OriginKind.MCP,
}  # fmt: skip


class Origin(Frozen):
    """One place from which an agent has read something."""

    kind: OriginKind
    place: str
    """An address, a path, or the name of a tool."""
    title: str = ""


def origin_of(passage: Passage) -> Origin:
    """Return where a passage came from."""
    scheme = passage.url.partition(":")[0].lower()
    return Origin(kind=_KINDS.get(scheme, OriginKind.DOCUMENT), place=passage.url, title=passage.title)


def distinct(origins: Iterable[Origin]) -> list[Origin]:
    """Return each place once, in the order in which they came."""
    return list({(origin.kind, origin.place): origin for origin in origins}.values())
