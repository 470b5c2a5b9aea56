"""What is found, in which order, and why."""

import math
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rookery.domain.errors import EmbedderError, InvalidRequest, NotFound
from rookery.domain.memories import MemoryFilter, NewMemory
from rookery.domain.ports.embedder import EmbedderPort
from rookery.entrypoints.container import close
from tests.support.colony import make_container
from tests.support.mind import HASHING, NOON, Mind

pytestmark = pytest.mark.anyio

FIRST, LAST = ("Bor", "Kel", "Mur", "Tarn", "Vil"), ("ness", "ey", "holm", "wick")
ISLANDS = [f"{first}{last}" for first in FIRST for last in LAST]
Open = Callable[..., Mind]


class WordlessEmbedder(EmbedderPort):
    """Fails as long as it is told to."""

    def __init__(self) -> None:
        self.broken = True

    @property
    def identity(self) -> str:
        return HASHING.identity

    @property
    def dimension(self) -> int:
        return HASHING.dimension

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if self.broken:
            raise EmbedderError("the model's file is gone")
        return await HASHING.embed(texts)


@pytest.fixture
async def open_mind(tmp_path: Path) -> AsyncIterator[Open]:
    opened: list[Mind] = []

    def open_one(**more: object) -> Mind:
        opened.append(Mind(tmp_path, **more))
        return opened[-1]

    yield open_one
    for mind in opened:
        mind.close()


@pytest.fixture
def mind(open_mind: Open) -> Mind:
    return open_mind()


async def test_who_is_named_in_the_query_goes_before_the_others(mind: Mind) -> None:
    for name in ("Ben", "Ada", "Cem"):
        await mind.add(f"{name}: I keep two rooks.", minutes=200 * len(name + name[0]))
    assert (await mind.told("What birds does Ada keep?"))[0] == "Ada: I keep two rooks."
    assert (await mind.told("What birds does Cem keep?"))[0] == "Cem: I keep two rooks."
    [first, *_] = await mind.find("What birds does Ada keep?")
    assert first.why.speaker > 0


async def test_a_memory_of_the_month_in_the_query_goes_first(mind: Mind) -> None:
    for month in range(1, 10):
        await mind.add(f"We climbed a hill, the {month}th.", timestamp=datetime(2025, month, 9, tzinfo=UTC))
    assert (await mind.told("Which hill did we climb in May 2025?"))[0] == "We climbed a hill, the 5th."
    assert (await mind.told("Which hill did we climb in August?"))[0] == "We climbed a hill, the 8th."


async def test_a_question_for_a_time_prefers_what_tells_one(mind: Mind) -> None:
    await mind.add("We climbed the hill with Ada.", minutes=0)
    await mind.add("We climbed the hill last week.", minutes=200)
    await mind.add("We climbed the hill with Cem.", minutes=400)
    assert (await mind.told("When did we climb the hill?"))[0] == "We climbed the hill last week."
    assert (await mind.find("When did we climb the hill?"))[0].why.time > 0


async def test_the_answer_after_a_question_is_found_by_the_words_of_the_question(mind: Mind) -> None:
    await mind.add("Ada: Which instrument do you play?", minutes=0)
    await mind.add("Ben: The nyckelharpa, badly.", minutes=1)
    await mind.add("Ada: That one is my whole weekend.", minutes=90)
    found = await mind.find("Which instrument does somebody play?")
    answer = next(memory for memory in found if "nyckelharpa" in memory.content)
    assert answer.why.lexical == 0 < answer.why.neighbour
    assert [memory.content for memory in found].index(answer.content) <= 1


