"""What every index of memories must do."""

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from rookery.adapters.embedders.hashing import HashingEmbedder, Settings
from rookery.adapters.memory_indexes.in_memory import InMemoryMemoryIndex
from rookery.domain.cues import cues_of
from rookery.domain.errors import DimensionMismatch, InvalidRequest
from rookery.domain.memories import EVERYTHING, Memory, MemoryFilter, Slot
from rookery.domain.ports.memory_index import (
    Change,
    Embedded,
    IndexState,
    MemoryIndexPort,
    NamespaceState,
)
from tests.support.memory_index import (
    ANALYZER,
    EMBEDDER,
    MODEL,
    NOON,
    apply,
    embed_all,
    find,
    holding,
    keys,
    sqlite_index,
    tombstone,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "in_memory"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MemoryIndexPort]:
    if request.param == "in_memory":
        yield InMemoryMemoryIndex(analyzer=ANALYZER)
        return
    opened = sqlite_index(tmp_path)
    yield opened
    opened.close()


async def test_an_empty_index_knows_nothing(index: MemoryIndexPort) -> None:
    assert await index.state() == IndexState(None, 0, None)
    assert await index.namespaces() == []
    assert await index.get([Slot("a", "1")]) == {}
    assert await index.page(EVERYTHING, limit=5) == ([], None)
    assert await index.count("a", EVERYTHING) == 0
    assert (await index.form("a")).speakers == frozenset()
    assert await find(index, "rooks", dense=True) == {}
    assert await find(index, "rooks", dense=True, nearest=["1"]) == {}
    assert await index.unembedded(MODEL, limit=5) == []
    assert await index.changes("a", MODEL, after=0, limit=5) == []


async def test_it_says_how_far_it_follows(index: MemoryIndexPort) -> None:
    await apply(index, holding(3, "1", "Rooks nest high."), holding(7, "2", "Crows do not."))
    await index.apply([], follows="j", cursor=9)
    assert await index.state() == IndexState("j", 9, None)
    await embed_all(index)
    assert await index.state() == IndexState("j", 9, MODEL)


async def test_what_holds_is_found_and_returned_whole(index: MemoryIndexPort) -> None:
    held = holding(1, "1", "Rooks nest high.", tags=["birds"], source="https://example.org", priority=3)
    await apply(index, held)
    assert await index.get([Slot("a", "1"), Slot("a", "2"), Slot("b", "1")]) == {Slot("a", "1"): held.memory}
    assert list(await find(index, "the nests of rooks")) == ["1"]
    assert await find(index, "the nests of rooks", namespace="b") == {}


async def test_a_new_version_replaces_the_old_one_with_all_that_was_known_of_it(index: MemoryIndexPort) -> None:
    await apply(index, holding(1, "1", "Ada: Rooks nest high.", tags=["birds"], source="old"))
    await embed_all(index)
    await apply(index, holding(2, "1", "Zoë: The mill is shut.", tags=["mills"], source="new", minutes=5))
    assert await find(index, "rooks", dense=True) == {}
    assert list(await find(index, "mill")) == ["1"]
    assert (await index.form("a")).speakers == {"zoë"}
    assert await keys(index, MemoryFilter(tags_any=["birds"])) == []
    assert await keys(index, MemoryFilter(tags_any=["mills"], source="new")) == ["1"]
    assert [one.content for one in await index.unembedded(MODEL, limit=9)] == ["Zoë: The mill is shut."]
    assert await index.namespaces() == [NamespaceState("a", 1, 2)]


async def test_a_forgotten_memory_is_not_there_and_can_come_back(index: MemoryIndexPort) -> None:
    await apply(index, holding(1, "1", "Ada: Rooks nest high.", tags=["birds"]), holding(2, "2", "Crows"))
    await embed_all(index)
    await apply(index, tombstone(3, "1"))
    assert await index.get([Slot("a", "1")]) == {}
    assert await keys(index) == ["2"]
    assert await index.count("a", EVERYTHING) == 1
    assert (await index.form("a")).speakers == frozenset()
    assert "1" not in await find(index, "Ada rooks nest high", dense=True)
    assert "1" not in await find(index, "Ada rooks nest high", dense=True, nearest=["1", "2"])
    assert await index.unembedded(MODEL, limit=9) == []
    assert await index.namespaces() == [NamespaceState("a", 1, 3)]
    await apply(index, holding(4, "1", "Rooks nest high."))
    assert (await find(index, "rooks"))["1"].lexical > 0
    assert [one.slot.key for one in await index.unembedded(MODEL, limit=9)] == ["1"]


