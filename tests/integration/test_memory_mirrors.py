"""Stores of vectors that follow memory: searched, down, behind, damaged, back again."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.embedders.hashing import HashingEmbedder, Settings
from rookery.adapters.journals.in_memory import InMemoryMemoryJournal
from rookery.adapters.memory_indexes.in_memory import InMemoryMemoryIndex
from rookery.adapters.vector_stores import chroma
from rookery.adapters.vector_stores.chroma import ChromaVectorStore
from rookery.adapters.vector_stores.in_memory import InMemoryVectorStore
from rookery.application.memory.mirrors import Followed, Mirror, Mirrors
from rookery.application.memory.projection import Projection
from rookery.domain.errors import EmbedderError, VectorStoreError
from rookery.domain.memories import EVERYTHING, Memory, NewMemory
from rookery.domain.ports.vector_store import Vector, VectorStorePort
from rookery.entrypoints.container import Container, close, prepare
from tests.support.colony import make_container
from tests.support.failing_store import FailingStore
from tests.support.mind import HASHING, NOON, Mind

pytestmark = pytest.mark.anyio

QUERY = "Where do rooks with the number 17 nest?"
DOWN = VectorStoreError("nobody answers", retryable=True)
DAMAGED = VectorStoreError("the file is damaged")
Open = Callable[..., Mind]
FLAT = 10


@pytest.fixture
async def open_mind(tmp_path: Path) -> AsyncIterator[Open]:
    opened: list[Mind] = []

    def open_one(*stores: VectorStorePort, **more: object) -> Mind:
        opened.append(Mind(tmp_path, **{"stores": stores, "flat": FLAT, **more}))
        return opened[-1]

    yield open_one
    for mind in opened:
        mind.close()


@pytest.fixture
def first() -> FailingStore:
    return FailingStore()


@pytest.fixture
def second() -> FailingStore:
    return FailingStore()


async def fill(mind: Mind, count: int = 40, start: int = 0) -> None:
    said = {n: f"Rooks with the number {n} nest in elm {n % 7}." for n in range(start, start + count)}
    new = [NewMemory(content=text, timestamp=NOON + timedelta(hours=2 * n)) for n, text in said.items()]
    await mind.remember(*new)
    await mind.projection.mirror()


async def exact(mind: Mind, open_mind: Open) -> list[str]:
    """What a comparison with everything finds."""
    return [memory.id for memory in (await open_mind(flat=1_000_000).search(QUERY)).memories]


async def ids(mind: Mind) -> list[str]:
    return [memory.id for memory in (await mind.search(QUERY)).memories]


async def collection(mind: Mind) -> str:
    [state] = await mind.index.namespaces()
    return Followed(mind.index, HASHING.identity, await mind.journal.identity(), state).collection


async def note(mind: Mind, store: FailingStore) -> tuple[str | None, int]:
    """What the store noted, and how many vectors it has."""
    name = await collection(mind)
    return await store.inner.note(name), await store.inner.count(name)


async def test_a_large_namespace_is_searched_in_the_first_store(
    open_mind: Open, first: FailingStore, second: FailingStore
) -> None:
    mind = open_mind(first, second)
    await fill(mind, FLAT)
    await mind.search(QUERY)
    assert first.searches == 0  # as few as these are all compared
    await fill(mind, 30, start=FLAT)
    recalled = await mind.search(QUERY)
    assert [memory.id for memory in recalled.memories] == await exact(mind, open_mind)
    assert recalled.degraded == []
    assert (first.searches, second.searches) == (1, 0)


async def test_a_filter_that_leaves_few_is_compared_exactly(open_mind: Open, first: FailingStore) -> None:
    mind = open_mind(first)
    await fill(mind)
    found = await mind.find(QUERY, since=NOON + timedelta(hours=70), limit=20)
    assert len(found) == 5
    assert first.searches == 0
    assert len(await mind.find(QUERY, since=NOON + timedelta(hours=2), limit=50)) == 39
    assert first.searches == 1


async def test_when_a_store_is_down_the_next_one_is_searched_and_at_last_everything_is_compared(
    open_mind: Open, first: FailingStore, second: FailingStore
) -> None:
    mind = open_mind(first, second)
    await fill(mind)
    expected = await exact(mind, open_mind)
    first.error = DOWN
    recalled = await mind.search(QUERY)
    assert [memory.id for memory in recalled.memories] == expected
    assert second.searches == 1
    assert recalled.degraded == ["store-1 does not follow and is not searched: nobody answers"]
    second.error = DOWN
    recalled = await mind.search(QUERY)
    assert [memory.id for memory in recalled.memories] == expected
    assert [trouble.partition(" ")[0] for trouble in recalled.degraded] == ["store-1", "store-2"]


async def test_a_store_that_failed_rests_and_then_catches_up_from_its_note(
    open_mind: Open, first: FailingStore, second: FailingStore
) -> None:
    mind = open_mind(first, second)
    await fill(mind)
    first.error = DOWN
    await fill(mind, 5, start=40)
    assert await note(mind, first) == ("40", 40)
    assert await note(mind, second) == ("45", 45)
    first.error, upserts = None, first.upserts
    await ids(mind)
    assert (first.searches, second.searches) == (0, 1)  # it rests
    mind.clock.advance(timedelta(seconds=31))
    await mind.projection.mirror()
    assert await note(mind, first) == ("45", 45)
    assert first.upserts == upserts + 5
    recalled = await mind.search(QUERY)
    assert recalled.degraded == []
    assert (first.searches, second.searches) == (1, 1)


async def test_a_new_process_goes_on_from_the_note(open_mind: Open, first: FailingStore) -> None:
    await fill(open_mind(first))
    again = open_mind(first)
    await fill(again, 5, start=40)
    assert first.upserts == 45
    assert await note(again, first) == ("45", 45)


async def test_what_a_store_has_not_got_yet_is_found_all_the_same(open_mind: Open, first: FailingStore) -> None:
    mind = open_mind(first)
    await fill(mind)
    held = await mind.add("Kestrels hover over the weir.", timestamp=NOON - timedelta(days=9))
    assert await note(mind, first) == ("40", 40)
    [found, *_] = await mind.find("kestrels hover weir")
    assert found.id == held.id
    assert found.why.cosine is not None
    assert first.searches == 1


async def test_what_changes_and_what_is_forgotten_follows(open_mind: Open, first: FailingStore) -> None:
    mind = open_mind(first)
    await fill(mind)
    held = await mind.add("Rooks of the weir", key="weir")
    await mind.projection.mirror()
    await mind.add("Kestrels hover", key="weir", minutes=1)
    [gone, *_] = await mind.find("number 3 elm 3")
    await mind.forget(gone.id)
    await mind.projection.mirror()
    assert await note(mind, first) == ("43", 40)
    hits = await first.inner.search(await collection(mind), (await HASHING.embed(["Kestrels hover"]))[0], limit=1)
    assert [(hit.id, round(hit.similarity, 4)) for hit in hits] == [(held.key, 1.0)]
    assert gone.key not in await first.inner.ids(await collection(mind), "default")


async def test_namespaces_have_collections_of_their_own(open_mind: Open, first: FailingStore) -> None:
    mind = open_mind(first)
    await fill(mind)
    await mind.add("Rooks", namespace="other")
    await mind.projection.mirror()
    names = {
        Followed(mind.index, HASHING.identity, await mind.journal.identity(), state).collection
        for state in await mind.index.namespaces()
    }
    assert sorted([await first.inner.count(name) for name in names]) == [1, 40]


async def test_a_damaged_store_is_emptied_and_filled_again_once(open_mind: Open, first: FailingStore) -> None:
    restored: list[VectorStorePort] = []

    async def restore(store: VectorStorePort) -> None:
        restored.append(store)

    mind = open_mind(first, on_reset=restore)
    await fill(mind)
    expected = await exact(mind, open_mind)
    await first.inner.upsert("of somebody else", [Vector("x", "g", [1.0])])
    first.error, first.until_reset = DAMAGED, True
    recalled = await mind.search(QUERY)
    assert [memory.id for memory in recalled.memories] == expected
    assert recalled.degraded == ["the vectors in store-1 were lost and have been made anew (the file is damaged)"]
    assert restored == [first]
    assert await first.inner.count("of somebody else") == 0
    await mind.projection.mirror()
    first.error = DAMAGED
    recalled = await mind.search(QUERY)
    assert [memory.id for memory in recalled.memories] == expected
    assert "store-1 does not follow and is not searched: the file is damaged" in recalled.degraded
    assert restored == [first]  # not again and again


async def test_what_cannot_be_put_back_into_an_emptied_store_is_told(open_mind: Open, first: FailingStore) -> None:
    async def restore(_: VectorStorePort) -> None:
        raise EmbedderError("the model's file is gone")

    mind = open_mind(first, on_reset=restore)
    await fill(mind)
    first.error, first.until_reset = DAMAGED, True
    recalled = await mind.search(QUERY)
    assert [memory.id for memory in recalled.memories] == await exact(mind, open_mind)
    assert "could not be put back: the model's file is gone" in " ".join(recalled.degraded)


@pytest.mark.parametrize(
    ("loss", "same_process"),
    # what is missing among others is noticed by the next process only
    [("collection", True), ("store", True), ("collection", False), ("store", False), ("some", False)],
)
async def test_lost_vectors_are_noticed_and_made_again(
    open_mind: Open, first: FailingStore, loss: str, *, same_process: bool
) -> None:
    mind = open_mind(first)
    await fill(mind)
    name = await collection(mind)
    if loss == "collection":
        await first.inner.drop(name)
    elif loss == "store":
        await first.inner.reset()
    else:
        await first.inner.delete(name, sorted(await first.inner.ids(name, "default"))[:7])
    looking = mind if same_process else open_mind(first)
    assert await ids(looking) == await exact(mind, open_mind)
    await looking.projection.mirror()
    assert await note(looking, first) == ("40", 40)


@pytest.mark.parametrize("noted", ["41", "not a number", ""])
async def test_a_collection_that_follows_another_past_is_filled_again(
    open_mind: Open, first: FailingStore, noted: str
) -> None:
    mind = open_mind(first)
    await fill(mind)
    await first.inner.upsert(await collection(mind), [Vector("ghost", "default", [1.0] * 64)])
    await first.inner.set_note(await collection(mind), noted)
    again = open_mind(first)
    await again.projection.mirror()
    assert await note(again, first) == ("40", 40)
    assert "ghost" not in await first.inner.ids(await collection(again), "default")


async def test_a_rebuild_empties_all_stores_and_fills_them(
    open_mind: Open, first: FailingStore, second: FailingStore
) -> None:
    mind = open_mind(first, second)
    await fill(mind)
    await first.inner.upsert("leftover", [Vector("x", "g", [1.0])])
    second.error = DOWN
    assert await mind.projection.rebuild() == 40
    assert await note(mind, first) == ("40", 40)
    assert await first.inner.count("leftover") == 0
    assert mind.projection.trouble == ["store-2 does not follow and is not searched: nobody answers"]
    second.error = None
    assert await mind.projection.rebuild() == 40
    assert mind.projection.trouble == []


async def test_another_embedder_embeds_everything_anew_from_the_journal(open_mind: Open, first: FailingStore) -> None:
    await fill(open_mind(first))
    wider = HashingEmbedder(Settings(dimension=128))
    mind = open_mind(first, embedder=wider)
    recalled = await mind.search(QUERY)
    assert recalled.degraded == []
    assert all(memory.why.cosine is not None for memory in recalled.memories)
    assert await mind.index.unembedded(wider.identity, limit=1) == []
    await mind.projection.mirror()
    [state] = await mind.index.namespaces()
    name = Followed(mind.index, wider.identity, await mind.journal.identity(), state).collection
    assert await first.inner.count(name) == 40


class Renamed(HashingEmbedder):
    """An embedder whose server gives longer vectors from one day to the next, under the same name."""

    @property
    def identity(self) -> str:
        return HASHING.identity


@pytest.mark.parametrize("write_first", [True, False])
async def test_an_embedder_of_another_dimension_under_the_same_name_loses_nothing(
    open_mind: Open, first: FailingStore, *, write_first: bool
) -> None:
    await fill(open_mind(first))
    mind = open_mind(first, embedder=Renamed(Settings(dimension=96)))
    if write_first:
        await mind.add("Kestrels hover over the weir.")
        await mind.projection.mirror()
    recalled = await mind.search(QUERY)
    assert len(recalled.memories) == 10
    assert all(memory.why.cosine is not None for memory in recalled.memories)
    assert recalled.degraded[0].startswith("the vectors in store-1 were lost and have been made anew")
    await mind.projection.mirror()
    count = 41 if write_first else 40
    assert await first.inner.count(await collection(mind)) == count
    assert await mind.index.count("default", EVERYTHING) == count


async def test_a_removed_chroma_folder_is_filled_again(open_mind: Open, tmp_path: Path) -> None:
    store = ChromaVectorStore(chroma.Settings(), home=tmp_path)
    mind = open_mind(store)
    await fill(mind)
    expected = await exact(mind, open_mind)
    assert await ids(mind) == expected
    shutil.rmtree(tmp_path / "chroma")
    recalled = await mind.search(QUERY)
    assert [memory.id for memory in recalled.memories] == expected
    assert "store-1 were lost and have been made anew" in recalled.degraded[0]
    await mind.projection.mirror()
    assert await store.count(await collection(mind)) == 40
    await store.close()


async def test_after_chromas_file_was_overwritten_memories_and_documents_are_found_again(tmp_path: Path) -> None:
    home, document = tmp_path / "home", tmp_path / "rooks.md"
    document.write_text("# Rooks\n\nRooks nest in tall elms near the observatory.\n")

    async def with_container(work: Callable[..., Awaitable[None]]) -> None:
        container = make_container(home, embedder="hashing")
        await prepare(container)
        try:
            await work(container)
        finally:
            await close(container)

    async def learn(container: Container) -> None:
        await container.add_sources()([str(document)], namespace="default")
        await container.remember()(NewMemory(content="Kestrels hover over the weir."))
        await container.projection().mirror()

    async def rebuild(container: Container) -> None:
        assert await container.projection().rebuild() == 1
        assert container.projection().trouble == []

    async def check(container: Container) -> None:
        found = await container.search()("default", "Where do rooks nest?", limit=3)
        assert "tall elms" in found[0].passage.text
        recalled = await container.search_memories()("kestrels")
        assert recalled.memories[0].content == "Kestrels hover over the weir."
        store, [source] = container.vector_store(), await container.library().sources()
        passages = f"passages-default-{container.embedder().identity}"
        assert len(await store.ids(passages, source.sha256)) == source.passages

    await with_container(learn)
    (home / "chroma" / "chroma.sqlite3").write_bytes(b"not a database " * 1000)
    await with_container(rebuild)
    await with_container(check)


async def test_vectors_of_a_past_that_the_journal_no_longer_has_are_dropped() -> None:
    lived, restored = InMemoryMemoryJournal("one"), InMemoryMemoryJournal("one")
    store, names = InMemoryVectorStore(), ("kept", "lost")
    written = [Memory.model_validate(_version(name)) for name in names]
    await lived.append(written)
    await restored.append([written[0], Memory.model_validate(_version("new"))])
    for journal in (lived, restored):
        index = InMemoryMemoryIndex(analyzer=SnowballAnalyzer())
        mirrors = Mirrors([Mirror("only", store)], ManualClock(NOON), past=journal.past)
        projection = Projection(journal, index, mirrors, HASHING)
        await projection.catch_up()
        await projection.mirror()
    collection = f"memories-one-mara-{HASHING.identity}"
    assert await store.ids(collection, "") == {"kept", "new"}


def _version(name: str) -> dict[str, object]:
    return {"id": name, "namespace": "mara", "key": name, "content": name, "timestamp": NOON}
