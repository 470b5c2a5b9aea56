"""Sentences of different documents that give different figures for the same thing."""

import re
from collections.abc import Sequence
from itertools import combinations

from rookery.adapters.llms.extractive.answers import NEAR
from rookery.adapters.llms.extractive.questions import Kind, Question, analyse
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.reasoning import Evidence

_COUNTS = {
    word: str(number)
    for number, word in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"), 2
    )
}
_FIGURE = re.compile(rf"(?<![\w.,])\d+(?:[.,]\d+)*(?!\w)|\b(?:{'|'.join(_COUNTS)})\b", re.IGNORECASE)
_SAME = 0.5  # share of the question's terms that both sentences must have
_CERTAIN = 0.3  # share of the best score below which a sentence is not about the question
_FIGURED = frozenset({Kind.NUMBER, Kind.MONEY, Kind.TIME, Kind.DURATION, Kind.YES_NO})


def find_contradictions(question: str, evidence: Sequence[Evidence], analyzer: AnalyzerPort) -> list[str]:
    """Return a sentence for each pair of documents that give different figures for what is asked."""
    asked = analyse(question, analyzer)
    found: dict[frozenset[str], str] = {}
    for one, other in combinations(evidence, 2):
        documents = frozenset((one.passage.sha256, other.passage.sha256))
        if documents not in found and contradicting(asked, one, other, analyzer):
            found[documents] = f"{_says(one)}, but {_says(other)}."
    return list(found.values())


def contradicting(asked: Question, one: Evidence, other: Evidence, analyzer: AnalyzerPort) -> bool:
    """Tell whether two sentences of different documents answer the same question with different figures."""
    if asked.kind not in _FIGURED or one.passage.sha256 == other.passage.sha256:
        return False
    terms = set(asked.terms)
    common = terms.intersection(_context(one, analyzer), _context(other, analyzer))
    if not terms or len(common) < _SAME * len(terms) or not _comparable(one, other):
        return False
    counted = [_figures(piece.quote, asked, analyzer, counted=True) for piece in (one, other)]
    if any(counted):
        left, right = counted
    else:
        left, right = (_figures(piece.quote, asked, analyzer, counted=False) for piece in (one, other))
    return bool(left) and bool(right) and not left & right


def _comparable(one: Evidence, other: Evidence) -> bool:
    return min(one.score, other.score) >= _CERTAIN * max(one.score, other.score)


def _context(piece: Evidence, analyzer: AnalyzerPort) -> set[str]:
    return set(analyzer.terms(f"{piece.passage.title}\n{piece.quote}"))


def _figures(quote: str, asked: Question, analyzer: AnalyzerPort, *, counted: bool) -> set[str]:
    """Return the figures of a sentence that are not in the question; those of what is counted, or all."""
    found: set[str] = set()
    for match in _FIGURE.finditer(quote):
        figure = _COUNTS.get(match.group().lower(), match.group().replace(",", ""))
        following = quote[match.end() : match.end() + NEAR]
        if not counted or (asked.focus and asked.focus in analyzer.terms(following)):
            found.add(figure)
    known = {match.group().replace(",", "") for match in _FIGURE.finditer(asked.text)}
    return found - known


def _says(piece: Evidence) -> str:
    return f"“{piece.passage.title}” says: “{' '.join(piece.quote.split())}”"
