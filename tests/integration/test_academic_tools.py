"""Wikipedia, arXiv, OpenAlex and Crossref, on the wire."""

import pytest

from rookery.domain.errors import ToolError
from rookery.testing.web import Arxiv, Crossref, Entry, OpenAlex, Wikipedia
from tests.support.tool_bench import a_bench, a_container

pytestmark = pytest.mark.anyio
QUESTION = {"query": "Why do rooks return to their nests?"}
PAPER = Entry(
    "http://arxiv.org/abs/2601.00001",
    "Nest fidelity of rooks < 10 years",
    "We ringed 212 rooks. Most rooks return to the same nests each spring & stay.",
    ("Ada Corbie", "Ben Crow"),
    2026,
    "10.1234/rooks.7",
    "Journal of Corvids",
)


def bench(tmp_path, name, **settings):
    return a_bench(a_container(tmp_path, tools={name: settings}), name, QUESTION)


class TestWikipedia:
    ROOK = Entry(
        "https://en.wikipedia.org/wiki/Rook_(bird)",
        "Rook (bird)",
        "The rook is a bird.\n\n\n== Breeding ==\nRooks return to their nests in spring.\n\n=== Nests ===\nOf twigs.",
    )

    async def test_articles_are_read_whole_and_their_headings_kept(self, tmp_path) -> None:
        with Wikipedia([self.ROOK]) as wikipedia:
            tried = bench(tmp_path, "search_wikipedia", base_url=wikipedia.url, contact="me@rooks.example")
            found = await tried.call(QUESTION)
        assert found.summary.endswith("of Rook (bird) (Wikipedia)")
        assert found.passages[0].url == self.ROOK.url
        assert "Rook (bird) › Breeding" in {passage.heading for passage in found.passages}
        assert "mailto:me@rooks.example" in wikipedia.asked[0].headers["user-agent"]

    async def test_only_the_best_articles_are_read(self, tmp_path) -> None:
        entries = [self.ROOK._replace(title=f"Rook {n}") for n in range(5)]
        with Wikipedia(entries) as wikipedia:
            await bench(tmp_path, "search_wikipedia", base_url=wikipedia.url, read=2).call(QUESTION)
        assert len(wikipedia.asked) == 3

    async def test_none_found_is_said(self, tmp_path) -> None:
        with Wikipedia() as wikipedia:
            found = await bench(tmp_path, "search_wikipedia", base_url=wikipedia.url).call(QUESTION)
        assert (found.summary, found.passages) == ("no article was found", [])

    async def test_a_wiki_that_lags_is_told(self, tmp_path) -> None:
        with Wikipedia([self.ROOK]) as wikipedia:
            wikipedia.lag()
            with pytest.raises(ToolError, match=r"asks to wait \(maxlag\)"):
                await bench(tmp_path, "search_wikipedia", base_url=wikipedia.url).call(QUESTION)

    async def test_one_article_that_fails_leaves_the_others(self, tmp_path) -> None:
        with Wikipedia([self.ROOK, self.ROOK._replace(title="Rookery nests")]) as wikipedia:
            tried = bench(tmp_path, "search_wikipedia", base_url=wikipedia.url)
            answer = wikipedia.answer
            wikipedia.answer = lambda asked: (
                answer(asked._replace(path="/gone")) if asked.query.get("titles") == "Rookery nests" else answer(asked)
            )
            found = await tried.call(QUESTION)
        assert "of Rook (bird) (Wikipedia); Wikipedia answers with status 404" in found.summary


