"""Search engines and catalogues on the loopback, which speak the protocols of the real ones and are as strict.

with Searxng([Entry("http://127.0.0.1:8000/rooks", "Rooks", "Rooks nest in tall elms.")]) as searxng:
    ...  # point a tool at searxng.url
    searxng.refuse_next(429, {"Retry-After": "3"})
"""

from rookery.testing.web.arxiv import Arxiv
from rookery.testing.web.brave import Brave
from rookery.testing.web.crossref import Crossref
from rookery.testing.web.duckduckgo import DuckDuckGo
from rookery.testing.web.openalex import OpenAlex
from rookery.testing.web.searxng import Searxng
from rookery.testing.web.serving import Asked, Entry, LocalService, Reply
from rookery.testing.web.tavily import Tavily
from rookery.testing.web.wikipedia import Wikipedia

__all__ = [
    "Arxiv",
    "Asked",
    "Brave",
    "Crossref",
    "DuckDuckGo",
    "Entry",
    "LocalService",
    "OpenAlex",
    "Reply",
    "Searxng",
    "Tavily",
    "Wikipedia",
]
