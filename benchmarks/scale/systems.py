"""What is compared: Rookery's memory, Chroma by itself, and a comparison with every embedding."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from corpus import Corpus, Floats, KnownEmbedder, Query
from dependency_injector import providers

from rookery.application.memory.recall import SearchMemories
from rookery.application.memory.writing import ImportMemories
from rookery.domain.memories import MemoryFilter
from rookery.entrypoints.container import Container, close
from rookery.entrypoints.settings import ResearchSettings, Settings

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

LIMIT = 10


class System(ABC):
    """Stores memories in a folder and finds them again.

    Args:
        folder: for its files.
        corpus: what is stored.
    """

    def __init__(self, folder: Path, corpus: Corpus) -> None:
        self.folder = folder
        self.corpus = corpus

    @abstractmethod
    async def open(self) -> None:
        """Open the folder."""

    @abstractmethod
    async def ingest(self) -> None:
        """Store everything, durably."""

    @abstractmethod
    async def search(self, query: Query) -> list[str]:
        """Return the ids of the ten best, best first."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of files and memory."""


class Rookery(System):
    """The whole: journal, and index by words, time, neighbours and embeddings.

    Chroma is not asked before a namespace outgrows what the index compares by itself, and follows later.
    """

    async def open(self) -> None:
        research = ResearchSettings(embedder=None, vector_store="chroma", offline=True)
        self._container = Container(settings=Settings(home=self.folder, research=research))
        self._container.embedder.override(providers.Object(KnownEmbedder(self.corpus)))

    async def ingest(self) -> None:
        await self._container.import_memories()(iter(self.corpus.memories))

    async def search(self, query: Query) -> list[str]:
        found = await self._container.search_memories()(query.text, MemoryFilter(namespaces=["default"]), limit=LIMIT)
        return [memory.id for memory in found.memories]

    async def close(self) -> None:
        await close(self._container)


class RookeryByChroma(Rookery):
    """The same when Chroma is asked for the nearest at any size: it has followed when all is stored."""

    async def open(self) -> None:
        await super().open()
        made = self._container
        made.import_memories.override(providers.Singleton(ImportMemories, made.remember, made.projection, flat=0))
        made.search_memories.override(
            providers.Singleton(SearchMemories, made.projection, made.analyzer, made.clock, flat=0)
        )


class Chroma(System):
    """A collection in a folder, as Chroma makes it by default but for the cosine; it keeps ids and embeddings."""

    _client: "ClientAPI"
    _collection: "Collection"

    async def open(self) -> None:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        self._client = chromadb.PersistentClient(self.folder, ChromaSettings(anonymized_telemetry=False))
        self._collection = self._client.get_or_create_collection(
            "memories", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )

    async def ingest(self) -> None:
        ids, size = self.corpus.ids, self._client.get_max_batch_size()
        for start in range(0, len(ids), size):
            part = slice(start, start + size)
            self._add(ids[part], part)

    def _add(self, ids: list[str], part: slice) -> None:
        self._collection.add(ids, self.corpus.embeddings[part])

    async def search(self, query: Query) -> list[str]:
        return self._query(query, [])

    def _query(self, query: Query, include: list[str]) -> list[str]:
        found = self._collection.query(
            query_embeddings=query.embedding, n_results=LIMIT, include=[*include, "distances"]
        )
        return found["ids"][0]

    async def close(self) -> None:
        self._client.close()


class ChromaWithTexts(Chroma):
    """The same with what a memory needs besides: its text, speaker and time."""

    def _add(self, ids: list[str], part: slice) -> None:
        memories = self.corpus.memories[part]
        self._collection.add(
            ids,
            self.corpus.embeddings[part],
            metadatas=[{"timestamp": memory.timestamp.timestamp()} for memory in memories],
            documents=[memory.content for memory in memories],
        )

    async def search(self, query: Query) -> list[str]:
        return self._query(query, ["documents", "metadatas"])


class BruteForce(System):
    """numpy: one multiplication with all embeddings, which lie in a file."""

    async def open(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self._rows: Floats = np.zeros((0, 0), np.float32)
        self._ids = self.corpus.ids
        if self._file.exists():
            self._rows = np.load(self._file)

    @property
    def _file(self) -> Path:
        return self.folder / "embeddings.npy"

    async def ingest(self) -> None:
        np.save(self._file, self.corpus.embeddings)

    async def search(self, query: Query) -> list[str]:
        similarities = np.einsum("ij,j->i", self._rows, query.embedding)  # BLAS leaves threads that spin for a while
        places = np.argpartition(-similarities, LIMIT)[:LIMIT]
        return [self._ids[place] for place in places[np.argsort(-similarities[places])]]

    async def close(self) -> None:
        self._rows = np.zeros((0, 0), np.float32)
