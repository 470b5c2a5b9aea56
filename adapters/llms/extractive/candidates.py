"""The sentences of passages, and how they are compared with a question."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rookery.adapters.llms.extractive.answers import fits
from rookery.adapters.llms.extractive.questions import Question
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.sources import Passage
from rookery.domain.text import sentences

_SHORTEST = 3  # terms of a sentence
_LONGEST_LABEL = 8  # words of a line without an end that may be a label
_MOST_CAPITALS = 0.5  # share of capitals beyond which a line is a heading
_UNHEARD_OF = 0.5
_HOW_MANY = "many much"  # what a question asks with, and an answer need not say
_RULE = re.compile(r"[|:\-\s]+")  # what parts the head of a table from its rows
_WINDOW = 4  # terms within which two neighbouring terms of the question count as still together


class Candidate(NamedTuple):
    """A sentence of a passage. `terms` are the analyzer's, in order."""

    passage: Passage
    rank: int
    """The place of the passage among those given, from 0: the best one first."""
    position: int
    """The place of the sentence in the passage, from 0."""
    text: str
    before: str
    """The sentence before it; empty for the first one."""
    terms: tuple[str, ...]


class Features(NamedTuple):
    """What speaks for a sentence as the answer to a question; shares of the question's terms are weighted by idf."""

    own: float
    """Share of the question's terms in the sentence."""
    before: float
    """Further share in the sentence before it."""
    after: float
    """Further share in the sentence after it."""
    heading: float
    """Further share in the document's title and headings."""
    passage: float
    """Further share in the rest of the passage."""
    names: float
    """Share of the question's names in the sentence; 1 when it has none."""
    names_near: float
    """Further share in the passage, its title and headings."""
    fit: float
    """Whether there is something of the expected kind."""
    pairs: float
    """Share of the question's neighbouring terms that stand together in the sentence."""
    rank: float
    """1 / (1 + the passage's place in the search)."""
    fragment: float
    """1 for a few words without an end, such as a label or the name of a figure."""
    similarity: float
    """Cosine of the question's embedding and that of the sentence after its forerunner; 0 without an embedder."""


def candidates(passages: Sequence[Passage], analyzer: AnalyzerPort) -> list[Candidate]:
    """Return the sentences of the passages, in order."""
    found: list[Candidate] = []
    for rank, passage in enumerate(passages):
        before = ""
        for position, text in enumerate(_said(passage)):
            found.append(Candidate(passage, rank, position, text, before, tuple(analyzer.terms(text))))
            before = text
    return found


def _said(passage: Passage) -> list[str]:
    """Return the sentences of a passage; of a table, the rows below its head."""
    texts = [passage.text[start:end] for start, end in sentences(passage.text)]
    rules = {place for place, text in enumerate(texts) if _RULE.fullmatch(text)}
    return [text for place, text in enumerate(texts) if not rules & {place, place + 1}]


class Comparison:
    """Compares one question with sentences; how much a term tells is learnt from the sentences given."""

    def __init__(self, question: Question, sentences: Sequence[Candidate], analyzer: AnalyzerPort) -> None:
        self._question = question
        self._analyzer = analyzer
        self._sentences = sentences
        self._at = {(one.passage.id, one.position): frozenset(one.terms) for one in sentences}
        self._weights = _idf(question.terms, [frozenset(one.terms) for one in sentences])
        self._all_terms: dict[str, set[str]] = {}
        self._headings: dict[str, frozenset[str]] = {}
        for one in sentences:
            self._all_terms.setdefault(one.passage.id, set()).update(one.terms)
            if one.passage.id not in self._headings:
                heading = f"{one.passage.title}\n{one.passage.heading}"
                self._headings[one.passage.id] = frozenset(analyzer.terms(heading))

    def features(self, one: Candidate, similarity: float = 0.0) -> Features:
        """Return what speaks for a sentence."""
        id_, position = one.passage.id, one.position
        layers: list[Collection[str]] = [
            frozenset(one.terms),
            self._at.get((id_, position - 1), frozenset()),
            self._at.get((id_, position + 1), frozenset()),
            self._headings[id_],
            self._all_terms[id_],
        ]
        own, before, after, heading, passage = self._shares(self._question.terms, layers)
        near = self._all_terms[id_] | self._headings[id_]
        names, names_near = self._shares(self._question.name_terms, [layers[0], near])
        return Features(
            own=own,
            before=before,
            after=after,
            heading=heading,
            passage=passage,
            names=names if self._question.names else 1.0,
            names_near=names_near,
            fit=fits(self._question, one.text, self._analyzer),
            pairs=_pairs(self._question.terms, one.terms),
            rank=1 / (1 + one.rank),
            fragment=1.0 if _is_fragment(one) else 0.0,
            similarity=similarity,
        )

    def known(self) -> float:
        """Return the share of the question's terms that the passages, titles and headings have.

        It counts half when they do not have the very thing that is counted or asked for of somebody.
        """
        terms = set(self._question.terms) - set(self._analyzer.terms(_HOW_MANY))
        there = frozenset().union(*self._all_terms.values(), *self._headings.values())
        wanted = {self._question.focus, *self._question.owned} - {None}
        share = len(terms & there) / len(terms) if terms else 1.0
        return share if wanted <= there else _UNHEARD_OF * share

    def _shares(self, terms: Iterable[str], layers: Sequence[Collection[str]]) -> list[float]:
        """Return for each layer the share of the terms that are in it and in no layer before it."""
        left = set(terms)
        total = sum(self._weights[term] for term in left)
        shares: list[float] = []
        for layer in layers:
            found = {term for term in left if term in layer}
            shares.append(sum(self._weights[term] for term in sorted(found)) / total if total else 0.0)
            left -= found
        return shares


def says_something(one: Candidate) -> bool:
    """Tell whether a sentence is a statement: no heading, no question, no line of capitals."""
    text = one.text.strip("\"'“”‘’«»()[]*_# \n")
    if not text or one.text.startswith("#") or text.endswith("?"):
        return False
    if _plain(text) in {_plain(part) for part in (one.passage.title, *one.passage.heading.split(" › "))}:
        return False
    letters = [character for character in text if character.isalpha()]
    return sum(character.isupper() for character in letters) <= _MOST_CAPITALS * len(letters) + 1


def _is_fragment(one: Candidate) -> bool:
    if len(one.terms) < _SHORTEST:
        return True
    return one.text[-1].isalpha() and len(one.text.split()) <= _LONGEST_LABEL


def _plain(text: str) -> str:
    return " ".join(text.replace("*", "").casefold().split())


def _idf(terms: Iterable[str], sentences: Sequence[frozenset[str]]) -> dict[str, float]:
    """Return the weight of each term; one that occurs nowhere weighs as much as one that occurs once."""
    counts = Counter(term for sentence in sentences for term in sentence)
    total = len(sentences)
    return {term: math.log((total + 1) / (max(1, counts[term]) - 0.5)) for term in terms}


def _pairs(question: Sequence[str], sentence: Sequence[str]) -> float:
    if len(question) < 2:
        return 0.0
    places: dict[str, list[int]] = {}
    for place, term in enumerate(sentence):
        places.setdefault(term, []).append(place)
    together = sum(
        any(abs(left - right) <= _WINDOW for left in places.get(first, []) for right in places.get(second, []))
        for first, second in pairwise(question)
    )
    return together / (len(question) - 1)
