"""Finding lines in files."""

from typing import Literal

from pydantic import BaseModel, Field

from rookery.adapters.tools.files.access import Files
from rookery.adapters.tools.files.names import Place, parse
from rookery.adapters.tools.files.searching import Hits, search
from rookery.domain.frozen import Frozen
from rookery.domain.ports.tool import Limits, Need, Outcome, Scope, Tool
from rookery.domain.provenance import Origin, OriginKind


class ToFind(Frozen):
    """Which words, and where."""

    words: str = Field(min_length=1, max_length=200, pattern=r"\S", description="as they stand in a line, in any case")
    folder: str = Field(default="", max_length=1000, description="a folder or a file; empty: the workspace")
    ending: str = Field(default="", max_length=20, description="of the files' names, like .md; empty: all")


class SearchFiles(Tool):
    """Finds the lines that hold given words. No patterns: a pattern can be made to take forever."""

    name = "search_files"
    description = "find lines in the files of the workspace, or of a folder that is open for reading"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = ToFind
    needs = frozenset({Need.FILES})
    limits = Limits(seconds=60, characters=8000)

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        wanted = ToFind.model_validate(arguments.model_dump())
        place, words = parse(wanted.folder), wanted.words.strip()
        found = await self._files.read(
            place,
            scope.run_id,
            lambda folder: search(folder, place, words, ending=wanted.ending, bounds=self._files.bounds),
        )
        places = {hit.place: None for hit in found.hits}
        return Outcome(
            summary=f"{len(found.hits)} lines in {len(places)} files" if found.hits else "nothing found",
            text="\n".join(_lines(found)),
            origins=[self._origin(one, scope.run_id) for one in places],
        )

    def _origin(self, place: Place, run_id: str) -> Origin:
        return Origin(kind=OriginKind.FILE, place=self._files.url(place, run_id), title=place.parts[-1])


def _lines(found: Hits) -> list[str]:
    lines = [f"{hit.place}:{hit.line}: {hit.text}" for hit in found.hits] or ["No line has these words."]
    if found.cut:
        lines.append("There are more; use rarer words, or a folder below.")
    if found.unread:
        lines.append(f"{found.unread} files were not looked into: no text, or too large.")
    return lines
