"""Reading one page of the web."""

from typing import Literal

from pydantic import BaseModel, Field

from rookery.adapters.tools.pages import Pages
from rookery.domain.frozen import Frozen
from rookery.domain.ports.reader import DocumentReaderPort
from rookery.domain.ports.tool import Capture, Limits, Need, Outcome, Scope, Tool
from rookery.domain.text import counted


class Address(Frozen):
    """Which page, and what to look for in it."""

    url: str = Field(min_length=1, max_length=2000)
    query: str = Field(default="", max_length=400, description="what to look for; empty: how the page begins")


class FetchPage(Tool):
    """Reads a page, PDF, Word document or text at one address of the public web."""

    name = "fetch_page"
    description = "read one page or PDF of the web by its address, or the passages of it that suit a query"
    effect: Literal["read", "write"] = "read"
    arguments: type[BaseModel] = Address
    needs = frozenset({Need.NETWORK})
    limits = Limits(seconds=90)

    def __init__(self, pages: DocumentReaderPort, capture: Capture) -> None:
        self._pages = Pages(pages, capture)

    async def __call__(self, arguments: BaseModel, scope: Scope) -> Outcome:
        asked = Address.model_validate(arguments.model_dump())
        passages = await self._pages.page(asked.url, asked.query, limit=scope.passages)
        title = passages[0].title if passages else asked.url
        return Outcome(summary=f"{counted(len(passages), 'passage')} of {title}", passages=passages)
