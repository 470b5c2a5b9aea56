"""What the library keeps of documents beside their text: passages and their embeddings."""

import asyncio
from collections.abc import Collection, Iterator, Sequence

from rookery.application.chunking import passage_id, split
from rookery.application.retrieval import collection_name
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.ports.library import LibraryPort
from rookery.domain.ports.vector_store import Vector, VectorStorePort
from rookery.domain.sources import Passage, Snapshot, Source

_BATCH = 256  # passages that are embedded and stored at once
_LOOKED_UP = 1000  # passages that are asked for at once


class Shelf:
    """Puts documents into the library and takes them out.

    Documents of one text in one namespace share its passages, and one of them holds these: a search finds the text
    once, however many copies there are. When the holder goes, another copy becomes the holder.

    Passages are embedded before the library lists their document, so that a crash between the two leaves nothing half
    done: the next run does it again.
    """

    def __init__(self, *, library: LibraryPort, vector_store: VectorStorePort, embedder: EmbedderPort | None) -> None:
        self._library = library
        self._index = PassageIndex(vector_store, embedder)

    async def put(
        self, source: Source, snapshot: Snapshot, *, before: Source | None, others: Collection[Source]
    ) -> Source:
        """Store a document and return it with the number of its passages.

        Args:
            source: the document.
            snapshot: its text, which is stored already.
            before: what the library lists for its URL; it is replaced.
            others: the documents of the namespace.
        """
        outdated = before if before and before.sha256 != source.sha256 else None
        has_heir = outdated is not None and await self._bequeath(outdated, others)
        passages = await asyncio.to_thread(split, snapshot)
        source = source.model_copy(update={"passages": len(passages)})
        await self._add(source, passages)
        if outdated is not None and not has_heir:
            await self._index.remove(outdated.namespace, outdated.sha256)
        return source

    async def remove(self, source: Source, others: Collection[Source]) -> None:
        """Remove a document with all that was made from it, apart from the snapshot, which answers quote.

        Raises:
            NotFound: there is no such document.
        """
        has_heir = await self._bequeath(source, others)
        await self._library.remove(source.id)
        if not has_heir:
            await self._index.remove(source.namespace, source.sha256)

    async def is_complete(self, namespace: str, sources: Collection[Source]) -> bool:
        """Tell, with one look, whether as many passages are embedded as all documents of a namespace have."""
        texts = {source.sha256: source.passages for source in sources}
        return await self._index.total(namespace) in (None, sum(texts.values()))

    async def complete(self, source: Source) -> None:
        """Embed the passages of a document that are not, for example because the embedder is another one now."""
        there = await self._index.count(source.namespace, source.sha256)
        if there is not None and there < source.passages:
            await self._index.add(source.namespace, await self._stored(source.namespace, _ids(source)))

    async def _add(self, source: Source, passages: Sequence[Passage]) -> None:
        """List a document; unless another one holds the passages of its text, it does."""
        stored = await self._stored(source.namespace, [passage.id for passage in passages])
        if stored and stored[0].url != source.url:
            await self._library.add(source, [])
            await self.complete(source)
            return
        texts = {passage.id: passage.text for passage in stored}
        if stored and any(texts.get(passage.id) != passage.text for passage in passages):
            await self._index.remove(source.namespace, source.sha256)  # embedded as the text was divided before
        await self._index.add(source.namespace, passages)
        await self._library.add(source, passages)

    async def _bequeath(self, source: Source, others: Collection[Source]) -> bool:
        """Give the passages that a document holds to another one of the same text; return whether there is one."""
        heirs = [
            other
            for other in others
            if (other.namespace, other.sha256) == (source.namespace, source.sha256) and other.id != source.id
        ]
        if not heirs:
            return False
        stored = await self._stored(source.namespace, _ids(source))
        if stored and stored[0].url == source.url:
            heir = heirs[0]
            about = {"url": heir.url, "title": heir.title}
            await self._library.add(heir, [passage.model_copy(update=about) for passage in stored])
        return True

    async def _stored(self, namespace: str, ids: Sequence[str]) -> list[Passage]:
        found = [
            passage
            for start in range(0, len(ids), _LOOKED_UP)
            for passage in await self._library.passages(namespace, ids[start : start + _LOOKED_UP])
        ]
        return sorted(found, key=lambda passage: passage.ordinal)


class PassageIndex:
    """The embeddings of passages; nothing happens without an embedder."""

    def __init__(self, vector_store: VectorStorePort, embedder: EmbedderPort | None) -> None:
        self._vector_store = vector_store
        self._embedder = embedder

    async def total(self, namespace: str) -> int | None:
        """Return how many passages of a namespace are embedded, or None without an embedder."""
        if self._embedder is None:
            return None
        return await self._vector_store.count(collection_name(namespace, self._embedder))

    async def count(self, namespace: str, sha256: str) -> int | None:
        """Return how many passages of a snapshot are embedded, or None without an embedder."""
        if self._embedder is None:
            return None
        return len(await self._vector_store.ids(collection_name(namespace, self._embedder), sha256))

    async def add(self, namespace: str, passages: Sequence[Passage]) -> None:
        """Embed the passages of one snapshot that are not embedded."""
        if self._embedder is None or not passages:
            return
        collection = collection_name(namespace, self._embedder)
        there = await self._vector_store.ids(collection, passages[0].sha256)
        for batch in _batches([passage for passage in passages if passage.id not in there]):
            embeddings = await self._embedder.embed([f"{passage.title}\n{passage.text}" for passage in batch])
            vectors = [
                Vector(passage.id, passage.sha256, embedding)
                for passage, embedding in zip(batch, embeddings, strict=True)
            ]
            await self._vector_store.upsert(collection, vectors)

    async def remove(self, namespace: str, sha256: str) -> None:
        """Remove the embeddings of a snapshot."""
        if self._embedder is not None:
            await self._vector_store.delete_group(collection_name(namespace, self._embedder), sha256)


def _ids(source: Source) -> list[str]:
    return [passage_id(source.sha256, ordinal) for ordinal in range(source.passages)]


def _batches(passages: Sequence[Passage]) -> Iterator[Sequence[Passage]]:
    for start in range(0, len(passages), _BATCH):
        yield passages[start : start + _BATCH]
