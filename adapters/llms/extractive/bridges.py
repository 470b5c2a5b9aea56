"""Questions that name something by a description, and what to ask once the sources have given it a name."""

import re
from collections.abc import Iterator, Sequence

from rookery.adapters.llms.extractive.answers import new_names
from rookery.adapters.llms.extractive.questions import Question
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.reasoning import Evidence
from rookery.domain.text import words

_RELATIVE = re.compile(
    r"\b(?P<noun>the (?:[\w'’\-]+ ){0,3}?[\w'’\-]+?),? (?P<pronoun>who|whom|whose|which|that) (?P<clause>[^,?]+)",
    re.IGNORECASE,
)
_PEOPLE = """
man woman person engineer scientist founder author keeper builder designer leader warden king queen president captain
master inventor architect artist painter writer poet composer singer actor actress director player physicist chemist
doctor physician teacher student minister general officer cook widow father mother son daughter brother sister one
maker owner editor explorer emperor politician philosopher mathematician biologist people men women
"""
_LONG = 5  # terms from which a question may describe what it does not name
_LINKED = 0.25  # least share of the terms that the sentence with the name must have
_COVERED = 0.75  # share of the terms from which nothing is left to ask
_NAMES = 2  # that are followed from one sentence


def described(question: str) -> str | None:
    """Return a question for what a relative clause describes, such as "the engineer who built the gauge", or None."""
    match = _RELATIVE.search(question)
    if match is None:
        return None
    noun, clause = match["noun"], match["clause"].strip()
    if match["pronoun"].lower() == "whose":
        return f"Who is {noun} whose {clause}?"
    asks = "Who" if noun.rpartition(" ")[2].lower() in _PEOPLE.split() else f"Which {noun[4:]}"
    return f"{asks} {clause}?"


def followed(asked: Question, found: Sequence[Evidence], analyzer: AnalyzerPort) -> Iterator[str]:
    """Yield the question with a name that a sentence brought up in place of the terms which that sentence covers."""
    if len(asked.terms) < _LONG and described(asked.text) is None:
        return
    for piece in found:
        covered = set(asked.terms).intersection(analyzer.terms(f"{piece.passage.title}\n{piece.quote}"))
        if _LINKED * len(asked.terms) <= len(covered) <= _COVERED * len(asked.terms):
            for name in _best_names(new_names(asked, piece.quote, analyzer)):
                yield _renamed(asked.text, name, covered, analyzer)


def _best_names(names: Sequence[str]) -> list[str]:
    """Return names without figures, full names first."""
    proper = [name for name in names if not any(character.isdigit() for character in name)]
    return sorted(proper, key=lambda name: " " not in name)[:_NAMES]


def _renamed(question: str, name: str, covered: set[str], analyzer: AnalyzerPort) -> str:
    kept: list[str] = []
    named = False
    for word in (match.group() for match in words(question)):
        terms = set(analyzer.terms(word))
        if kept and not named and (terms & covered or word.lower() in _PEOPLE.split()):
            kept.append(name)
            named = True
        elif not kept or (terms and not terms & covered and word.lower() not in _PEOPLE.split()):
            kept.append(word)
    return " ".join(kept if named else [*kept, name]) + "?"
