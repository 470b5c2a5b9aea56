"""The catalogue of Crossref: https://api.crossref.org/swagger-ui/index.html"""

from pydantic import BaseModel, Field

from rookery.adapters.tools.academic.papers import Paper
from rookery.adapters.tools.markup import plain
from rookery.adapters.tools.service import Service

_FIELDS = "DOI,URL,title,author,issued,container-title,abstract"


class _Author(BaseModel):
    given: str = ""
    family: str = ""
    name: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.given, self.family])) or self.name


class _Date(BaseModel):
    parts: list[list[int | None]] = Field(default=[], alias="date-parts")


class _Work(BaseModel):
    doi: str = Field(alias="DOI")
    title: list[str] = []
    author: list[_Author] = []
    issued: _Date = _Date()
    container: list[str] = Field(default=[], alias="container-title")
    abstract: str = ""

    def paper(self) -> Paper:
        return Paper(
            url=f"https://doi.org/{self.doi}",
            title=plain(" ".join(self.title[:1])),
            authors=[name for name in map(str, self.author) if name],
            year=next((year for part in self.issued.parts for year in part[:1] if year), None),
            venue=plain(" ".join(self.container[:1])),
            doi=self.doi,
            abstract=plain(self.abstract),
        )


class _Works(BaseModel):
    items: list[_Work]


class _Answer(BaseModel):
    message: _Works


async def search_crossref(service: Service, query: str, *, limit: int, contact: str | None) -> list[Paper]:
    """Return papers, best first.

    Raises:
        ToolError: the catalogue failed.
    """
    asked: dict[str, str | int] = {"query.bibliographic": query, "rows": limit, "select": _FIELDS}
    polite: dict[str, str | int] = {"mailto": contact} if contact else {}
    answer = await service.get_json("/works", asked | polite, _Answer)
    return [work.paper() for work in answer.message.items]