async def test_meaning_finds_what_shares_no_word(home: Path) -> None:
    container = make_container(home, vector_store="memory")
    try:
        remember, search = container.remember(), container.search_memories()
        await remember(
            NewMemory(content="The physician prescribed tablets."),
            NewMemory(content="The train was late again."),
            NewMemory(content="She planted tulips."),
        )
        recalled = await search("doctor medicine pills")
        assert recalled.memories[0].content == "The physician prescribed tablets."
        assert (recalled.memories[0].why.lexical, recalled.memories[0].why.terms) == (0.0, [])
        assert recalled.degraded == []
    finally:
        await close(container)


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({}, {"a1", "a2", "a3", "b1"}),
        ({"namespaces": ["a"]}, {"a1", "a2", "a3"}),
        ({"namespaces": ["a", "b"]}, {"a1", "a2", "a3", "b1"}),
        ({"namespaces": ["nowhere"]}, set()),
        ({"namespaces": []}, set()),
        ({"tags_any": ["x", "y"]}, {"a1", "a2", "b1"}),
        ({"tags_all": ["x", "y"]}, {"a2"}),
        ({"since": NOON + timedelta(minutes=2)}, {"a2", "a3", "b1"}),
        ({"since": NOON + timedelta(minutes=2), "until": NOON + timedelta(minutes=3)}, {"a2"}),
        ({"source": "https://example.org/*"}, {"a1", "b1"}),
        ({"source": "https://example.org/1", "namespaces": ["b"]}, set()),
    ],
)
async def test_filters_narrow_what_is_found(mind: Mind, where: dict[str, object], told: set[str]) -> None:
    said = [
        ("a1", "a", ["x"], "https://example.org/1", 1),
        ("a2", "a", ["x", "y"], "https://example.com/2", 2),
        ("a3", "a", [], None, 3),
        ("b1", "b", ["y"], "https://example.org/2", 4),
    ]
    for key, namespace, tags, source, minutes in said:
        fields = {"key": key, "namespace": namespace, "tags": tags, "source": source}
        await mind.add(f"Rooks nest in elms, {key}.", minutes=minutes, **fields)
    found = await mind.find("Where do rooks nest?", **where)
    assert {memory.key for memory in found} == told


async def test_scores_are_probabilities_in_order_and_made_of_their_parts(mind: Mind) -> None:
    for number in range(30):
        await mind.add(f"Rook {number} nests in elm {number % 7}?" + " and caws" * (number % 5), minutes=20 * number)
    found = await mind.find("When does rook 7 nest in elm 3, in November 2026?", limit=20)
    assert len(found) == 20
    assert [one.relevance_score for one in found] == sorted((one.relevance_score for one in found), reverse=True)
    for memory in found:
        why = memory.why
        total = sum((why.dense, why.lexical, why.neighbour, why.speaker, why.time, why.importance, why.form))
        assert memory.relevance_score == pytest.approx(1 / (1 + math.exp(-(0.85 * total - 7.2))))
        assert 0 <= memory.relevance_score <= 1
        assert why.cosine is not None


async def test_why_names_the_words_that_were_found(mind: Mind) -> None:
    await mind.add("Rooks were nesting in the elms.")
    [found] = await mind.find("the nests of rooks and crows")
    assert found.why.terms == ["nest", "rook"]


async def test_a_score_stays_comparable_in_a_larger_namespace(mind: Mind) -> None:
    for namespace, others in (("small", 20), ("large", 400)):
        await mind.add("Ada plays the nyckelharpa in the attic.", namespace=namespace)
        batch = [f"Note {number}: the weather of day {number} was dull." for number in range(others)]
        times = [NOON + timedelta(hours=3 * number) for number in range(1, others + 1)]
        said = zip(batch, times, strict=True)
        await mind.remember(*(NewMemory(namespace=namespace, content=text, timestamp=at) for text, at in said))
    query = "Who plays the nyckelharpa?"
    [small] = await mind.find(query, namespaces=["small"], limit=1)
    [large] = await mind.find(query, namespaces=["large"], limit=1)
    assert small.content == large.content == "Ada plays the nyckelharpa in the attic."
    assert small.relevance_score == pytest.approx(large.relevance_score, abs=0.05)
    both = await mind.find(query, limit=2)
    assert {memory.namespace for memory in both} == {"small", "large"}


async def test_without_an_embedder_words_alone_find_and_it_is_told(open_mind: Open) -> None:
    mind = open_mind(embedder=None)
    await mind.add("Rooks nest in elms.")
    await mind.add("The mill is shut.", minutes=300)
    recalled = await mind.search("Where do rooks nest?")
    assert [memory.content for memory in recalled.memories] == ["Rooks nest in elms."]
    assert recalled.memories[0].why.cosine is None
    assert "words only" in recalled.degraded[0]


