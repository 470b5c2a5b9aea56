"""Questions that name something by a description, and what to ask once the sources have given it a name."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

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
_PREDICATES = {  # by the auxiliary before the description: words with which the question goes on after it
    "did|does|do|will|would|can|could": """
ask attend become begin belong bring build buy call carry choose come cost design develop die discover do earn end
enter fall fear find follow found get give go graduate grow happen have help hold join keep know learn leave lie live
look lose make marry meet mean move own pay play publish receive resign retire return run say see sell send serve
settle sleep speak spend stand start stay stop study suffer take teach tell think train travel try use visit want wear
win work write
""",
    "was|were|is|are|has|had|have": """
appointed arrested awarded based born built buried called chosen closed convicted designed educated elected employed
executed famous finished found founded from given introduced killed known located made married moved named opened paid
published raised related replaced sent sold taken taught trained used wounded written
""",
}
_AUXILIARY = re.compile(rf"\b(?:{'|'.join(_PREDICATES)})\b", re.IGNORECASE)
_LONG = 5  # terms from which a question may describe what it does not name
_LINKED = 0.25  # least share of the terms that the sentence with the name must have
_COVERED = 0.75  # share of the terms from which nothing is left to ask
_NAMES = 2  # that are followed from one sentence


class _Description(NamedTuple):
    """A relative clause of a question, such as "the man who built the gauge", and what stands around it."""

    before: str
    noun: str
    pronoun: str
    clause: str
    after: str


def described(question: str) -> str | None:
    """Return a question for what a relative clause describes, such as "the engineer who built the gauge", or None."""
    found = _description(question)
    if found is None:
        return None
    if found.pronoun == "whose":
        return f"Who is {found.noun} whose {found.clause}?"
    asks = "Who" if found.noun.rpartition(" ")[2].lower() in _PEOPLE.split() else f"Which {found.noun[4:]}"
    return f"{asks} {found.clause}?"


def _description(question: str) -> _Description | None:
    question = " ".join(question.split())
    match = _RELATIVE.search(question)
    if match is None:
        return None
    before = question[: match.start()]
    clause = _without_predicate(match["clause"].strip(), before)
    after = question[match.start("clause") + len(clause) :]
    return _Description(before, match["noun"], match["pronoun"].lower(), clause, after)


def _without_predicate(clause: str, before: str) -> str:
    """Cut what the question says of the thing from what describes it: "built the gauge" of "built the gauge learn"."""
    auxiliary = _AUXILIARY.search(before)
    if auxiliary is None:
        return clause
    spoken = auxiliary.group().lower()
    predicates = next(words.split() for verbs, words in _PREDICATES.items() if spoken in verbs.split("|"))
    first, *rest = clause.split()
    kept = [first]
    for word in rest:
        if word.lower() in predicates and kept[-1].lower() not in {"to", "the", "a", "an", "his", "her", "their"}:
            break
        kept.append(word)
    return " ".join(kept)


def followed(asked: Question, found: Sequence[Evidence], analyzer: AnalyzerPort) -> Iterator[str]:
    """Yield the question with a name that a sentence brought up in place of the terms which that sentence covers."""
    description = _description(asked.text)
    if len(asked.terms) < _LONG and description is None:
        return
    for piece in found:
        covered = set(asked.terms).intersection(analyzer.terms(f"{piece.passage.title}\n{piece.quote}"))
        if _LINKED * len(asked.terms) <= len(covered) <= _COVERED * len(asked.terms):
            for name in _best_names(new_names(asked, piece.quote, analyzer)):
                if description is not None and description.after.strip(" ?"):
                    yield f"{description.before}{name}{description.after}"
                else:
                    yield _renamed(asked.text, name, covered, analyzer)


def _best_names(names: Sequence[str]) -> list[str]:
    """Return names without figures, full names first; a quoted phrase is none."""
    proper = [name for name in names if name[:1].isupper() and not any(character.isdigit() for character in name)]
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
