"""What a question asks for: the kind of answer, the terms, the names."""

import re
from enum import StrEnum
from typing import NamedTuple

from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.text import words


class Kind(StrEnum):
    """The kind of answer that a question expects."""

    PERSON = "person"
    TIME = "time"
    PLACE = "place"
    NUMBER = "number"
    MONEY = "money"
    DURATION = "duration"
    REASON = "reason"
    NAME = "name"
    YES_NO = "yes or no"
    ANYTHING = "anything"


class Question(NamedTuple):
    """A question, taken apart. Terms are the analyzer's, each once, in order."""

    text: str
    kind: Kind
    terms: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    """The terms of each proper name, number and quoted phrase."""
    focus: str | None
    """The term of what is counted in "how many …"."""
    owned: tuple[str, ...] = ()
    """The terms of what belongs to somebody or something, in a question that ends with it: "… the station's dog?"."""

    @property
    def name_terms(self) -> frozenset[str]:
        """The terms that belong to a name."""
        return frozenset(term for name in self.names for term in name)


_KINDS = [
    (
        Kind.TIME,
        r"\bwhen\b|\b(?:what|which) (?:\w+ )?(?:years?|dates?|days?|months?|centur(?:y|ies)|decades?|era)\b"
        r"|\bwhat time\b|\bhow (?:recent|early|late)\b|\bsince when\b|\buntil when\b",
    ),
    (
        Kind.REASON,
        r"\bwhy\b|\bwhat (?:caused|causes|led|made|makes)\b|\b(?:what|which|for what) (?:\w+ )?(?:reasons?|cause)\b",
    ),
    (
        Kind.MONEY,
        r"\bhow much (?:\w+ ){0,4}?(?:cost|pay|paid|money|earn|charge|spend|spent|worth|inherit|invest|raise|give|gave)"
        r"|\b(?:what|which) (?:\w+ ){0,3}(?:price|fare|salary|cost|costs|fee|rent)\b",
    ),
    (Kind.DURATION, r"\bhow long (?:did|does|do|was|were|is|has|have|had|would|will|ago)\b"),
    (
        Kind.NUMBER,
        r"\bhow (?:many|much|long|far|tall|high|deep|wide|big|large|small|heavy|fast|old|often|strong|cold|hot|thick)\b"
        r"|\b(?:what|which|by what) (?:\w+ ){0,4}?(?:number|percent|percentage|share|proportion|amount|total|size"
        r"|height|length|depth|width|weight|speed|temperature|population|age|distance|rate|score|record|ratio|area)\b",
    ),
    (Kind.PERSON, r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|king|queen|president|author|actor|player)\b"),
    (
        Kind.PLACE,
        r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:city|cities|town|country|countries|place|state|region"
        r"|island|location|village)\b",
    ),
    (Kind.YES_NO, r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)\b"),
    (Kind.NAME, r"\bwhich\b|\bwhat (?:is|was|are|were) (?:\w+ ){0,4}(?:name|names|named|called|title)\b|\bwhat name\b"),
]
_PATTERNS = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS]
_QUOTED = re.compile(r"[\"“]([^\"“”]{2,80})[\"”]|(?<!\w)[‘']([^'‘’]{2,80})[’'](?!\w)")
_COUNTED = re.compile(r"\bhow many (?:(?:other|more|different|of the|of) )*([\w'’\-]+)", re.IGNORECASE)
_OWNED = re.compile(r"\w['’]s? (?P<owned>[\w\-]+(?: [\w\-]+)?)\W*$")
_OPENING = """
a about after all although among an and another any are as at because before being between both but by can could did
do does during each every except first for from had has have he her here his how however i if in into is it its last
later little many may me meanwhile might most my next no none not nothing now of on once one only other our over
several she should since so some still such than that the their them then there these they this those though three
through thus to today two under until upon us was we were what when where whether which while who whom whose why will
with without would yes yet you your
"""


def analyse(text: str, analyzer: AnalyzerPort) -> Question:
    """Take a question apart."""
    found = tuple(dict.fromkeys(analyzer.terms(text)))
    return Question(
        text=text,
        kind=_kind(text),
        terms=found,
        names=_names(text, analyzer),
        focus=_focus(text, analyzer),
        owned=_owned(text, analyzer),
    )


def name_phrases(text: str) -> list[str]:
    """Return the proper names, numbers and quoted phrases of a text, each once, in order.

    A capital at the beginning of a sentence makes a name only when another capital follows.
    """
    found = [match.group(1) or match.group(2) for match in _QUOTED.finditer(text)]
    run: list[re.Match[str]] = []
    for word in words(text):
        joined = bool(run) and text[run[-1].end() : word.start()].isspace()
        if run and not (joined and _is_name(word.group())):
            found += _phrase(text, run)
            run = []
        if _is_name(word.group()) and (run or word.group().lower() not in _OPENING.split()):
            run.append(word)
    return list(dict.fromkeys(found + (_phrase(text, run) if run else [])))


def _kind(text: str) -> Kind:
    matches = ((match.start(), index, kind) for index, (kind, p) in enumerate(_PATTERNS) if (match := p.search(text)))
    return min(matches, default=(0, 0, Kind.ANYTHING))[2]


def _focus(text: str, analyzer: AnalyzerPort) -> str | None:
    match = _COUNTED.search(text)
    found = analyzer.terms(match.group(1)) if match else []
    return found[-1] if found else None


def _owned(text: str, analyzer: AnalyzerPort) -> tuple[str, ...]:
    match = _OWNED.search(text)
    return tuple(analyzer.terms(match["owned"])) if match else ()


def _names(text: str, analyzer: AnalyzerPort) -> tuple[tuple[str, ...], ...]:
    phrases = (tuple(analyzer.terms(phrase)) for phrase in name_phrases(text))
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))


def _is_name(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit()


def _phrase(text: str, run: list[re.Match[str]]) -> list[str]:
    alone_at_start = len(run) == 1 and run[0].group()[0].isalpha() and _begins_sentence(text, run[0].start())
    return [] if alone_at_start else [text[run[0].start() : run[-1].end()]]


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\n\"'“‘([*_")
    return not before or before[-1] in ".!?:…"