class TestArxiv:
    async def test_a_preprint_has_authors_year_doi_and_abstract(self, tmp_path) -> None:
        with Arxiv([PAPER]) as arxiv:
            found = await bench(tmp_path, "search_arxiv", base_url=arxiv.url).call(QUESTION)
        assert found.summary == "1 preprint found on arXiv"
        text = "\n".join(passage.text for passage in found.passages)
        assert "Ada Corbie, Ben Crow. 2026. Journal of Corvids. DOI 10.1234/rooks.7." in text
        assert "return to the same nests each spring & stay" in text
        [passage, *_] = found.passages
        assert passage.url == "https://arxiv.org/abs/2601.00001"
        assert passage.title == "Nest fidelity of rooks < 10 years (Corbie et al., 2026)"
        assert arxiv.asked[0].query["search_query"] == 'all:"rooks" OR all:"return" OR all:"their" OR all:"nests"'

    async def test_it_asks_to_wait(self, tmp_path) -> None:
        with Arxiv([PAPER]) as arxiv:
            arxiv.refuse_next(503, {"Retry-After": "4"})
            with pytest.raises(ToolError, match="arXiv asks to wait for 4 seconds"):
                await bench(tmp_path, "search_arxiv", base_url=arxiv.url).call(QUESTION)

    async def test_an_error_that_comes_as_a_feed_is_told(self, tmp_path) -> None:
        entry = b"<entry><id>http://arxiv.org/api/errors#q</id><title>Error</title><summary>bad query</summary></entry>"
        with Arxiv() as arxiv:
            arxiv.refuse_next(200, body=b'<feed xmlns="http://www.w3.org/2005/Atom">' + entry + b"</feed>")
            with pytest.raises(ToolError, match="arXiv refuses the query: bad query"):
                await bench(tmp_path, "search_arxiv", base_url=arxiv.url).call(QUESTION)

    @pytest.mark.parametrize(
        "feed",
        [
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed>&b;</feed>',
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><feed>&a;</feed>',
            '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "b">]><feed>&a;</feed>'.encode("utf-16"),
            b"<feed>",
            b"",
            b"<html></html>",
        ],
    )
    async def test_what_is_no_plain_feed_is_refused(self, feed, tmp_path) -> None:
        with Arxiv() as arxiv:
            arxiv.refuse_next(200, body=feed)
            with pytest.raises(ToolError, match=r"declares a document type|not well-formed|not one of its own"):
                await bench(tmp_path, "search_arxiv", base_url=arxiv.url).call(QUESTION)


class TestPapers:
    @pytest.fixture
    def papers(self, tmp_path):
        with OpenAlex([PAPER]) as openalex, Crossref([PAPER]) as crossref:
            urls = {"openalex_url": openalex.url, "crossref_url": crossref.url}
            yield openalex, crossref, bench(tmp_path, "search_papers", contact="me@rooks.example", **urls)

    async def test_the_abstract_is_put_together_from_its_index(self, papers) -> None:
        openalex, crossref, tried = papers
        found = await tried.call(QUESTION)
        text = "\n".join(passage.text for passage in found.passages)
        assert "We ringed 212 rooks. Most rooks return to the same nests each spring & stay." in text
        assert "Ada Corbie, Ben Crow. 2026. Journal of Corvids. DOI 10.1234/rooks.7." in text
        assert found.passages[0].url == "https://doi.org/10.1234/rooks.7"
        assert (found.summary, crossref.asked) == ("1 paper found by OpenAlex", [])
        assert openalex.asked[0].query["mailto"] == "me@rooks.example"

    @pytest.mark.parametrize("status", [429, 500, 403])
    async def test_crossref_stands_in_and_says_so(self, papers, status) -> None:
        openalex, _, tried = papers
        openalex.refuse_next(status)
        found = await tried.call(QUESTION)
        assert found.summary.startswith("1 paper found by Crossref; OpenAlex ")
        text = "\n".join(passage.text for passage in found.passages)
        assert "Nest fidelity of rooks < 10 years" in text
        assert "Most rooks return to the same nests each spring & stay." in text
        assert "<jats" not in text

    async def test_crossref_is_asked_where_openalex_has_nothing(self, papers) -> None:
        openalex, _, tried = papers
        openalex.entries = []
        assert (
            await tried.call(QUESTION)
        ).summary == "1 paper found by Crossref; OpenAlex found nothing, so Crossref was asked"

    async def test_when_both_fail_the_agent_is_told(self, papers) -> None:
        openalex, crossref, tried = papers
        openalex.refuse_next(429, {"Retry-After": "60"})
        crossref.refuse_next(500)
        with pytest.raises(ToolError, match=r"OpenAlex asks to wait for 60 seconds.*Crossref answers with status 500"):
            await tried.call(QUESTION)