async def test_an_embedder_that_fails_is_told_until_it_works_again(open_mind: Open) -> None:
    embedder = WordlessEmbedder()
    mind = open_mind(embedder=embedder)
    await mind.add("Rooks nest in elms.")
    recalled = await mind.search("Where do rooks nest?")
    assert [memory.content for memory in recalled.memories] == ["Rooks nest in elms."]
    assert "words only: the model's file is gone" in recalled.degraded[0]
    embedder.broken = False
    recalled = await mind.search("Where do rooks nest?")
    assert recalled.degraded == []
    assert recalled.memories[0].why.cosine is not None


async def test_an_embedder_that_fails_for_queries_only_is_told_and_then_not_any_more(open_mind: Open) -> None:
    embedder = WordlessEmbedder()
    embedder.broken = False
    mind = open_mind(embedder=embedder)
    await mind.add("Rooks nest in elms.")
    assert (await mind.search("rooks")).degraded == []
    embedder.broken = True
    assert "words only" in (await mind.search("rooks")).degraded[0]
    embedder.broken = False
    assert (await mind.search("rooks")).degraded == []


async def test_with_a_half_life_old_memories_sink_and_none_is_removed(open_mind: Open) -> None:
    contents = [f"Rook {number} nests in an elm." for number in range(5)]
    timeless = open_mind()
    for age, content in enumerate(contents):
        await timeless.add(content, timestamp=NOON - timedelta(days=100 * age))
    before = {memory.content: memory.relevance_score for memory in await timeless.find("rooks nest in an elm")}
    aging = open_mind(half_life=timedelta(days=100))
    found = await aging.find("rooks nest in an elm")
    assert [memory.content for memory in found] == contents
    for age, memory in enumerate(found):
        assert memory.why.decay == pytest.approx(0.5**age)
        assert memory.relevance_score == pytest.approx(before[memory.content] * 0.5**age)


async def test_equal_contents_are_one_memory(mind: Mind) -> None:
    first = await mind.add("Rooks nest in elms.")
    again = await mind.add("  rooks  nest in\nelms. ", minutes=5)
    assert again.id == first.id
    assert len(await mind.find("rooks")) == 1
    await mind.add("Rooks nest in elms.", namespace="other")
    assert len(await mind.find("rooks")) == 2


async def test_what_says_the_same_again_is_not_stored_again(mind: Mind) -> None:
    new = NewMemory(content="Rooks nest in elms.", tags=["birds"])
    [first] = await mind.remember(new)
    [second] = await mind.remember(new)
    assert second == first
    assert await mind.journal.end() == 1


async def test_only_the_newest_version_is_found(mind: Mind) -> None:
    old = await mind.add("The mill opens at nine.", key="mill")
    new = await mind.add("The mill opens at ten.", key="mill", minutes=1)
    assert new.supersedes == [old.version]
    assert await mind.told("When does the mill open?") == ["The mill opens at ten."]
    assert all("nine" not in memory.why.terms for memory in await mind.find("nine"))


async def test_a_forgotten_memory_is_not_found_and_can_be_told_again(mind: Mind) -> None:
    held = await mind.add("Rooks nest in elms.")
    assert [memory.id for memory in await mind.forget(held.id)] == [held.id]
    assert await mind.find("rooks nest") == []
    with pytest.raises(NotFound, match="forgotten already"):
        await mind.forget(held.id)
    await mind.add("Rooks nest in elms.", minutes=9)
    assert await mind.told("rooks nest") == ["Rooks nest in elms."]


async def test_one_id_may_stand_in_several_namespaces(mind: Mind) -> None:
    for namespace in ("a", "b", "c"):
        await mind.add(f"Rooks of {namespace}", namespace=namespace, id="rooks")
    assert len(await mind.forget("rooks", namespace="a")) == 1
    assert {memory.namespace for memory in await mind.find("rooks")} == {"b", "c"}
    assert len(await mind.forget("rooks")) == 2
    assert await mind.find("rooks") == []


async def test_as_many_are_found_as_asked_for(mind: Mind) -> None:
    for number in range(12):
        await mind.add(f"Rook {number} nests in an elm.", minutes=number)
    for limit in (1, 5, 12, 1000):
        assert len(await mind.find("rook", limit=limit)) == min(limit, 12)


