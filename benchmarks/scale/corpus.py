"""Invented memories with invented embeddings, the same in every run, and queries that are like some of them.

Words follow Zipf's law: the most frequent ones are English stop words, the others are made of syllables. Speakers talk
about one topic at a time, in sessions; a topic has words of its own, and its embeddings lie around a centre.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rookery.adapters.analyzers.stop_words import STOP_WORDS
from rookery.domain.memories import NewMemory
from rookery.domain.ports.embedder import EmbedderPort

Floats = NDArray[np.float32]

DIMENSION = 384
WORDS = 30_000
SENTENCE = (8, 23)  # words
TOPICS = 200
TOPIC_WORDS = 300
OF_TOPIC = 0.3  # share of the words of a sentence that its topic has chosen
SPREAD = 1.0  # of a topic's embeddings, beside the length of its centre
SESSION = 20  # turns
SPEAKERS = ("Anneli", "Bruno", "Ceren", "Dafydd", "Esi", "Farid", "Greta", "Hamza")
ASKED = 6  # words of a query that its memory has
NOISE_WORDS = 2
NOISE = 0.7  # of a query's embedding, beside the length of its memory's
_SEED = 20_240_501


class Query(NamedTuple):
    """What is asked, its embedding, and the id of the memory that it is like."""

    text: str
    embedding: Floats
    target: str


class Corpus(NamedTuple):
    """Memories in the order of time, their embeddings by row, and queries."""

    memories: list[NewMemory]
    embeddings: Floats
    queries: list[Query]

    @property
    def ids(self) -> list[str]:
        """The memories' ids."""
        return [memory.id or "" for memory in self.memories]


class KnownEmbedder(EmbedderPort):
    """Looks embeddings up, so that what a model would cost is left out for all alike."""

    def __init__(self, corpus: Corpus) -> None:
        self._memories = {memory.content: row for row, memory in enumerate(corpus.memories)}
        self._queries = {query.text: query.embedding for query in corpus.queries}
        self._embeddings = corpus.embeddings

    @property
    def identity(self) -> str:
        return "known@1"

    @property
    def dimension(self) -> int:
        return DIMENSION

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        rows = [
            self._queries[text] if text in self._queries else self._embeddings[self._memories[text]] for text in texts
        ]
        vectors: list[list[float]] = np.array(rows).tolist()
        return vectors


def make_corpus(size: int, queries: int) -> Corpus:
    """Return so many memories and queries about them."""
    random = np.random.default_rng(_SEED)
    words = _vocabulary(random)
    topics = random.integers(TOPICS, size=-(-size // SESSION)).repeat(SESSION)[:size]
    sentences = list(_sentences(random, words, topics))
    embeddings = _embeddings(random, topics)
    memories = [_memory(number, sentence, random) for number, sentence in enumerate(sentences)]
    asked = [_query(random, words, sentences, embeddings) for _ in range(queries)]
    return Corpus(memories, embeddings, asked)


def _vocabulary(random: np.random.Generator) -> NDArray[np.str_]:
    """Return words by rank."""
    syllables = [consonant + vowel for consonant in "bdfghjklmnprstvz" for vowel in "aeiou"]
    made = {"".join(random.choice(syllables, 3)) for _ in range(WORDS * 2)}
    return np.array([*sorted(STOP_WORDS["english"]), *sorted(made)[:: len(made) // WORDS][:WORDS]])


def _sentences(
    random: np.random.Generator, words: NDArray[np.str_], topics: NDArray[np.int64]
) -> Iterator[NDArray[np.str_]]:
    stop_words = len(words) - WORDS
    ranked = np.concatenate((words[:stop_words], random.permutation(words[stop_words:])))
    frequency = 1 / np.arange(1, len(words) + 1)
    lengths = random.integers(*SENTENCE, size=len(topics))
    general = random.choice(ranked, lengths.sum(), p=frequency / frequency.sum())
    chosen = random.choice(words[stop_words:], (TOPICS, TOPIC_WORDS))
    special = chosen[topics.repeat(lengths), random.integers(TOPIC_WORDS, size=lengths.sum())]
    drawn = np.where(random.random(lengths.sum()) < OF_TOPIC, special, general)
    return (part for part in np.split(drawn, np.cumsum(lengths)[:-1]))


def _embeddings(random: np.random.Generator, topics: NDArray[np.int64]) -> Floats:
    centres = _directions(random, TOPICS)
    return _unit(centres[topics] + SPREAD * _directions(random, len(topics)))


def _memory(number: int, sentence: NDArray[np.str_], random: np.random.Generator) -> NewMemory:
    session, turn = divmod(number, SESSION)
    moment = datetime(2023, 1, 1, tzinfo=UTC) + session * timedelta(hours=5) + turn * timedelta(seconds=30)
    speaker = SPEAKERS[int(random.integers(len(SPEAKERS)))]
    return NewMemory(id=f"m{number}", content=f"{speaker}: {' '.join(sentence)}", timestamp=moment)


def _query(
    random: np.random.Generator,
    words: NDArray[np.str_],
    sentences: Sequence[NDArray[np.str_]],
    embeddings: Floats,
) -> Query:
    target = int(random.integers(len(sentences)))
    telling = [word for word in sentences[target] if word not in STOP_WORDS["english"]]
    taken = random.permutation(telling)[:ASKED]
    noise = random.choice(words[-WORDS:], NOISE_WORDS)
    [embedding] = _unit(embeddings[target] + NOISE * _directions(random, 1))
    return Query(" ".join((*taken, *noise)), embedding, f"m{target}")


def _directions(random: np.random.Generator, count: int) -> Floats:
    return _unit(random.standard_normal((count, DIMENSION), np.float32))


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
