"""Putting the passages of the library back into a store of vectors that has lost them, or never had them."""

from rookery.application.shelving import PassageIndex
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.vector_store import VectorStorePort


class RestorePassages:
    """Embeds the passages of all documents anew; those that are there already are left alone."""

    def __init__(self, *, library: LibraryPort, embedder: EmbedderPort | None) -> None:
        self._library = library
        self._embedder = embedder

    async def missing(self, store: VectorStorePort) -> int:
        """Return how many passages have no embedding in the store; 0 without an embedder.

        Raises:
            VectorStoreError: it cannot be read.
        """
        index, missing = PassageIndex(store, self._embedder), 0
        texts: dict[str, dict[str, int]] = {}
        for source in await self._library.sources():
            texts.setdefault(source.namespace, {})[source.sha256] = source.passages
        for namespace, passages in texts.items():
            there = await index.total(namespace)
            missing += 0 if there is None else max(0, sum(passages.values()) - there)
        return missing

    async def __call__(self, store: VectorStorePort) -> None:
        """Fill the store.

        Raises:
            VectorStoreError: it cannot be written.
            EmbedderError: the model cannot be run.
        """
        index = PassageIndex(store, self._embedder)
        for source in await self._library.sources():
            await index.add(source.namespace, await self._library.passages_of(source.namespace, source.sha256))
