"""Putting the passages of the library back into a store of vectors that has lost them."""

from rookery.application.shelving import PassageIndex
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.vector_store import VectorStorePort


class RestorePassages:
    """Embeds the passages of all documents anew; those that are there already are left alone."""

    def __init__(self, *, library: LibraryPort, embedder: EmbedderPort | None) -> None:
        self._library = library
        self._embedder = embedder

    async def __call__(self, store: VectorStorePort) -> None:
        """Fill the store.

        Raises:
            VectorStoreError: it cannot be written.
            EmbedderError: the model cannot be run.
        """
        index = PassageIndex(store, self._embedder)
        for source in await self._library.sources():
            await index.add(source.namespace, await self._library.passages_of(source.namespace, source.sha256))