async def test_a_namespace_of_which_everything_was_forgotten_is_still_told(index: MemoryIndexPort) -> None:
    await apply(index, tombstone(1, "1"), holding(2, "2", "Rooks", namespace="b"), tombstone(3, "2", namespace="b"))
    assert await index.namespaces() == [NamespaceState("a", 0, 1), NamespaceState("b", 0, 3)]
    assert await find(index, "rooks", namespace="b", dense=True) == {}


async def test_after_a_reset_it_is_empty_and_usable(index: MemoryIndexPort) -> None:
    await apply(index, holding(1, "1", "Rooks nest high."))
    await embed_all(index)
    await find(index, "rooks", dense=True)
    await index.reset()
    await index.reset()
    assert await index.state() == IndexState(None, 0, None)
    assert await find(index, "rooks", dense=True) == {}
    await index.apply([holding(1, "2", "Rooks nest low.")], follows="k", cursor=1)
    assert list(await find(index, "rooks")) == ["2"]
    assert (await index.state()).journal == "k"


async def test_pages_come_newest_first_and_hold_each_memory_once(index: MemoryIndexPort) -> None:
    moments = [3, 1, 2, 2, 2, 0.5]
    await apply(index, *(holding(n, f"{n}", f"text {n}", minutes=at) for n, at in enumerate(moments, 1)))
    for limit in (1, 2, 4, 6, 7):
        seen: list[Memory] = []
        mark: str | None = None
        while True:
            items, mark = await index.page(EVERYTHING, limit=limit, before=mark)
            assert 0 < len(items) <= limit
            seen += items
            if mark is None:
                break
        assert len({one.key for one in seen}) == len(seen) == 6
        assert [one.timestamp for one in seen] == sorted((one.timestamp for one in seen), reverse=True)


async def test_a_page_goes_on_where_it_ended_although_something_new_came(index: MemoryIndexPort) -> None:
    await apply(index, *(holding(n, f"{n}", f"text {n}", minutes=n) for n in range(1, 5)))
    _, mark = await index.page(EVERYTHING, limit=2)
    await apply(index, holding(9, "9", "new", minutes=99))
    rest, end = await index.page(EVERYTHING, limit=9, before=mark)
    assert ([one.key for one in rest], end) == (["2", "1"], None)


@pytest.mark.parametrize(
    "mark", ["", "x", "1~", "~1", "1~x", "0x1p0~1~2", "0x1p99999~1", f"0x1p0~{2**70}", "nan~1", "\ud800"]
)
async def test_what_is_no_mark_of_a_page_is_refused(index: MemoryIndexPort, mark: str) -> None:
    with pytest.raises(InvalidRequest, match="next_cursor"):
        await index.page(EVERYTHING, limit=5, before=mark)


FILTERED = [
    holding(1, "1", "rooks", tags=["x"], source="https://example.org/a", minutes=1),
    holding(2, "2", "rooks", tags=["x", "y"], source="https://example.org/b", minutes=2),
    holding(3, "3", "rooks", tags=["z"], source="https://example.org", minutes=3),
    holding(4, "4", "rooks", tags=["y", "ü 🐦"], source="ftp:x*", minutes=4),
    holding(5, "5", "rooks", minutes=5),
    holding(6, "6", "rooks", namespace="b", tags=["x"], minutes=6),
    tombstone(7, "7", tags=["x"]),
]


