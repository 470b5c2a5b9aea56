"""Signs that a sentence holds an answer of the expected kind."""

import re

from rookery.adapters.llms.extractive.questions import Kind, Question, name_phrases
from rookery.domain.ports.analyzer import AnalyzerPort

_NUMBER_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    "|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|hundreds|thousand|thousands|million|billion"
    "|dozen|once|twice|half|third|quarter|none|nobody|both|zero|pair"
)
_MONTHS = "january|february|march|april|june|july|august|september|october|november|december"
_SIGNS = {
    Kind.TIME: rf"\b(?:1\d|20)\d\d\b|\b(?:{_MONTHS})\b|\b[Mm]ay \d|\d May\b|\bcentur(?:y|ies)\b|\b\d+(?:st|nd|rd|th)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\bo['’]clock\b|\b\d+ ?(?:bc|ad|bce|ce)\b|\bago\b"
    r"|\b(?:spring|summer|autumn|winter|easter|christmas|michaelmas|midnight|noon|dawn|dusk)\b|\b\d0s\b",
    Kind.NUMBER: rf"(?<![\w.,])(?!(?:1\d|20)\d\d(?![\w.,]*\d))\d[\d.,]*|\b(?:{_NUMBER_WORDS})(?:-\w+)?\b",
    Kind.MONEY: r"[£$€¥]|\b(?:pounds?|dollars?|euros?|francs?|shillings?|pence|cents?|marks|kroner|yen|free|nothing)\b",
    Kind.DURATION: r"\b(?:seconds?|minutes?|hours?|days?|nights?|weeks?|fortnights?|months?|years?|decades?"
    r"|centuries)\b",
    Kind.REASON: r"\bbecause\b|\bsince\b|\bso that\b|\bin order\b|\bdue to\b|\bowing to\b|\bcaused?\b|\bcauses\b"
    r"|\bresult|\btherefore\b|\bthus\b|\breasons?\b|\bso as\b|\bthanks to\b|\bled to\b|\bfor fear\b|\bon the ground\b"
    r"|\blest\b|\bas (?:it|he|she|they|there|the)\b"
    r"|\bto (?:avoid|prevent|protect|keep|make|allow|give|reduce|help|save)\b",
}
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _SIGNS.items()}
_PLACE = re.compile(r"\b(?:in|at|on|to|from|near|of|into|outside|across|towards?)\s+(?:the\s+)?[A-Z]")
_ANY_PLACE = re.compile(r"\b(?:in|at|on|under|behind|beside|near|inside|below|above|over)\s+(?:the|a|an|his|her|its)\b")
NEAR = 30  # characters after a number within which it says what is counted
_UNCOUNTED = 0.7  # for a number of something else than what was asked for
_NAMED_KINDS = frozenset({Kind.PERSON, Kind.PLACE, Kind.NAME})


def fits(question: Question, sentence: str, analyzer: AnalyzerPort) -> float:
    """Return in [0, 1] how well a sentence fits the expected kind of answer; 0.5 when the kind tells nothing."""
    kind = question.kind
    if kind in (Kind.ANYTHING, Kind.YES_NO):
        return 0.5
    if kind in _NAMED_KINDS:
        return _named(question, sentence, analyzer)
    asked = question.text.lower()
    signs = [match for match in _PATTERNS[kind].finditer(sentence) if match.group().lower() not in asked]
    if kind is Kind.NUMBER and signs and question.focus:
        counted = any(question.focus in analyzer.terms(sentence[sign.end() : sign.end() + NEAR]) for sign in signs)
        return 1.0 if counted else _UNCOUNTED
    return 1.0 if signs else 0.0


def new_names(question: Question, sentence: str, analyzer: AnalyzerPort) -> list[str]:
    """Return the names in a sentence that the question does not contain."""
    known = set(question.terms)
    return [
        phrase
        for phrase in name_phrases(sentence)
        if any(character.isalpha() for character in phrase) and not known.issuperset(analyzer.terms(phrase))
    ]


def _named(question: Question, sentence: str, analyzer: AnalyzerPort) -> float:
    named = bool(new_names(question, sentence, analyzer))
    if question.kind is not Kind.PLACE:
        return 1.0 if named else 0.0
    if named and _PLACE.search(sentence):
        return 1.0
    return 0.5 if _ANY_PLACE.search(sentence) or named else 0.0
