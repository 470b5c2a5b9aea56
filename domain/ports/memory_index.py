"""The index of what holds: memories by their words, their time and their neighbours."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from rookery.domain.cues import Cues
from rookery.domain.memories import Memory, MemoryFilter, Slot


class Holding(NamedTuple):
    """What holds in a slot, and the cursor of the slot's newest version in the journal."""

    memory: Memory
    cues: Cues
    cursor: int


class IndexState(NamedTuple):
    """What the index follows, None while it is empty; up to which cursor; and whose embeddings it has."""

    journal: str | None
    cursor: int
    model: str | None


class NamespaceState(NamedTuple):
    """How many memories a namespace has, and the cursor of its last change."""

    namespace: str
    memories: int
    cursor: int


class Form(NamedTuple):
    """What the memories of a namespace are like."""

    memories: int
    labelled: int
    """Those that name a speaker, or begin as if they did."""
    speakers: frozenset[str]
    """As `Cues.speaker` names them."""
    terms: float
    """Of a memory, on average."""


class Candidate(NamedTuple):
    """A memory that a search may return, and what speaks for it."""

    slot: Slot
    lexical: float
    """BM25 of its own words, as a share of the most that the query's words can give; in [0, 1]."""
    window: float
    """The same of its words and those of two memories before and after, as long as they are near in time."""
    asked: float
    """What `lexical` is for the memory before, when that one ends with a question."""
    cosine: float | None
    """Similarity of the embeddings; None when it is not known."""
    timestamp: float
    """Seconds since 1970."""
    length: int
    """Number of terms."""
    importance: float
    """In [0, 1]."""
    cues: Cues
    terms: tuple[str, ...] = ()
    """The terms of the query that occur in it, sorted."""


class Unembedded(NamedTuple):
    """A slot without an embedding, and the text of its memory."""

    slot: Slot
    content: str


class Embedded(NamedTuple):
    """A slot's embedding."""

    slot: Slot
    embedding: Sequence[float]


class Change(NamedTuple):
    """What an index of vectors has to do to follow: store the embedding, or remove the slot when there is none."""

    slot: Slot
    cursor: int
    embedding: Sequence[float] | None


class MemoryIndexPort(Protocol):
    """What holds in each slot of the journal, findable. A projection: it can be thrown away and made again.

    It keeps embeddings too, so that they are computed once, whatever becomes of the stores of vectors.
    Safe to use from several processes.
    """

    async def state(self) -> IndexState:
        """Return how far the index follows which journal.

        Raises:
            StoreDamaged: the index cannot be read; `reset` mends it.
        """
        ...

    async def apply(self, holdings: Sequence[Holding], *, follows: str, cursor: int) -> None:
        """Store what holds, in one step with how far the index follows; a forgotten memory is not found any more.

        Changes that are known already, because another process was faster, change nothing.

        Args:
            holdings: the slots that changed. Their old content and embedding are replaced.
            follows: names the journal with its past up to `cursor`; `state` gives it back as it is.
            cursor: the journal's cursor after these changes.
        """
        ...

    async def reset(self) -> None:
        """Throw everything away, even when it is damaged."""
        ...

    async def namespaces(self) -> list[NamespaceState]:
        """Return the state of each namespace that has ever had a memory, sorted by name."""
        ...

    async def get(self, slots: Collection[Slot]) -> dict[Slot, Memory]:
        """Return what holds in these slots; unknown and forgotten ones are left out."""
        ...

    async def page(
        self, where: MemoryFilter, *, limit: int, before: str | None = None
    ) -> tuple[list[Memory], str | None]:
        """Return memories, newest first, and where the next page begins; None at the end.

        Raises:
            InvalidRequest: `before` is not what an earlier page gave.
        """
        ...

    async def count(self, namespace: str, where: MemoryFilter) -> int:
        """Return how many memories of the namespace pass the filter."""
        ...

    async def form(self, namespace: str) -> Form:
        """Return the form of what the namespace holds."""
        ...

    async def candidates(
        self,
        namespace: str,
        terms: Sequence[str],
        where: MemoryFilter,
        *,
        pool: int,
        window_weight: float,
        embedding: Sequence[float] | None = None,
        nearest: Mapping[str, float | None] | None = None,
    ) -> list[Candidate]:
        """Return what may answer: the `pool` best by words and the `pool` best by meaning, in no particular order.

        Args:
            namespace: where to look.
            terms: of the query, as the analyzer gives them.
            filter: what counts; statistics are those of the whole namespace.
            pool: how many of each kind.
            window_weight: of `window` beside `lexical` in what is best by words.
            embedding: of the query; without it words alone decide.
            nearest: the keys that another index found by meaning, with the cosines that it gave. Without it the query
                is compared with every embedding that passes, which costs time in proportion to them.

        Raises:
            DimensionMismatch: the query's embedding is not as long as those of the index.
        """
        ...

    async def unembedded(self, model: str, *, limit: int) -> list[Unembedded]:
        """Return memories that have no embedding of this model, oldest change first; `[]` when all have one."""
        ...

    async def embed(self, model: str, embeddings: Sequence[Embedded]) -> None:
        """Store embeddings of a model; those of another model or another length are dropped first.

        Slots that hold nothing are left out.
        """
        ...

    async def changes(self, namespace: str, model: str, *, after: int, limit: int) -> list[Change]:
        """Return the slots that changed beyond a cursor, in the order of their cursors.

        It ends before the first memory that has no embedding of the model yet.
        """
        ...