@pytest.mark.parametrize(
    ("fields", "passing"),
    [
        ({}, "12345"),
        ({"tags_any": ["x"]}, "12"),
        ({"tags_any": ["x", "z", "no"]}, "123"),
        ({"tags_all": ["x", "y"]}, "2"),
        ({"tags_all": ["x", "x"]}, "12"),
        ({"tags_all": ["y"], "tags_any": ["ü 🐦"]}, "4"),
        ({"tags_any": ["X"]}, ""),
        ({"since": NOON + timedelta(minutes=3)}, "345"),
        ({"until": NOON + timedelta(minutes=3)}, "12"),
        ({"since": NOON + timedelta(minutes=2), "until": NOON + timedelta(minutes=3)}, "2"),
        ({"source": "https://example.org"}, "3"),
        ({"source": "https://example.org/*"}, "12"),
        ({"source": "https://example.org*"}, "123"),
        ({"source": "ftp:x**"}, "4"),
        ({"source": "*"}, "1234"),
        ({"source": ""}, ""),
        ({"source": "%"}, ""),
        ({"tags_any": [f"t{n}" for n in range(5000)] + ["z"]}, "3"),
        ({"tags_all": [f"t{n}" for n in range(5000)] + ["z"]}, ""),
        ({"tags_any": ["x"], "source": "https://example.org/b", "since": NOON}, "2"),
    ],
)
async def test_a_filter_holds_for_pages_counts_and_searches_alike(
    index: MemoryIndexPort, fields: dict[str, object], passing: str
) -> None:
    await apply(index, *FILTERED)
    await embed_all(index)
    where = MemoryFilter.model_validate(fields)
    inside = where.model_copy(update={"namespaces": ["a"]})
    assert sorted(await keys(index, inside)) == list(passing)
    assert await index.count("a", where) == len(passing)
    assert sorted(await find(index, "rooks", where)) == list(passing)
    assert sorted(await find(index, "rooks", where, dense=True)) == list(passing)
    assert sorted(await find(index, "rooks", where, dense=True, nearest="1234567")) == list(passing)


async def test_namespaces_narrow_a_page(index: MemoryIndexPort) -> None:
    await apply(index, *FILTERED)
    assert await keys(index, MemoryFilter(namespaces=["b", "nowhere"])) == ["6"]
    assert await keys(index, MemoryFilter(namespaces=[])) == []
    assert len(await keys(index)) == 6


async def test_speakers_are_told_by_namespace(index: MemoryIndexPort) -> None:
    await apply(
        index,
        holding(1, "1", "Ada: hello"),
        holding(2, "2", "Zoë Møller: hello"),
        holding(3, "3", "hello", tags=["speaker:Ben"]),
        holding(4, "4", "Cem: hello", namespace="b"),
        holding(5, "5", "nobody speaks"),
    )
    assert (await index.form("a")).speakers == {"ada", "zoë møller", "ben"}
    assert (await index.form("b")).speakers == {"cem"}


async def test_a_candidate_tells_what_speaks_for_it(index: MemoryIndexPort) -> None:
    await apply(
        index,
        holding(1, "q", "Ada: Where do the rooks nest?", minutes=0),
        holding(2, "a", "Zoë: In the elms, since last year.", minutes=1, relevance_score=0.75),
        holding(3, "far", "In the elms.", minutes=90),
    )
    await embed_all(index)
    found = await find(index, "rooks nest", dense=True)
    question, answer, far = found["q"], found["a"], found["far"]
    assert question.lexical > 0 == answer.lexical
    assert answer.asked == question.lexical
    assert question.asked == far.asked == 0
    assert question.window > 0 < answer.window
    assert far.window == 0
    assert answer.importance == 0.75
    assert answer.timestamp == (NOON + timedelta(minutes=1)).timestamp()
    assert answer.length == len(ANALYZER.terms("Zoë: In the elms, since last year."))
    assert answer.cues == cues_of("Zoë: In the elms, since last year.")
    assert question.cues == cues_of("Ada: Where do the rooks nest?")
    [query], [said] = await EMBEDDER.embed(["rooks nest"]), await EMBEDDER.embed(["Ada: Where do the rooks nest?"])
    assert question.cosine == pytest.approx(sum(map(math.prod, zip(query, said, strict=True))), abs=1e-6)


async def test_a_search_gives_the_best_by_words_and_the_best_by_meaning(index: MemoryIndexPort) -> None:
    await apply(index, *(holding(n, f"{n}", "rooks " * n + "crows " * (20 - n), minutes=100 * n) for n in range(1, 20)))
    await embed_all(index)
    by_words = await find(index, "rooks", pool=2)
    everything = await find(index, "rooks", pool=100)
    best = sorted(everything.values(), key=lambda one: -(one.lexical + 1.5 * one.window))
    assert set(by_words) == {one.slot.key for one in best[:2]}
    both = await find(index, "rooks", pool=2, dense=True)
    all_compared = await find(index, "rooks", pool=100, dense=True)
    nearest = sorted(all_compared.values(), key=lambda one: -(one.cosine or 0.0))
    assert set(both) == set(by_words) | {one.slot.key for one in nearest[:2]}
    assert all(both[key] == all_compared[key] for key in both)


