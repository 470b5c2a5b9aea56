"""One embedder for all recipes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rookery.domain.ports.embedder import EmbedderPort

_SAID_EVERY = 500  # texts


class CachingEmbedder(EmbedderPort):
    """Embeds a text once while it is `keeping`; later it looks up what it has, and embeds the rest every time."""

    def __init__(self, embedder: EmbedderPort, say: Callable[[str], None]) -> None:
        self._embedder = embedder
        self._say = say
        self._known: dict[str, list[float]] = {}
        self._keeps = False

    @property
    def identity(self) -> str:
        return self._embedder.identity

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep what is embedded here; questions are asked outside, so that each recipe pays for their embedding."""
        self._keeps = True
        yield
        self._keeps = False

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        fresh = dict(zip(missing, await self._fresh(missing), strict=True))
        if self._keeps:
            self._known.update(fresh)
        return [fresh[text] if text in fresh else self._known[text] for text in texts]

    async def _fresh(self, texts: Sequence[str]) -> list[list[float]]:
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _SAID_EVERY):
            vectors += await self._embedder.embed(texts[start : start + _SAID_EVERY])
            if len(texts) > _SAID_EVERY:
                self._say(f"embedded {len(vectors)} of {len(texts)} texts")
        return vectors
