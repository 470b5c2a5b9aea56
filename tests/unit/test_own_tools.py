"""The tools that need nothing but the colony's own use cases."""

import pytest

from rookery.application.tools.read_document import Place
from rookery.application.tools.search_documents import Query
from rookery.domain.agents import Agent
from rookery.domain.errors import NotFound
from rookery.domain.memories import MemoryFilter
from rookery.domain.ports.tool import Scope
from tests.support.colony import make_container

pytestmark = pytest.mark.anyio
AGENT = Agent(id="archivist", role="archivist", goal="Read.")
CHAPTERS = "\n\n".join(
    f"## Chapter {number}\n\n{f'This is what chapter {number} tells of rooks and of their nests. ' * 12}"
    for number in range(6)
)


@pytest.fixture
async def container(tmp_path):
    (tmp_path / "rooks.md").write_text(f"# The Book of Rooks\n\n{CHAPTERS}")
    (tmp_path / "owls.md").write_text("# Owls\n\nOwls hunt at night.")
    container = make_container(tmp_path / "home", embedder=None, vector_store="memory")
    await container.add_sources()([str(tmp_path / "rooks.md"), str(tmp_path / "owls.md")], namespace="default")
    return container


def scope(**more):
    return Scope(run_id="run-1", agent=AGENT, namespace="default", passages=2, **more)


async def test_a_document_is_read_on_by_its_title_from_where_one_stopped(container):
    read = container.read_document()
    first = await read(Place(document="the book of rooks"), scope())
    then = await read(Place(document="The Book of Rooks", start=2), scope())
    assert [passage.ordinal for passage in [*first.passages, *then.passages]] == [0, 1, 2, 3]
    assert "passages 2 to 3 of" in then.summary


async def test_past_its_end_the_agent_learns_how_long_it_is(container):
    outcome = await container.read_document()(Place(document="Owls", start=9), scope())
    assert (outcome.ok, outcome.passages) == (False, [])
    assert "Owls has 1 passage" in outcome.summary


async def test_only_documents_that_count_for_the_run_are_read(container):
    [owls] = [source for source in await container.library().sources("default") if source.title == "Owls"]
    with pytest.raises(NotFound, match=r"there are 1, such as: Owls"):
        await container.read_document()(Place(document="The Book of Rooks"), scope(snapshots=[owls.sha256]))


async def test_what_is_noted_is_recalled_in_a_later_run(container):
    tool = container.note_memory()
    outcome = await tool(tool.arguments(text="Rooks build in February.", tags=["birds"]), scope(key="k"))
    assert outcome.ok
    recalled = await container.recall_memory()(Query(query="When do rooks build?"), scope())
    assert [passage.text for passage in recalled.passages] == ["Rooks build in February."]
    [memory] = (await container.memory_index().page(MemoryFilter(), limit=5))[0]
    assert (memory.tags, memory.run_id) == (["birds"], "run-1")


async def test_noting_needs_a_person(container):
    assert container.note_memory().effect == "write"
