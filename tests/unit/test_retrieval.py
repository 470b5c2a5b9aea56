"""Finding passages by words, by meaning and along links."""

from datetime import UTC, datetime

import pytest

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.embedders.hashing import HashingEmbedder, Settings
from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.adapters.vector_stores.in_memory import InMemoryVectorStore
from rookery.application.retrieval import SearchPassages, collection_name
from rookery.domain.ports.vector_store import Vector
from rookery.domain.sources import Passage, Source
from tests.support.evidence import a_passage

pytestmark = pytest.mark.anyio


class Desk:
    """A library, a vector store and a search over both."""

    def __init__(self, *, dense: bool = False) -> None:
        self.embedder = HashingEmbedder(Settings(dimension=256)) if dense else None
        self.library = InMemoryLibrary(analyzer=SnowballAnalyzer())
        self.vectors = InMemoryVectorStore()
        self.search = SearchPassages(library=self.library, vector_store=self.vectors, embedder=self.embedder)

    async def add(self, *passages: Passage, namespace: str = "default") -> None:
        first = passages[0]
        source = Source(
            id=f"{namespace}-{first.sha256}",
            url=first.url,
            title=first.title,
            media_type="text/plain",
            sha256=first.sha256,
            namespace=namespace,
            passages=len(passages),
            size=1,
            added_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        await self.library.add(source, passages)
        if self.embedder is not None:
            embeddings = await self.embedder.embed([passage.text for passage in passages])
            vectors = [Vector(p.id, p.sha256, e) for p, e in zip(passages, embeddings, strict=True)]
            await self.vectors.upsert(collection_name(namespace, self.embedder), vectors)

    async def titles(self, query: str, limit: int = 10) -> list[str]:
        return [hit.passage.title for hit in await self.search("default", query, limit=limit)]


FILLERS = [f"The weather of day {number} was dull and nothing else is recorded." for number in range(12)]


async def a_desk(*, dense: bool = False) -> Desk:
    desk = Desk(dense=dense)
    for number, text in enumerate(FILLERS):
        await desk.add(a_passage(text, title=f"Day {number} of the log"))
    await desk.add(a_passage("The tide gauge was made by Lucien Méridot of Ornans.", title="Instruments"))
    await desk.add(a_passage("He left for the north and was not seen again.", title="Lucien Méridot"))
    await desk.add(a_passage("The bell came from a wreck.", title="The bell"))
    return desk


@pytest.mark.parametrize("dense", [False, True])
async def test_the_best_passage_comes_first_with_the_highest_score(dense: bool) -> None:  # noqa: FBT001
    desk = await a_desk(dense=dense)
    hits = await desk.search("default", "Who made the tide gauge?", limit=5)
    assert hits[0].passage.title == "Instruments"
    assert hits[0].lexical > 0
    assert (hits[0].dense > 0) is dense
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_a_document_that_a_good_hit_names_is_found_without_a_word_of_the_query() -> None:
    desk = await a_desk()
    assert (await desk.titles("Who made the tide gauge?"))[:2] == ["Instruments", "Lucien Méridot"]


async def test_a_passage_that_names_the_document_of_a_good_hit_is_found() -> None:
    desk = await a_desk()
    assert "Instruments" in await desk.titles("Who left and was not seen again?")


async def test_a_title_is_followed_however_many_passages_mention_it() -> None:
    desk = await a_desk()
    for number in range(30):
        await desk.add(a_passage(f"Visit {number} of Lucien Méridot was short.", title=f"Visit {number}"))
    assert "Lucien Méridot" in (await desk.titles("Who made the tide gauge?"))[:2]


async def test_passages_that_share_a_rare_name_are_linked() -> None:
    desk = await a_desk()
    await desk.add(a_passage("The lighthouse was painted by Ottilie Brandt.", title="Lighthouse"))
    await desk.add(a_passage("In the same year Ottilie Brandt was born in Aschau.", title="Register"))
    await desk.add(a_passage("In the same year Ottilie Kramer was born in Gmund.", title="Roll"))
    found = await desk.titles("Who painted the lighthouse?")
    assert found[:2] == ["Lighthouse", "Register"]
    assert "Roll" not in found


async def test_a_name_that_many_passages_have_links_none() -> None:
    desk = await a_desk()
    await desk.add(a_passage("The lighthouse was painted by Ottilie Brandt.", title="Lighthouse"))
    for number in range(30):
        await desk.add(a_passage(f"On day {number} Ottilie Brandt came.", title=f"Visit {number}"))
    assert await desk.titles("Who painted the lighthouse?") == ["Lighthouse"]


async def test_links_do_not_leave_the_given_snapshots() -> None:
    desk = await a_desk()
    instruments = a_passage("The tide gauge was made by Lucien Méridot of Ornans.", title="Instruments")
    hits = await desk.search("default", "Who made the tide gauge?", limit=5, snapshots=[instruments.sha256])
    assert [hit.passage.title for hit in hits] == ["Instruments"]


async def test_nothing_in_common_finds_nothing() -> None:
    desk = await a_desk()
    assert await desk.titles("submarine volcano") == []
    assert await Desk().titles("anything") == []


async def test_the_limit_holds() -> None:
    desk = await a_desk(dense=True)
    assert len(await desk.titles("weather of the day", limit=3)) == 3


async def test_only_the_given_snapshots_are_searched() -> None:
    desk = await a_desk(dense=True)
    bell = a_passage("The bell came from a wreck.", title="The bell")
    hits = await desk.search("default", "tide gauge bell", limit=10, snapshots=[bell.sha256])
    assert [hit.passage.title for hit in hits] == ["The bell"]


async def test_namespaces_do_not_see_each_other() -> None:
    desk = await a_desk(dense=True)
    assert await desk.search("other", "tide gauge", limit=5) == []


async def test_a_neighbour_in_the_same_text_gains() -> None:
    desk = Desk()
    for number, text in enumerate(FILLERS):
        await desk.add(a_passage(text, title=f"Day {number} of the log"))
    base = a_passage("The gauge was oiled.", title="Handbook")
    texts = [
        "The gauge was oiled on Monday by the cook.",
        "Oil is kept by the cook.",
        "Nothing.",
        "Oil is kept by a cook.",
    ]
    await desk.add(
        *(
            base.model_copy(update={"id": f"h:{ordinal}", "ordinal": ordinal, "text": text})
            for ordinal, text in enumerate(texts)
        )
    )
    ids = [hit.passage.id for hit in await desk.search("default", "gauge oil", limit=10)]
    assert ids.index("h:1") < ids.index("h:3")


async def test_a_vector_without_its_passage_is_ignored() -> None:
    desk = await a_desk(dense=True)
    assert desk.embedder is not None
    [embedding] = await desk.embedder.embed(["tide gauge"])
    await desk.vectors.upsert(collection_name("default", desk.embedder), [Vector("lost", "gone", embedding)])
    hits = await desk.search("default", "tide gauge", limit=5)
    assert hits[0].passage.title == "Instruments"
