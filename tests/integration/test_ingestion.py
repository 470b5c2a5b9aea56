"""What the library keeps of documents as they come, change, come twice and go."""

import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.embedders.hashing import HashingEmbedder
from rookery.adapters.embedders.hashing import Settings as HashingSettings
from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.adapters.libraries.sqlite import SqliteLibrary
from rookery.adapters.readers.by_location import ReaderByLocation
from rookery.adapters.snapshot_stores.in_memory import InMemorySnapshotStore
from rookery.adapters.snapshot_stores.sqlite import SqliteSnapshotStore
from rookery.adapters.vector_stores.in_memory import InMemoryVectorStore
from rookery.application.chunking import split
from rookery.application.ingestion import AddSources, Ingested, Progress, RemoveSource
from rookery.application.retrieval import SearchPassages, collection_name
from rookery.domain.errors import NotFound, OutsideSandbox
from rookery.domain.ports.library import LibraryPort
from rookery.domain.sources import Passage, Source
from tests.support.evidence import a_snapshot

pytestmark = pytest.mark.anyio

ELMS = "# Rooks\n\nRooks nest in tall elms.\n"
OAKS = "# Rooks\n\nRooks nest in tall oaks.\n"
START = datetime(2026, 11, 22, tzinfo=UTC)


class CountingEmbedder(HashingEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self, dimension: int = 64) -> None:
        super().__init__(HashingSettings(dimension=dimension))
        self.texts: list[str] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.texts += texts
        return await super().embed(texts)


class Register(InMemoryLibrary):
    """Lists documents and forgets their passages, as if they were on a disk."""

    async def add(self, source: Source, passages: Sequence[Passage]) -> None:
        await super().add(source, [])


class Shelves(NamedTuple):
    """A library and all around it."""

    library: LibraryPort
    vectors: InMemoryVectorStore
    embedder: CountingEmbedder
    snapshots: InMemorySnapshotStore
    clock: ManualClock

    async def add(self, *locations: Path | str, namespace: str = "default", **settings: object) -> Ingested:
        reader = ReaderByLocation.from_section(settings, roots=None)
        add = AddSources(reader=reader, **self._used())
        return await add([str(location) for location in locations], namespace=namespace)

    async def remove(self, *names: str, namespace: str | None = None) -> list[str]:
        remove = RemoveSource(library=self.library, vector_store=self.vectors, embedder=self.embedder)
        return [source.url.rpartition("/")[2] for source in await remove(*names, namespace=namespace)]

    async def found(self, query: str, namespace: str = "default") -> list[str]:
        """The names of the documents that a search finds, by words or by meaning."""
        search = SearchPassages(library=self.library, vector_store=self.vectors, embedder=self.embedder)
        hits = await search(namespace, query, limit=10)
        return [hit.passage.url.rpartition("/")[2] for hit in hits]

    async def embedded(self, source: Source) -> int:
        collection = collection_name(source.namespace, self.embedder)
        return len(await self.vectors.ids(collection, source.sha256))

    def _used(self) -> dict[str, object]:
        return {
            "library": self.library,
            "vector_store": self.vectors,
            "embedder": self.embedder,
            "snapshots": self.snapshots,
            "clock": self.clock,
        }


@pytest.fixture(params=["in_memory", "sqlite"])
def shelves(request: pytest.FixtureRequest, tmp_path: Path) -> Shelves:
    analyzer = SnowballAnalyzer()
    library = InMemoryLibrary(analyzer=analyzer)
    if request.param == "sqlite":
        library = SqliteLibrary(tmp_path / "home", analyzer=analyzer)
    clock = ManualClock(START, tick=timedelta(seconds=1))
    return Shelves(library, InMemoryVectorStore(), CountingEmbedder(), InMemorySnapshotStore(), clock)


def note(folder: Path, name: str, text: str = ELMS) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def counts(ingested: Ingested) -> tuple[int, int, int]:
    return ingested.added, ingested.changed, ingested.unchanged


