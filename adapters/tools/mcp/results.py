"""What a call came to, as an agent reads it: text, bounded, without credentials or hidden characters, untrusted."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rookery.domain.hidden import without_hidden
from rookery.domain.ports.tool import Outcome
from rookery.domain.provenance import Origin, OriginKind
from rookery.domain.redaction import redact

if TYPE_CHECKING:
    from mcp_types import CallToolResult, ContentBlock

_LONGEST = 100_000  # characters


def outcome_of(result: "CallToolResult", tool: str) -> Outcome:
    """Return a result as what was observed."""
    text = _text(result) or "(the tool returned nothing)"
    left_out = len(text) - _LONGEST
    clean = without_hidden(redact(text[:_LONGEST]).text)
    if left_out > 0:
        clean += f"\n… ({left_out} more characters were left out)"
    first = clean.strip().partition("\n")[0][:200]
    failed = bool(result.is_error)
    return Outcome(
        ok=not failed,
        summary=f"{tool} failed: {first}" if failed else f"{len(clean)} characters from {tool}",
        text=clean,
        untrusted=True,
        origins=[Origin(kind=OriginKind.MCP, place=tool)],
    )


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
