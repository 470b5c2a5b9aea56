"""Reading a file so that it can be cited."""

from typing import Literal

from pydantic import BaseModel, Field

from rookery.adapters.tools.files.access import Files
from rookery.adapters.tools.files.names import parse
from rookery.adapters.tools.files.texts import decoded
from rookery.domain.errors import ToolError
from rookery.domain.frozen import Frozen
from rookery.domain.ports.tool import Capture, Limits, Need, Outcome, Scope, Tool
from rookery.domain.provenance import Origin, OriginKind
from rookery.domain.sources import Document


class ToRead(Frozen):
    """Which file, and what for."""

    path: str = Field(min_length=1, max_length=1000, description="like notes/plan.md or papers:1999/report.md")
    query: str = Field(default="", max_length=400, description="what to look for in it; empty: from the beginning")


class ReadFile(Tool):
    """Reads a text file. What it says is kept as a snapshot, so that quotes of it can be checked."""

    name = "read_file"
    description = "read a text file of the workspace, or of a folder that is open for reading"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = ToRead
    needs = frozenset({Need.FILES})
    limits = Limits(seconds=30)

    def __init__(self, files: Files, capture: Capture) -> None:
        self._files = files
        self._capture = capture

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        wanted = ToRead.model_validate(arguments.model_dump())
        place = parse(wanted.path)
        most = self._files.most
        data = await self._files.read(place, scope.run_id, lambda folder: folder.read(place.parts, most=most))
        text = decoded(data)
        if text is None:
            raise ToolError(f"{place} is no text in UTF-8; a person can add it as a source, to have it read")
        url, title = self._files.url(place, scope.run_id), place.parts[-1]
        origins = [Origin(kind=OriginKind.FILE, place=url, title=title)]
        if not text.strip():
            return Outcome(summary=f"{place} is empty", text="The file is empty.", origins=origins)
        document = Document(url=url, title=title, media_type="text/plain", text=text, size=len(data))
        passages = await self._capture([document], wanted.query, limit=scope.passages)
        summary = f"{len(passages)} passages of {place} ({len(data):,} bytes)"
        return Outcome(summary=summary, passages=passages, origins=origins)