class TestAgain:
    async def test_what_is_new_changed_and_unchanged_is_counted(self, shelves: Shelves, tmp_path: Path) -> None:
        folder = tmp_path / "notes"
        note(folder, "a.md", ELMS)
        note(folder, "b.md", OAKS)
        first = await shelves.add(folder)
        assert (counts(first), first.size) == ((2, 0, 0), len(ELMS) + len(OAKS))
        note(folder, "b.md", "# Jackdaws\n\nJackdaws nest in chimneys.\n")
        note(folder, "c.md", "# C\n\nA note.\n")
        again = await shelves.add(folder, folder / "a.md")
        assert counts(again) == (1, 1, 1)
        assert await shelves.library.search("default", "oaks", limit=5) == []
        assert (await shelves.found("chimneys"))[0] == "b.md"

    async def test_what_is_unchanged_is_not_embedded_again(self, shelves: Shelves, tmp_path: Path) -> None:
        path = note(tmp_path, "a.md")
        [source] = (await shelves.add(path)).sources
        shelves.embedder.texts.clear()
        assert (await shelves.add(path)).sources == [source]
        assert shelves.embedder.texts == []

    async def test_a_change_that_leaves_the_text_as_it_is_changes_nothing_else(
        self, shelves: Shelves, tmp_path: Path
    ) -> None:
        path = note(tmp_path, "a.html", "<p>Rooks nest in tall elms.</p>")
        [before] = (await shelves.add(path)).sources
        shelves.embedder.texts.clear()
        again = await shelves.add(note(tmp_path, "a.html", "<!-- new --><p>Rooks nest in tall elms.</p>"))
        assert counts(again) == (0, 0, 1)
        assert (again.sources[0].sha256, again.sources[0].added_at) == (before.sha256, before.added_at)
        assert again.sources[0].fingerprint != before.fingerprint
        assert shelves.embedder.texts == []

    async def test_documents_of_an_older_library_are_taken_on(self, shelves: Shelves, tmp_path: Path) -> None:
        path = note(tmp_path, "a.md")
        [source] = (await shelves.add(path)).sources
        old = source.model_copy(update={"fingerprint": ""})
        await shelves.library.add(old, await shelves.library.passages_of("default", source.sha256))
        assert (await shelves.add(path)).sources == [source]
        assert await shelves.library.sources() == [source]

    async def test_what_was_divided_otherwise_is_divided_and_embedded_anew(
        self, shelves: Shelves, tmp_path: Path
    ) -> None:
        path = note(
            tmp_path, "a.md", "\n\n".join(f"# Part {n}\n\n{'Rooks nest in tall elms. ' * 20}" for n in range(3))
        )
        [source] = (await shelves.add(path)).sources
        halves = split(a_snapshot(path.read_text("utf-8"), media_type="text/plain"))
        assert len(halves) != source.passages or halves[0].heading == ""
        whole = [halves[0].model_copy(update={"url": source.url, "text": path.read_text("utf-8")})]
        await shelves.library.add(source.model_copy(update={"fingerprint": "1/old", "passages": 1}), whole)
        shelves.embedder.texts.clear()
        [again] = (await shelves.add(path)).sources
        assert again == source
        assert len(shelves.embedder.texts) == source.passages == await shelves.embedded(source)

    async def test_another_embedder_embeds_what_is_unchanged(self, shelves: Shelves, tmp_path: Path) -> None:
        path = note(tmp_path, "a.md")
        await shelves.add(path)
        other = shelves._replace(embedder=CountingEmbedder(32))
        [source] = (await other.add(path)).sources
        assert await other.embedded(source) == 1


class TestCopies:
    async def test_copies_are_listed_and_found_once(self, shelves: Shelves, tmp_path: Path) -> None:
        ingested = await shelves.add(note(tmp_path, "a.md"), note(tmp_path, "b.md"))
        assert counts(ingested) == (2, 0, 0)
        assert [source.passages for source in await shelves.library.sources()] == [1, 1]
        assert await shelves.found("elms") == ["a.md"]
        assert len(shelves.embedder.texts) == 2  # one passage and one query

    @pytest.mark.parametrize("gone", ["a.md", "b.md"])
    async def test_the_other_copy_is_still_found_when_one_is_removed(
        self, shelves: Shelves, tmp_path: Path, gone: str
    ) -> None:
        sources = (await shelves.add(note(tmp_path, "a.md"), note(tmp_path, "b.md"))).sources
        await shelves.remove((tmp_path / gone).as_uri())
        [left] = [source for source in sources if not source.url.endswith(gone)]
        assert await shelves.found("elms") == [left.url.rpartition("/")[2]]
        assert await shelves.embedded(left) == 1
        await shelves.remove(left.id)
        assert await shelves.found("elms") == []
        assert await shelves.embedded(left) == 0

    @pytest.mark.parametrize("changed", ["a.md", "b.md"])
    async def test_the_other_copy_is_still_found_when_one_is_changed(
        self, shelves: Shelves, tmp_path: Path, changed: str
    ) -> None:
        await shelves.add(note(tmp_path, "a.md"), note(tmp_path, "b.md"))
        await shelves.add(note(tmp_path, changed, OAKS))
        [other] = {"a.md", "b.md"} - {changed}
        assert await shelves.found("elms") == [other, changed]
        assert (await shelves.found("oaks"))[0] == changed

    async def test_all_copies_can_be_removed_at_once(self, shelves: Shelves, tmp_path: Path) -> None:
        folder = tmp_path / "notes"
        for name in ("a.md", "b.md", "c.md"):
            note(folder, name)
        [source, *_] = (await shelves.add(folder)).sources
        assert await shelves.remove(folder.as_uri()) == ["a.md", "b.md", "c.md"]
        assert await shelves.found("elms") == []
        assert await shelves.embedded(source) == 0

    async def test_namespaces_share_nothing(self, shelves: Shelves, tmp_path: Path) -> None:
        path = note(tmp_path, "a.md")
        await shelves.add(path, namespace="one")
        await shelves.add(path, namespace="two")
        assert await shelves.remove(path.as_uri(), namespace="one") == ["a.md"]
        assert await shelves.found("elms", "one") == []
        assert await shelves.found("elms", "two") == ["a.md"]


