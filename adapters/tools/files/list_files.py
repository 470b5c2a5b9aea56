"""Listing the files that an agent has."""

from typing import Literal

from pydantic import BaseModel, Field

from rookery.adapters.tools.files.access import Files
from rookery.adapters.tools.files.folder import Listing
from rookery.adapters.tools.files.names import Place, parse
from rookery.domain.frozen import Frozen
from rookery.domain.ports.tool import Limits, Need, Outcome, Scope, Tool
from rookery.domain.provenance import Origin, OriginKind

_MOST = 200  # files shown


class ToList(Frozen):
    """Which folder."""

    folder: str = Field(default="", max_length=1000, description="like notes or papers:1999; empty: the workspace")


class ListFiles(Tool):
    """Shows the files below a folder, with their sizes."""

    name = "list_files"
    description = "list the files of the workspace, or of a folder that is open for reading"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = ToList
    needs = frozenset({Need.FILES})
    limits = Limits(seconds=30, characters=8000)

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        place = parse(ToList.model_validate(arguments.model_dump()).folder)
        listing = await self._files.read(place, scope.run_id, lambda folder: folder.list(place.parts))
        return Outcome(
            summary=f"{len(listing.files)}{' and more' if listing.cut else ''} files",
            text="\n".join(self._lines(place, listing)),
            origins=[Origin(kind=OriginKind.FILE, place=self._files.url(place, scope.run_id))],
        )

    def _lines(self, place: Place, listing: Listing) -> list[str]:
        lines = [f"{place._replace(parts=found.parts)} ({found.size:,} bytes)" for found in listing.files[:_MOST]]
        if len(listing.files) > _MOST or listing.cut:
            lines.append("There are more; list a folder below.")
        if listing.skipped:
            lines.append(f"{listing.skipped} links, devices and files with a second name are not shown.")
        if not place.folder and not place.parts:
            lines += [f"{name}: (a folder that is only read)" for name in self._files.names]
        return lines or ["There is nothing yet."]