async def test_only_what_another_index_found_is_compared(index: MemoryIndexPort) -> None:
    await apply(index, *(holding(n, f"{n}", f"text {n}") for n in range(1, 6)), holding(6, "6", "6", namespace="b"))
    await embed_all(index)
    assert set(await find(index, "else", dense=True)) == set("12345")
    assert set(await find(index, "else", dense=True, nearest=["2", "4", "6", "unknown"])) == {"2", "4"}
    assert await find(index, "else", dense=True, nearest=[]) == {}


async def test_what_has_no_embedding_yet_is_found_by_words(index: MemoryIndexPort) -> None:
    await apply(index, holding(1, "1", "rooks"))
    await embed_all(index)
    await apply(index, holding(2, "2", "rooks", minutes=600))
    found = await find(index, "rooks", dense=True)
    assert found["1"].cosine == pytest.approx(1.0)
    assert found["2"].cosine is None


async def test_memories_wait_for_their_embedding_in_the_order_of_their_change(index: MemoryIndexPort) -> None:
    await apply(index, holding(5, "1", "one"), holding(3, "2", "two"), holding(4, "3", "three"), tombstone(6, "4"))
    assert [one.slot.key for one in await index.unembedded(MODEL, limit=2)] == ["2", "3"]
    await index.embed(MODEL, [Embedded(Slot("a", "2"), [1.0] * 16), Embedded(Slot("a", "unknown"), [1.0] * 16)])
    await index.embed(MODEL, [Embedded(Slot("a", "4"), [1.0] * 16)])
    assert [one.slot.key for one in await index.unembedded(MODEL, limit=9)] == ["3", "1"]


async def test_another_model_has_nothing_of_the_old_ones_embeddings(index: MemoryIndexPort) -> None:
    await apply(index, holding(1, "1", "rooks"), holding(2, "2", "crows"))
    await embed_all(index)
    await find(index, "rooks", dense=True)
    other = HashingEmbedder(Settings(dimension=8))
    assert [one.slot.key for one in await index.unembedded(other.identity, limit=9)] == ["1", "2"]
    assert await index.changes("a", MODEL, after=0, limit=9) == []
    await embed_all(index, other)
    assert (await index.state()).model == other.identity
    [embedding] = await other.embed(["rooks"])
    found = await index.candidates("a", [], EVERYTHING, pool=5, window_weight=1.5, embedding=embedding)
    assert {one.slot.key: round(one.cosine or 0, 5) for one in found}["1"] == 1.0
    assert [len(change.embedding or []) for change in await index.changes("a", other.identity, after=0, limit=9)] == [
        8,
        8,
    ]


async def test_embeddings_of_another_length_are_refused_in_a_search_and_replace_the_old_ones(
    index: MemoryIndexPort,
) -> None:
    await apply(index, holding(1, "1", "rooks"), holding(2, "2", "crows"))
    await embed_all(index)
    await find(index, "rooks", dense=True)
    eight = [1.0] + [0.0] * 7
    with pytest.raises(DimensionMismatch, match=r"16 dimensions.* 8"):
        await index.candidates("a", ["rook"], EVERYTHING, pool=5, window_weight=1.5, embedding=eight)
    assert (await find(index, "rooks", dense=True))["1"].cosine == pytest.approx(1.0)
    await index.embed(MODEL, [Embedded(Slot("a", "1"), eight)])
    assert [one.slot.key for one in await index.unembedded(MODEL, limit=9)] == ["2"]
    found = await index.candidates("a", [], EVERYTHING, pool=5, window_weight=1.5, embedding=eight)
    assert [(one.slot.key, one.cosine) for one in found] == [("1", 1.0)]


async def changes(index: MemoryIndexPort, *, after: int, limit: int) -> list[Change]:
    found = await index.changes("a", MODEL, after=after, limit=limit)
    return [one._replace(embedding=one.embedding and list(one.embedding)) for one in found]


