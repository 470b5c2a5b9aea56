"""From text to index terms."""

from typing import Protocol


class AnalyzerPort(Protocol):
    """Reduces words to terms by which texts are compared: case folded, stop words dropped, stemmed. Pure and fast."""

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text, in order, repeated as often as they occur."""
        ...

    def term(self, word: str) -> str | None:
        """Return the term of one word, or None for a stop word."""
        ...
