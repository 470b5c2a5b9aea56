"""The catalogue of OpenAlex: https://docs.openalex.org/api-entities/works"""

from pydantic import BaseModel

from rookery.adapters.tools.academic.papers import Paper
from rookery.adapters.tools.service import Service

_FIELDS = "id,doi,display_name,publication_year,authorships,abstract_inverted_index,primary_location"
_LONGEST = 20_000  # words of an abstract


class _Named(BaseModel):
    display_name: str | None = None


class _Authorship(BaseModel):
    author: _Named = _Named()


class _Location(BaseModel):
    source: _Named | None = None


class _Work(BaseModel):
    id: str
    doi: str | None = None
    display_name: str | None = None
    publication_year: int | None = None
    authorships: list[_Authorship] = []
    abstract_inverted_index: dict[str, list[int]] | None = None
    primary_location: _Location | None = None

    def paper(self) -> Paper:
        source = self.primary_location.source if self.primary_location else None
        names = (one.author.display_name for one in self.authorships)
        return Paper(
            url=self.doi or self.id,
            title=" ".join((self.display_name or "").split()),
            authors=[name for name in names if name],
            year=self.publication_year,
            venue=(source.display_name if source else None) or "",
            doi=(self.doi or "").removeprefix("https://doi.org/"),
            abstract=abstract(self.abstract_inverted_index or {}),
        )


class _Answer(BaseModel):
    results: list[_Work]


def abstract(index: dict[str, list[int]]) -> str:
    """Return the text of which an index tells where each word stands; a place that is far off is left out."""
    places = {place: word for word, at in index.items() for place in at if 0 <= place < _LONGEST}
    return " ".join(places[place] for place in sorted(places))


async def search_openalex(service: Service, query: str, *, limit: int, contact: str | None) -> list[Paper]:
    """Return papers, best first.

    Raises:
        ToolError: the catalogue failed.
    """
    asked: dict[str, str | int] = {"search": query.replace(",", " "), "per-page": limit, "select": _FIELDS}
    polite: dict[str, str | int] = {"mailto": contact} if contact else {}
    answer = await service.get_json("/works", asked | polite, _Answer)
    return [work.paper() for work in answer.results]
