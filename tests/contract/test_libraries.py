"""What every document library does."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.adapters.libraries.sqlite import SqliteLibrary
from rookery.domain.errors import NotFound, StorageError
from rookery.domain.ports.library import LibraryPort
from rookery.domain.sources import Passage, Source, text_digest

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class StumblingAnalyzer(SnowballAnalyzer):
    """Fails at one word, as a disk may fail between two passages."""

    def terms(self, text: str) -> list[str]:
        found = super().terms(text)
        if "stumbl" in found:
            raise RuntimeError("stumbled")
        return found


def _in_memory(_: Path) -> LibraryPort:
    return InMemoryLibrary(analyzer=StumblingAnalyzer())


def _sqlite(home: Path) -> LibraryPort:
    return SqliteLibrary(home, analyzer=StumblingAnalyzer())


@pytest.fixture(params=[_in_memory, _sqlite], ids=["in_memory", "sqlite"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> LibraryPort:
    make: Callable[[Path], LibraryPort] = request.param
    return make(tmp_path)


def document(
    name: str, *texts: str, namespace: str = "default", title: str = "", minutes: int = 0
) -> tuple[Source, list[Passage]]:
    sha256 = text_digest("\n".join(texts))
    url = f"file:///{name}"
    source = Source(
        id=f"{namespace}-{name}",
        url=url,
        title=title,
        media_type="text/plain",
        sha256=sha256,
        namespace=namespace,
        passages=len(texts),
        size=10,
        added_at=NOON + timedelta(minutes=minutes),
    )
    passages = [
        Passage(
            id=f"{sha256[:16]}:{ordinal}",
            sha256=sha256,
            url=url,
            title=title,
            ordinal=ordinal,
            start=0,
            end=len(text),
            text=text,
        )
        for ordinal, text in enumerate(texts)
    ]
    return source, passages


async def found(library: LibraryPort, query: str, *, namespace: str = "default", limit: int = 10) -> list[str]:
    hits = await library.search(namespace, query, limit=limit)
    texts = {passage.id: passage.text for passage in await library.passages(namespace, [hit.id for hit in hits])}
    return [texts[hit.id] for hit in hits]


async def test_a_passage_is_found_by_another_form_of_its_words(library: LibraryPort) -> None:
    await library.add(*document("a", "The petrels were ringed in August.", "A kettle boiled."))
    assert await found(library, "ringing a petrel") == ["The petrels were ringed in August."]


async def test_the_passage_with_the_rarer_word_comes_first(library: LibraryPort) -> None:
    await library.add(*document("a", "The gauge stood still.", "The gauge drowned.", "The gauge was oiled."))
    assert (await found(library, "drowned gauge"))[0] == "The gauge drowned."


async def test_a_passage_is_found_by_the_title_of_its_document(library: LibraryPort) -> None:
    await library.add(*document("a", "It opened in drizzle.", title="Observatory"))
    await library.add(*document("b", "It closed in fog.", title="Lighthouse"))
    assert await found(library, "observatory") == ["It opened in drizzle."]


async def test_nothing_is_found_without_a_common_term(library: LibraryPort) -> None:
    await library.add(*document("a", "The petrels were ringed in August."))
    assert await found(library, "submarine") == []
    assert await found(library, "who was the") == []
    assert await found(library, "") == []


async def test_an_empty_library_finds_nothing(library: LibraryPort) -> None:
    assert await found(library, "gauge") == []


async def test_equal_hits_are_ordered_by_id_and_cut_at_the_limit(library: LibraryPort) -> None:
    await library.add(*document("a", *["The same words."] * 12))
    hits = await library.search("default", "words", limit=5)
    everything = await library.search("default", "words", limit=100)
    assert [hit.id for hit in hits] == sorted(hit.id for hit in everything)[:5]


async def test_namespaces_do_not_see_each_other(library: LibraryPort) -> None:
    await library.add(*document("a", "A tide gauge.", namespace="one"))
    await library.add(*document("b", "A rain gauge.", namespace="two"))
    assert await found(library, "gauge", namespace="one") == ["A tide gauge."]
    assert await found(library, "gauge", namespace="three") == []
    assert [source.id for source in await library.sources("two")] == ["two-b"]
    [hit] = await library.search("two", "gauge", limit=5)
    assert await library.passages("one", [hit.id]) == []


async def test_a_search_within_snapshots_sees_and_counts_only_these(library: LibraryPort) -> None:
    source, passages = document("a", "A gauge.", "A bell and a gauge.", "A door.")
    await library.add(source, passages)
    [alone] = await library.search("default", "bell", limit=5)
    await library.add(*document("b", *[f"The bell of ship {n}." for n in range(20)]))
    within = await library.search("default", "bell", limit=50, snapshots=[source.sha256])
    assert [hit.id for hit in within] == [alone.id]
    assert within[0].score == pytest.approx(alone.score)
    assert await library.search("default", "bell", limit=5, snapshots=[]) == []


async def test_a_document_is_found_by_its_title_without_regard_to_its_form(library: LibraryPort) -> None:
    await library.add(*document("a", "It rises in the east.", "It ends in the west.", title="The Aule (river)"))
    await library.add(*document("b", "A bird.", title="Auk"))
    [passage] = await library.titled("default", {"aule", "nothing", ""}, limit=5)
    assert passage.text == "It rises in the east."
    assert await library.titled("other", {"aule"}, limit=5) == []
    assert await library.titled("default", set(), limit=5) == []


async def test_of_many_documents_of_one_title_only_some_count(library: LibraryPort) -> None:
    sources = [document(f"d{number}", f"Report {number}.", title="Report") for number in range(8)]
    for source, passages in sources:
        await library.add(source, passages)
    assert len(await library.titled("default", {"report"}, limit=3)) == 3
    last = sources[-1][0].sha256
    assert [passage.sha256 for passage in await library.titled("default", {"report"}, limit=3, snapshots=[last])] == [
        last
    ]


async def test_a_removed_document_is_not_found_by_its_title(library: LibraryPort) -> None:
    source, passages = document("a", "It rises in the east.", title="The Aule (river)")
    await library.add(source, passages)
    await library.remove(source.id)
    assert await library.titled("default", {"aule"}, limit=5) == []


async def test_passages_that_have_all_terms_of_a_name_mention_it(library: LibraryPort) -> None:
    source, passages = document(
        "a", "Lucien Méridot made it.", "The gauge of Lucien, not of Meridot.", "Lucien went home.", "A bell."
    )
    await library.add(source, passages)
    found = await library.mentioning("default", {"lucien meridot", "lucien", "submarine", "of the", ""}, limit=3)
    texts = {name: sorted(passage.ordinal for passage in those) for name, those in found.items()}
    assert texts == {"lucien meridot": [0, 1], "lucien": [0, 1, 2]}
    assert await library.mentioning("other", {"lucien"}, limit=3) == {}


async def test_a_name_that_more_passages_have_than_are_wanted_is_left_out(library: LibraryPort) -> None:
    source, passages = document("a", *[f"Lucien said {number}." for number in range(5)])
    await library.add(source, passages)
    await library.add(*document("b", "Lucien wrote."))
    assert await library.mentioning("default", {"lucien"}, limit=5) == {}
    within = await library.mentioning("default", {"lucien"}, limit=5, snapshots=[source.sha256])
    assert [passage.sha256 for passage in within["lucien"]] == [source.sha256] * 5


async def test_names_are_looked_up_by_the_thousand(library: LibraryPort) -> None:
    await library.add(*document("a", "Lucien Méridot made it.", title="Gauge"))
    many = {f"name{number} of{number}" for number in range(3000)}
    assert list(await library.mentioning("default", many | {"lucien"}, limit=3)) == ["lucien"]
    assert len(await library.titled("default", many | {"gauge"}, limit=3)) == 1


async def test_a_document_of_the_same_id_is_replaced(library: LibraryPort) -> None:
    await library.add(*document("a", "A tide gauge."))
    await library.add(*document("a", "A rain barrel."))
    assert await found(library, "gauge") == []
    assert await found(library, "barrel") == ["A rain barrel."]
    assert len(await library.sources()) == 1


async def test_a_removed_document_is_gone_from_everywhere(library: LibraryPort) -> None:
    source, passages = document("a", "A tide gauge.")
    await library.add(source, passages)
    await library.remove(source.id)
    assert await found(library, "gauge") == []
    assert await library.passages("default", [passages[0].id]) == []
    assert await library.passages_of("default", source.sha256) == []
    assert await library.sources() == []


async def test_removing_an_unknown_document_is_an_error(library: LibraryPort) -> None:
    with pytest.raises(NotFound):
        await library.remove("nothing")


async def test_sources_come_oldest_first(library: LibraryPort) -> None:
    for name, minutes in [("new", 2), ("old", 0), ("middle", 1)]:
        await library.add(*document(name, f"Text of {name}.", minutes=minutes))
    assert [source.id for source in await library.sources()] == ["default-old", "default-middle", "default-new"]


async def test_the_passages_of_a_snapshot_come_in_the_order_of_the_text(library: LibraryPort) -> None:
    source, passages = document("a", *[f"Sentence {n}." for n in range(12)])
    await library.add(source, list(reversed(passages)))
    assert await library.passages_of("default", source.sha256) == passages


async def test_two_documents_of_the_same_text_are_one_hit_until_both_are_gone(library: LibraryPort) -> None:
    first, passages = document("a", "A tide gauge.")
    second, _ = document("b", "A tide gauge.", minutes=1)
    await library.add(first, passages)
    await library.add(second, passages)
    assert await found(library, "gauge") == ["A tide gauge."]
    await library.remove(first.id)
    assert await found(library, "gauge") == ["A tide gauge."]


async def test_documents_can_be_added_while_others_search(library: LibraryPort) -> None:
    async def add(number: int) -> None:
        await library.add(*document(f"d{number}", f"Gauge number {number}."))

    async with anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(add, number)
            tasks.start_soon(found, library, "gauge")
    assert len(await found(library, "gauge", limit=20)) == 8


async def test_the_sqlite_library_is_there_after_a_restart(tmp_path: Path) -> None:
    first = SqliteLibrary(tmp_path, analyzer=SnowballAnalyzer())
    await first.add(*document("a", "A tide gauge."))
    first.close()
    assert await found(SqliteLibrary(tmp_path, analyzer=SnowballAnalyzer()), "gauge") == ["A tide gauge."]


async def test_a_library_of_an_earlier_version_learns_the_titles_of_its_documents(tmp_path: Path) -> None:
    first = SqliteLibrary(tmp_path, analyzer=SnowballAnalyzer())
    await first.add(*document("a", "It rises in the east.", title="Aule"))
    first.close()
    with closing(sqlite3.connect(tmp_path / "library.db")) as connection:
        connection.executescript("DROP TABLE titles; PRAGMA user_version = 1")
    later = SqliteLibrary(tmp_path, analyzer=SnowballAnalyzer())
    assert [passage.title for passage in await later.titled("default", {"aule"}, limit=5)] == ["Aule"]


async def test_a_document_that_cannot_be_stored_whole_is_not_stored_at_all(library: LibraryPort) -> None:
    await library.add(*document("a", "A tide gauge."))
    source, passages = document("a", "A rain barrel.", "Another barrel, and the analyzer will stumble.")
    with pytest.raises(RuntimeError, match="stumbled"):
        await library.add(source, passages)
    assert await found(library, "gauge barrel") == ["A tide gauge."]


async def test_a_damaged_file_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "library.db").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(StorageError):
        await SqliteLibrary(tmp_path, analyzer=SnowballAnalyzer()).sources()
