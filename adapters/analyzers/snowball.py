"""Stemming by Snowball (PyStemmer)."""

import threading
from functools import lru_cache

import Stemmer  # type: ignore[import-not-found]

from rookery.adapters.analyzers.stop_words import STOP_WORDS
from rookery.adapters.analyzers.tokens import normal, parts, without_accents, words
from rookery.domain.errors import ConfigurationError
from rookery.domain.ports.analyzer import AnalyzerPort

_CACHE = 50_000  # words; an English novel has about 10,000 different ones


class SnowballAnalyzer(AnalyzerPort):
    """Drops stop words, stems, and folds accents. Stop words are known for English only.

    Args:
        language: as Snowball names it, such as `english`, `german`, `french`.

    Raises:
        ConfigurationError: Snowball has no such language.
    """

    def __init__(self, language: str = "english") -> None:
        name = language.lower()
        if name not in Stemmer.algorithms():
            known = ", ".join(Stemmer.algorithms())
            raise ConfigurationError(f"there is no stemmer for the language {language!r}; there are: {known}")
        self._stop_words = STOP_WORDS.get(name, frozenset())
        self._stemmer = Stemmer.Stemmer(name, 0)
        self._lock = threading.Lock()
        self._cached = lru_cache(maxsize=_CACHE)(self._terms)
        self._cached_term = lru_cache(maxsize=_CACHE)(self._term)

    def terms(self, text: str) -> list[str]:
        return [term for word in words(text) for term in self._cached(word)]

    def term(self, word: str) -> str | None:
        return self._cached_term(normal(word))

    def _terms(self, word: str) -> tuple[str, ...]:
        found = (self._term(token) for token in parts(word))
        return tuple(term for term in found if term is not None)

    def _term(self, token: str) -> str | None:
        if not token or token in self._stop_words:
            return None
        with self._lock:  # a stemmer keeps the word that it works on
            stem: str = self._stemmer.stemWord(token)
        return without_accents(stem)
