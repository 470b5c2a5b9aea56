"""What is compared: Rookery, Rookery without one of its parts, and the baselines."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from baselines import BM25, Baseline, Constants, Dense, Summed, best
from measures import DEPTH
from multihop import Shelf
from sets import Collected, corpus_of, question_files

from rookery.adapters.analyzers.plain import PlainAnalyzer
from rookery.application.retrieval import SearchPassages
from rookery.domain.memories import MemoryFilter, NewMemory
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.sources import Passage
from rookery.entrypoints.container import Container

Recipe = Callable[[str, str], Awaitable[list[str]]]
"""From the name of a collection and a question to ids, best first."""

ROOKERY, DENSE, PLAIN, STEMMED = "Rookery", "dense only", "BM25 only, plain", "BM25 only, stop words, stems"
SUMMED = "dense + BM25, z-scored sum"


class WithoutLinks(SearchPassages):
    """The search for passages without its last step."""

    rounds = 0


async def baselines(
    collections: Sequence[Collected], embedder: EmbedderPort, analyzer: AnalyzerPort, constants: Constants
) -> dict[str, Recipe]:
    """Return what Rookery is compared with."""
    known = {one.name: await _scorers(one, embedder, analyzer, constants) for one in collections}
    ids = {one.name: list(one.texts) for one in collections}

    def recipe(kind: str) -> Recipe:
        async def find(name: str, question: str) -> list[str]:
            return [ids[name][place] for place in best(await known[name][kind](question), DEPTH)]

        return find

    return {kind: recipe(kind) for kind in (DENSE, PLAIN, STEMMED, SUMMED)}


async def remembered(container: Container, memories: Iterable[NewMemory]) -> Recipe:
    """Import memories and return what finds them."""
    await container.import_memories()(memories)
    search = container.search_memories()

    async def find(name: str, question: str) -> list[str]:
        found = await search(question, MemoryFilter(namespaces=[name]), limit=DEPTH)
        return [memory.id for memory in found.memories]

    return find


async def passages_of(container: Container, shelf: Shelf, folder: Path) -> dict[int, list[Passage]]:
    """Add short documents to the library, in a namespace of their own; return their passages by number."""
    library = container.library()
    added = await container.add_sources()([str(folder)], namespace=shelf.name)
    numbers = {source.sha256: int(Path(source.url).stem) for source in added.sources}
    return {number: await library.passages_of(shelf.name, sha256) for sha256, number in numbers.items()}


async def shelved(container: Container) -> dict[Path, list[Passage]]:
    """Add the archives to the library, each in a namespace of its own; return their passages by question file."""
    return {questions: await _shelved(container, questions) for questions in question_files()}


def searching(search: SearchPassages) -> Recipe:
    """Return what finds passages."""

    async def find(name: str, question: str) -> list[str]:
        return [hit.passage.id for hit in await search(name, question, limit=DEPTH)]

    return find


async def _shelved(container: Container, questions: Path) -> list[Passage]:
    name, library = questions.stem, container.library()
    added = await container.add_sources()([str(corpus_of(questions))], namespace=name)
    texts = [await library.passages_of(name, source.sha256) for source in added.sources]
    return [passage for text in texts for passage in text]


async def _scorers(
    collection: Collected, embedder: EmbedderPort, analyzer: AnalyzerPort, constants: Constants
) -> dict[str, Baseline]:
    texts = list(collection.texts.values())
    dense = Dense(await embedder.embed(collection.embedded), embedder)
    stemmed = BM25(texts, analyzer, constants)
    plain = BM25(texts, PlainAnalyzer(), constants)
    return {DENSE: dense, PLAIN: plain, STEMMED: stemmed, SUMMED: Summed(dense, stemmed)}
