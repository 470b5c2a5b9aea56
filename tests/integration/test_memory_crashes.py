"""Programs that are killed in the middle of writing and syncing lose nothing that they acknowledged."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from rookery.adapters.analyzers.plain import PlainAnalyzer
from rookery.adapters.memory_indexes.sqlite import SqliteMemoryIndex
from rookery.application.memory.mirrors import Followed, Mirrors
from rookery.application.memory.projection import Projection
from rookery.domain.memories import EVERYTHING, Memory, MemoryFilter
from rookery.domain.ports.memory_index import Candidate, MemoryIndexPort
from tests.support.crashing import NAMESPACES, WORDS, Home, Life, Nursery, nursery

pytestmark = pytest.mark.anyio

SERIES, KILLS = 10, 20
QUERIES = [WORDS[:3], WORDS[3:5], ["keeper", "unheard"]]


@pytest.fixture(scope="module")
def programs() -> Iterator[Nursery]:
    with nursery() as running:
        yield running


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("series", range(SERIES))
async def test_what_was_acknowledged_survives_every_kill(
    programs: Nursery, tmp_path: Path, share: Path, series: int
) -> None:
    chance = random.Random(series)
    acknowledged: dict[str, set[str]] = {"left": set(), "right": set()}
    for kill in range(KILLS):
        name = chance.choice(["left", "right"])
        life = Life(str(tmp_path / name), str(share), seed=1000 * series + kill)
        acknowledged[name] |= set(programs.kill_after(life, chance.randint(1, 60)))
        await assert_whole(tmp_path / name, share, acknowledged[name], scratch=tmp_path / f"scratch-{kill}")
    await assert_both_agree(tmp_path, share, acknowledged["left"] | acknowledged["right"])


async def test_the_vectors_in_chroma_are_those_of_the_index_after_every_kill(
    programs: Nursery, tmp_path: Path, share: Path
) -> None:
    chance = random.Random(7)
    acknowledged: set[str] = set()
    for kill in range(5):
        life = Life(str(tmp_path / "home"), str(share), seed=9000 + kill, chroma=True)
        acknowledged |= set(programs.kill_after(life, chance.randint(5, 60)))
        scratch = tmp_path / f"scratch-{kill}"
        await assert_whole(tmp_path / "home", share, acknowledged, scratch=scratch, chroma=True)


async def assert_whole(path: Path, share: Path, acknowledged: set[str], *, scratch: Path, chroma: bool = False) -> None:
    """Open a home as the next program does, and check all that it has."""
    home = Home(path, share, chroma=chroma)
    assert await home.journal.check() == []
    assert acknowledged <= {memory.version for memory in await home.versions()}
    await home.projection.catch_up()
    await home.projection.mirror()
    assert home.projection.trouble == []
    await assert_index_is_as_made_from_scratch(home, scratch)
    await assert_vectors_are_those_of_the_index(home)
    assert (await home.sync()).problems == []
    assert (await home.sync()).sent == 0
    await home.close()


async def assert_index_is_as_made_from_scratch(home: Home, scratch: Path) -> None:
    made = SqliteMemoryIndex(scratch, analyzer=PlainAnalyzer())
    await Projection(home.journal, made, Mirrors([], home.clock), home.embedder).catch_up()
    assert await home.index.state() == await made.state()
    assert await home.index.namespaces() == await made.namespaces()
    assert await pages(home.index) == await pages(made)
    model = home.embedder.identity
    assert await home.index.unembedded(model, limit=1) == []
    for name in NAMESPACES:
        of_all = {"after": 0, "limit": 10_000}
        assert await home.index.changes(name, model, **of_all) == await made.changes(name, model, **of_all)
        for query in QUERIES:
            assert_alike(await found(home, home.index, name, query), await found(home, made, name, query))
    made.close()


async def pages(index: MemoryIndexPort) -> list[list[Memory]]:
    read: list[list[Memory]] = []
    before: str | None = None
    while True:
        page, before = await index.page(EVERYTHING, limit=17, before=before)
        read.append(page)
        if before is None:
            return read


async def found(home: Home, index: MemoryIndexPort, namespace: str, query: list[str]) -> list[Candidate]:
    [embedding] = await home.embedder.embed([" ".join(query)])
    where = MemoryFilter(tags_any=["rent", "storm"]) if "keeper" in query else EVERYTHING
    candidates = await index.candidates(namespace, query, where, pool=1000, window_weight=1.5, embedding=embedding)
    return sorted(candidates, key=lambda candidate: candidate.slot)


def assert_alike(candidates: list[Candidate], others: list[Candidate]) -> None:
    """Compare all but the last digits of cosines, which depend on the order of the rows that are multiplied."""
    assert [one._replace(cosine=None) for one in candidates] == [one._replace(cosine=None) for one in others]
    assert [one.cosine for one in candidates] == pytest.approx([one.cosine for one in others], abs=1e-6)


async def assert_vectors_are_those_of_the_index(home: Home) -> None:
    journal = await home.journal.identity()
    for state in await home.index.namespaces():
        name = state.namespace
        held, _ = await home.index.page(MemoryFilter(namespaces=[name]), limit=10_000)
        collection = Followed(home.index, home.embedder.identity, journal, state).collection
        assert await home.vectors.ids(collection, "") == {memory.key for memory in held}


async def assert_both_agree(folder: Path, share: Path, acknowledged: set[str]) -> None:
    homes = [Home(folder / name, share) for name in ("left", "right")]
    for home in (*homes, *homes):
        await home.sync()
    left, right = [{memory.version for memory in await home.versions()} for home in homes]
    assert acknowledged <= left == right
    held = [sorted(memory.version for page in await pages(home.index) for memory in page) for home in homes]
    assert held[0] == held[1]
    for home in homes:
        report = await home.sync()
        assert (report.bytes_sent, report.bytes_received) == (0, 0)
        await home.close()