async def test_changes_come_by_cursor_and_end_before_what_has_no_embedding(index: MemoryIndexPort) -> None:
    await apply(index, holding(1, "1", "one"), holding(4, "2", "two"), holding(2, "3", "three"), tombstone(3, "4"))
    await apply(index, holding(9, "9", "nine", namespace="b"))
    assert await index.changes("a", MODEL, after=0, limit=9) == []
    await index.unembedded(MODEL, limit=0)
    assert await index.changes("a", MODEL, after=0, limit=9) == []
    unit = [0.0] * 15 + [1.0]
    await index.embed(MODEL, [Embedded(Slot("a", "1"), unit), Embedded(Slot("a", "3"), unit)])
    expected = [Change(Slot("a", "1"), 1, unit), Change(Slot("a", "3"), 2, unit), Change(Slot("a", "4"), 3, None)]
    assert await changes(index, after=0, limit=9) == expected
    assert await changes(index, after=0, limit=2) == expected[:2]
    assert await changes(index, after=2, limit=9) == expected[2:]
    assert await index.changes("a", "another", after=0, limit=9) == []
    await apply(index, tombstone(10, "1"))
    assert [change.slot.key for change in await index.changes("a", MODEL, after=0, limit=9)] == ["3", "4"]


@pytest.mark.parametrize("text", ["a\0b", "\0", "ид/1 🐦'\"", " ", "x" * 200, "%_*", "\n"])
async def test_names_tags_and_sources_may_be_any_text(index: MemoryIndexPort, text: str) -> None:
    await apply(
        index,
        holding(1, text, f"rooks {text}", namespace=text, tags=[text], source=text),
        holding(2, text + ".", "rooks", namespace=text, tags=[text + "."], source=text + "."),
    )
    await embed_all(index)
    where = MemoryFilter(namespaces=[text], tags_any=[text], tags_all=[text], source=text)
    assert await keys(index, where) == [text]
    assert await index.count(text, where) == 1
    assert len(await keys(index, MemoryFilter(source=f"{text}*"))) == 2
    assert list(await find(index, "rooks", where, namespace=text, dense=True)) == [text]
    assert len(await index.changes(text, MODEL, after=0, limit=9)) == 2


async def test_ten_thousand_tags_are_looked_up(index: MemoryIndexPort) -> None:
    tags = [f"tag {number}" for number in range(10_000)]
    await apply(index, holding(1, "1", "rooks", tags=tags), holding(2, "2", "rooks", tags=tags[1:]))
    assert await keys(index, MemoryFilter(tags_all=["tag 0", "tag 9999"])) == ["1"]
    assert sorted(await keys(index, MemoryFilter(tags_all=tags[1:]))) == ["1", "2"]
    assert await keys(index, MemoryFilter(tags_all=tags)) == ["1"]
    assert sorted(await keys(index, MemoryFilter(tags_any=tags))) == ["1", "2"]


async def test_what_is_known_already_changes_nothing(index: MemoryIndexPort) -> None:
    await apply(index, holding(1, "1", "old"), holding(2, "2", "crows"), holding(3, "1", "rooks"))
    await embed_all(index)
    await index.apply([holding(1, "1", "old"), tombstone(2, "2")], follows="j", cursor=2)
    assert (await index.state()).cursor == 3
    assert [one.content for one in (await index.get([Slot("a", "1"), Slot("a", "2")])).values()] == ["rooks", "crows"]
    assert await index.unembedded(MODEL, limit=9) == []
    assert await index.namespaces() == [NamespaceState("a", 2, 3)]


async def test_readers_beside_a_writer_see_whole_steps(index: MemoryIndexPort) -> None:
    async def write() -> None:
        for step in range(20):
            await apply(index, *(holding(10 * step + n, f"{step}-{n}", f"rooks {step}") for n in range(1, 11)))
            await embed_all(index)

    async def read() -> None:
        for _ in range(20):
            found = await find(index, "rooks", pool=1000, dense=True)
            assert len(found) % 10 == 0
            assert all(one.lexical > 0 for one in found.values())

    async with asyncio.TaskGroup() as tasks:
        for work in (write, read, read):
            tasks.create_task(work())
    assert len(await find(index, "rooks", pool=1000)) == await index.count("a", EVERYTHING) == 200
