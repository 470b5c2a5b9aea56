"""What a call came to, as an agent reads it: text, bounded, without credentials or hidden characters, untrusted.

What was read is kept, so that it can be cited; what a tool says of what it has done or could not do is only told.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from pydantic import JsonValue

from rookery.domain.hidden import without_hidden
from rookery.domain.ports.tool import Capture, Outcome
from rookery.domain.provenance import Origin, OriginKind
from rookery.domain.redaction import redact
from rookery.domain.sources import Document

if TYPE_CHECKING:
    from mcp_types import CallToolResult, ContentBlock

_LONGEST = 100_000  # characters
_ASKED = 60  # characters of an argument in the title of what was read


class Said(NamedTuple):
    """What a server answered to a call of a tool.

    Attributes:
        tool: its name.
        ok: whether it says that it has done what was asked.
        text: the beginning of the answer; empty where it is empty.
        left_out: how many characters are not in it.
    """

    tool: str
    ok: bool
    text: str
    left_out: int

    @classmethod
    def of(cls, result: "CallToolResult", tool: str) -> "Said":
        """Read a result."""
        text = _text(result)
        clean = without_hidden(redact(text[:_LONGEST]).text)
        return cls(tool, not result.is_error, clean, max(0, len(text) - _LONGEST))

    def told(self) -> Outcome:
        """Return it as a text."""
        text = self.text or "(the tool returned nothing)"
        first = text.strip().partition("\n")[0][:200]
        return Outcome(
            ok=self.ok,
            summary=self._summary if self.ok else f"{self.tool} failed: {first}",
            text=f"{text}\n… ({self.left_out} more characters were left out)" if self.left_out else text,
            origins=[Origin(kind=OriginKind.MCP, place=self.tool)],
        )

    async def kept(self, arguments: Mapping[str, JsonValue], capture: Capture, *, limit: int) -> Outcome:
        """Return the passages of it that suit the arguments best; all of it is stored.

        Raises:
            StorageError: it cannot be.
        """
        asked = ", ".join(f"{name}: {_short(value)}" for name, value in arguments.items())
        document = Document(
            url=f"mcp:{self.tool.replace('.', '/', 1)}" + (f"?{urlencode(_texts(arguments))}" if arguments else ""),
            title=f"{self.tool} ({asked})" if asked else self.tool,
            media_type="text/plain",
            text=self.text,
            size=len(self.text.encode("utf-8", "replace")),
        )
        passages = await capture([document], " ".join(_texts(arguments).values()), limit=limit)
        return Outcome(summary=self._summary, passages=passages)

    @property
    def _summary(self) -> str:
        more = f", and {self.left_out} more that were left out" if self.left_out else ""
        return f"{len(self.text)} characters from {self.tool}{more}"


def _texts(arguments: Mapping[str, JsonValue]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in arguments.items()
    }


def _short(value: JsonValue) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _ASKED else f"{text[:_ASKED]}…"


def _text(result: "CallToolResult") -> str:
    """Return what a result says; its structured form where nothing else says it."""
    said = [part for block in result.content for part in _told(block)]
    structured = result.structured_content
    if structured is not None and not any(getattr(block, "type", "") == "text" for block in result.content):
        said.append(json.dumps(structured, ensure_ascii=False, indent=1))
    return "\n\n".join(said)


def _told(block: "ContentBlock") -> Iterator[str]:
    from mcp_types import AudioContent, EmbeddedResource, ImageContent, ResourceLink, TextContent, TextResourceContents

    match block:
        case TextContent():
            yield block.text
        case ImageContent() | AudioContent():
            kind = "an image" if isinstance(block, ImageContent) else "a sound"
            yield f"[{kind}, {block.mime_type}, about {len(block.data) * 3 // 4} bytes: not shown]"
        case ResourceLink():
            yield f"[a resource, not fetched: {block.name}, {block.uri}]"
        case EmbeddedResource(resource=TextResourceContents() as resource):
            yield f"[{resource.uri}]\n{resource.text}"
        case EmbeddedResource():
            yield f"[{block.resource.uri}, {block.resource.mime_type or 'of unknown kind'}: not shown]"
        case _:
            yield "[something of an unknown kind: not shown]"