class TestRemoval:
    async def test_nothing_is_left_but_what_answers_quote(self, shelves: Shelves, tmp_path: Path) -> None:
        [source] = (await shelves.add(note(tmp_path, "a.md"))).sources
        assert await shelves.remove(source.id) == ["a.md"]
        assert await shelves.library.sources() == []
        assert await shelves.library.passages_of("default", source.sha256) == []
        assert await shelves.embedded(source) == 0
        assert (await shelves.snapshots.get(source.sha256)).text == ELMS

    async def test_a_folder_stands_for_what_is_below_it(self, shelves: Shelves, tmp_path: Path) -> None:
        for number, name in enumerate(("notes/a.md", "notes/deep/b.md", "notes-old/c.md")):
            note(tmp_path, name, f"# {number}\n\nNote number {number}.\n")
        await shelves.add(tmp_path)
        assert await shelves.remove("no such name", (tmp_path / "notes").as_uri() + "/") == ["a.md", "b.md"]
        assert [source.url for source in await shelves.library.sources()] == [
            (tmp_path / "notes-old" / "c.md").as_uri()
        ]

    @pytest.mark.parametrize("name", ["", "/", "file:///", "https://", "nothing", "file:"])
    async def test_what_names_nothing_removes_nothing(self, shelves: Shelves, tmp_path: Path, name: str) -> None:
        await shelves.add(note(tmp_path, "a.md"))
        with pytest.raises(NotFound):
            await shelves.remove(name)
        assert len(await shelves.library.sources()) == 1


class TestProblems:
    async def test_an_address_that_is_refused_is_a_problem_among_others(self, shelves: Shelves, tmp_path: Path) -> None:
        ingested = await shelves.add("http://127.0.0.1/", note(tmp_path, "a.md"), "http://[::1]/", tmp_path / "no.md")
        assert counts(ingested) == (1, 0, 0)
        assert [problem.location for problem in ingested.problems] == [
            "http://127.0.0.1/",
            "http://[::1]/",
            str(tmp_path / "no.md"),
        ]

    async def test_alone_it_is_an_error(self, shelves: Shelves) -> None:
        for location in ("http://127.0.0.1/", "http://localhost/"):
            with pytest.raises(OutsideSandbox):
                await shelves.add(location)

    async def test_progress_tells_how_much_was_read(self, shelves: Shelves, tmp_path: Path) -> None:
        for name in ("a.md", "b.md", "c.md"):
            note(tmp_path, name, f"{name}\n" * 100)
        note(tmp_path, "b.pdf", "broken")
        told: list[tuple[int, int, int]] = []

        async def on_progress(progress: Progress) -> None:
            told.append((progress.index, progress.total, progress.size))

        reader = ReaderByLocation.from_section({}, roots=None)
        add = AddSources(reader=reader, **shelves._used())
        ingested = await add([str(tmp_path)], namespace="default", on_progress=on_progress)
        assert told == [(1, 4, 0), (2, 4, 500), (3, 4, 1000), (4, 4, 1000)]
        assert ingested.size == 1500


async def test_memory_does_not_grow_with_the_documents(tmp_path: Path) -> None:
    """What is kept of each of 100 documents of 200 kB is what the library lists of it."""
    library = Register(analyzer=SnowballAnalyzer())
    clock = ManualClock(START)
    snapshots = SqliteSnapshotStore(tmp_path / "home")
    shelves = Shelves(library, InMemoryVectorStore(), CountingEmbedder(), snapshots, clock)._replace(embedder=None)
    paragraphs = "\n\n".join(["The gauge drew its curve on paper. " * 20] * 285)
    for number in range(100):
        note(tmp_path / "notes", f"{number:03}.md", f"Note {number}.\n\n{paragraphs}")
    tracemalloc.start()
    await shelves.add(*sorted((tmp_path / "notes").iterdir())[:20])
    few = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    ingested = await shelves.add(tmp_path / "notes")
    many = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts(ingested) == (80, 0, 20)
    assert ingested.size > 19_000_000
    assert many < few + 3_000_000