async def test_an_important_memory_goes_before_an_equal_one(mind: Mind) -> None:
    for name, importance in (("one", 0.1), ("two", 0.9), ("three", 0.5)):
        await mind.add(f"Rooks nest, {name}.", relevance_score=importance, minutes=300 * len(name))
    assert (await mind.told("rooks nest"))[0] == "Rooks nest, two."
    [held] = [memory for memory in await mind.find("rooks nest") if memory.content == "Rooks nest, two."]
    assert held.relevance_score != 0.9  # in a search it is the fused score


@pytest.mark.parametrize("query", ["", "   ", "\n\t", "x" * 4001])
async def test_a_query_has_1_to_4000_characters(mind: Mind, query: str) -> None:
    with pytest.raises(InvalidRequest, match="1 to 4000"):
        await mind.search(query)


@pytest.mark.parametrize("query", ["?", "🐦", "the of and", "What?", "\0", "研究", "x" * 4000, "%_*'\";--"])
async def test_a_query_without_a_word_of_use_breaks_nothing(mind: Mind, query: str) -> None:
    await mind.add("Rooks nest in elms.")
    await mind.search(query)
    await mind.search(query, MemoryFilter(tags_any=["none"]))


async def test_an_empty_memory_gives_nothing(mind: Mind) -> None:
    assert await mind.find("rooks") == []


async def test_memories_of_the_ends_of_time_are_found(mind: Mind) -> None:
    for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"):
        await mind.add(f"Rooks at {moment}", timestamp=moment)
    for query in ("rooks in December", "rooks on 31 December", "rooks in January", "rooks on 1 January 2000"):
        assert len(await mind.find(query)) == 2


async def test_what_one_process_remembers_another_finds(open_mind: Open) -> None:
    one, other = open_mind(), open_mind()
    await one.add("Rooks nest in elms.")
    assert await other.told("rooks") == ["Rooks nest in elms."]
    await other.add("Crows nest alone.", minutes=1)
    assert (await one.told("crows"))[0] == "Crows nest alone."
    await one.projection.rebuild()
    assert (await other.told("rooks"))[0] == "Rooks nest in elms."


async def test_an_index_built_from_the_journal_finds_what_the_old_one_found(open_mind: Open) -> None:
    mind = open_mind()
    for number in range(40):
        await mind.add(f"Ada: Rook {number % 13} nests in elm {number % 7}.", minutes=25 * (number * 7 % 40))
    await mind.forget((await mind.add("Rook 99"), await mind.add("Rook 98"))[0].id)
    queries = ["Where does rook 5 nest?", "What did Ada say of elm 3?", "rook"]
    before = [(await mind.search(query)).memories for query in queries]
    assert await mind.projection.rebuild() == await mind.index.count("default", MemoryFilter())
    assert [(await mind.search(query)).memories for query in queries] == before


async def test_any_collection_of_memories_can_be_imported_and_each_is_written_once(mind: Mind) -> None:
    given = [NewMemory(content=f"Rook {number} nests in the elm.") for number in range(3)]
    assert await mind.take_over(given) == 3
    assert await mind.take_over(iter(given)) == 3
    assert len(await mind.find("Which rook nests in the elm?")) == 3


async def test_short_documents_are_found_by_their_titles_and_not_by_their_neighbours(mind: Mind) -> None:
    """A title before a colon looks like a speaker, and what was imported together like a conversation."""
    rest = "stands in the old harbour, has walls of slate and a door of oak, and was painted white by its keepers twice"
    await mind.take_over(
        NewMemory(content=f"Tower {name}: The tower {rest}. Its lamp burns {fuel}, as the log of winter {year} tells.")
        for name, fuel, year in zip(ISLANDS, ["oil", "gas", "coal", "peat"] * 5, range(1801, 1821), strict=True)
    )
    for name in ISLANDS:
        best = (await mind.find(f"What does the lamp of Tower {name} burn?", limit=1))[0]
        assert best.content.startswith(f"Tower {name}:")
        assert best.why is not None
        assert best.why.neighbour == 0
