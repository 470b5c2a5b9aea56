"""Not embedding the same sentence for every sub-question."""

from collections import OrderedDict
from collections.abc import Sequence

from rookery.domain.ports.embedder import EmbedderPort

_REMEMBERED = 1000  # texts; about 12 MB


class RecentEmbeddings(EmbedderPort):
    """Remembers the embeddings of the texts that were asked for last."""

    def __init__(self, embedder: EmbedderPort) -> None:
        self._embedder = embedder
        self._recent: OrderedDict[str, list[float]] = OrderedDict()

    @property
    def identity(self) -> str:
        return self._embedder.identity

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        known = {text: self._recent[text] for text in texts if text in self._recent}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= dict(zip(missing, await self._embedder.embed(missing), strict=True))
        for text in texts:
            self._recent[text] = known[text]
            self._recent.move_to_end(text)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return [known[text] for text in texts]
