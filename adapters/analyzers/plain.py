"""Words as they are."""

from rookery.adapters.analyzers.stop_words import STOP_WORDS
from rookery.adapters.analyzers.tokens import normal, tokens, without_accents
from rookery.domain.ports.analyzer import AnalyzerPort


class PlainAnalyzer(AnalyzerPort):
    """Folds case and accents and does not stem; for languages without a stemmer, and for names and codes.

    Args:
        language: whose stop words are dropped; none are for a language without a list.
    """

    def __init__(self, language: str = "") -> None:
        self._stop_words = STOP_WORDS.get(language.lower(), frozenset())

    def terms(self, text: str) -> list[str]:
        return [without_accents(token) for token in tokens(text) if token not in self._stop_words]

    def term(self, word: str) -> str | None:
        token = normal(word)
        return without_accents(token) if token and token not in self._stop_words else None
