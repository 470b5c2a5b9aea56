"""A paper, as it is shown and cited."""

from collections.abc import Sequence

from rookery.adapters.support.titles import as_title
from rookery.domain.frozen import Frozen
from rookery.domain.sources import Document

_NAMED = 8  # authors who are named before "and others"


class Paper(Frozen):
    """What a catalogue knows of a paper; its text is not read."""

    url: str
    title: str
    authors: list[str] = []
    year: int | None = None
    venue: str = ""
    doi: str = ""
    abstract: str = ""

    def document(self, catalogue: str) -> Document:
        """Return what can be cited of it: title, authors, year, DOI and abstract."""
        about = [self._authors(), str(self.year or ""), self.venue, f"DOI {self.doi}" if self.doi else ""]
        lines = [f"# {self.title}", ". ".join(filter(None, about)) + ".", self.abstract, f"Listed by {catalogue}."]
        text = "\n\n".join(line for line in lines if line.strip(" ."))
        return Document(
            url=self.url,
            title=as_title(f"{self.title} ({self._short()})") if self._short() else as_title(self.title),
            media_type="text/markdown",
            text=text,
            size=len(text.encode("utf-8")),
        )

    def _authors(self) -> str:
        named = ", ".join(self.authors[:_NAMED])
        return f"{named} and others" if len(self.authors) > _NAMED else named

    def _short(self) -> str:
        surname = self.authors[0].split()[-1] if self.authors and self.authors[0].split() else ""
        who = f"{surname} et al." if surname and len(self.authors) > 1 else surname
        return ", ".join(filter(None, [who, str(self.year or "")]))


def documents(papers: Sequence[Paper], catalogue: str) -> list[Document]:
    """Return the documents of papers that have a title."""
    return [paper.document(catalogue) for paper in papers if paper.title]
