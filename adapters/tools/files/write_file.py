"""Writing a file of the workspace."""

import hashlib
from typing import Literal

from pydantic import BaseModel, Field

from rookery.adapters.tools.files.access import Files
from rookery.adapters.tools.files.names import check_new, parse
from rookery.adapters.tools.files.writing import write
from rookery.domain.errors import ToolError
from rookery.domain.frozen import Frozen
from rookery.domain.ports.tool import Limits, Need, Outcome, Scope, Tool
from rookery.domain.provenance import Origin, OriginKind
from rookery.domain.redaction import redact


class ToWrite(Frozen):
    """What, and where to."""

    path: str = Field(min_length=1, max_length=1000, description="in the workspace, like notes/plan.md")
    text: str = Field(max_length=200_000)
    replace: bool = Field(default=False, description="whether a file that is there may be replaced")


class WriteFile(Tool):
    """Writes a text file, whole or not at all; credentials in it are replaced. The same again changes nothing."""

    name = "write_file"
    description = "write a text file to the workspace"
    effect: Literal["read", "write"] = "write"
    arguments: type[BaseModel] = ToWrite
    needs = frozenset({Need.FILES})
    limits = Limits(seconds=30)

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        wanted = ToWrite.model_validate(arguments.model_dump())
        place, clean = parse(wanted.path), redact(wanted.text)
        check_new(place)
        if redact(wanted.path).count:
            raise ToolError("a credential cannot be the name of a file")
        data = _encoded(clean.text)
        key = hashlib.sha256(f"{scope.key}\0{place}".encode()).hexdigest()[:32]
        new = await self._files.write(
            place,
            scope.run_id,
            lambda folder: write(folder, place.parts, data, quota=self._files.quota, key=key, replace=wanted.replace),
        )
        replaced = f"; {clean.count} credentials in it were replaced" if clean.count else ""
        summary = f"{place} has {len(data):,} bytes{replaced}" if new else f"{place} said so already"
        origin = Origin(kind=OriginKind.FILE, place=self._files.url(place, scope.run_id), title=place.parts[-1])
        return Outcome(summary=summary, text=f"{summary}.", untrusted=False, origins=[origin])


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ToolError("the text has characters that cannot be written (half of a pair)") from error
