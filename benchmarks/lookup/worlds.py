"""Invented places with facts that can be looked up: documents, and questions with their answers.

A world is made from a seed. No fact of one world says anything about another: the keeper of Velmora is another person
in each, so that an answer can come from the documents alone.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NAMING = random.Random("the names of the invented places")
_BEGINNINGS = _words("Vel Tar Bren Os Kar Lim Mor Nes Ul Dor Fen Gal Hes Ir Jun Pel")
_MIDDLES = _words("a e i o u an er il or un")
_ENDS = _words("mora sil wick holm dale ford gate mere stad burn fell sund tor vik")
PLACES = sorted(
    _NAMING.sample([first + middle + end for first in _BEGINNINGS for middle in _MIDDLES for end in _ENDS], 96)
)
PEOPLE = _words(
    "Anneli Bruno Ceren Dafydd Esi Farid Greta Hamza Ines Joren Kaija Lorcan Mirela Nuno Odile Pavel Quentin "
    "Rosalba Sunniva Tamsin Ulrika Vasco Wanda Yusuf Zora Aurel Bettina Cosima Dorian Elspeth Fiachra Gudrun "
    "Henrike Ivo Jolanda Klara"
)
COLOURS = _words("red green blue white black yellow grey brown violet orange silver golden")
STUFFS = _words("copper granite oak marble iron brick slate cedar bronze glass clay pine")
THINGS = _words("lamps bridges wells mills boats bells towers gardens ovens statues markets ladders")
ROLES = _words("keeper mayor baker miller teacher smith doctor gardener captain judge ferryman clerk")
PAINTED = _words("flag door roof gate lantern signpost fence coach")
BUILT = _words("harbour chapel pier fountain staircase wall barn library")
NUMBERS = tuple(str(number) for number in range(10, 100))


class Kind(NamedTuple):
    """A kind of fact: how it is told and asked, what it may be about and what it may be."""

    told: str
    asked: Sequence[str]
    subjects: Sequence[str]
    values: Sequence[str]


KINDS = (
    Kind(
        "The number of {subject} in {place} is {value}.",
        ("How many {subject} has {place}?", "What is the number of {subject} in {place}?"),
        THINGS,
        NUMBERS,
    ),
    Kind(
        "The {subject} of {place} is {value}.",
        ("Who is the {subject} of {place}?", "What is the name of the {subject} of {place}?"),
        ROLES,
        PEOPLE,
    ),
    Kind(
        "The colour of the {subject} of {place} is {value}.",
        ("What is the colour of the {subject} of {place}?", "Which colour has the {subject} of {place}?"),
        PAINTED,
        COLOURS,
    ),
    Kind(
        "The material of the {subject} of {place} is {value}.",
        ("What is the material of the {subject} of {place}?", "Which material has the {subject} of {place}?"),
        BUILT,
        STUFFS,
    ),
)


class Fact(NamedTuple):
    """Something that a document tells of a place."""

    place: str
    kind: Kind
    subject: str
    value: str
    told: str

    def question(self, form: int) -> str:
        """Return what asks for it."""
        return self.kind.asked[form % len(self.kind.asked)].format(subject=self.subject, place=self.place)


class Question(NamedTuple):
    """What is asked, the word that answers it, and the sentence of a document that has it."""

    text: str
    answer: str
    evidence: str


class World(NamedTuple):
    """Facts by place."""

    facts: dict[str, list[Fact]]

    def document(self, place: str) -> str:
        """Return what the document of a place says."""
        return f"# {place}\n\n" + "\n".join(fact.told for fact in self.facts[place]) + "\n"

    def write(self, folder: Path) -> None:
        """Write a file for each place."""
        folder.mkdir(parents=True, exist_ok=True)
        for place in self.facts:
            (folder / f"{place.lower()}.md").write_text(self.document(place), "utf-8")

    def questions(self, number: int, seed: int) -> list[Question]:
        """Return questions for different facts."""
        choice = random.Random(f"questions {seed}")
        facts = choice.sample([fact for facts in self.facts.values() for fact in facts], number)
        return [Question(fact.question(choice.randrange(2)), fact.value, fact.told) for fact in facts]


def make_world(choice: random.Random, *, places: int, facts: int, more: int = 2) -> World:
    """Return so many places with so many facts each; `more` is how many other things are told of some of them only."""
    topics = [(kind, subject) for kind in KINDS for subject in kind.subjects]
    shared = choice.sample(topics, facts + more)
    return World({place: _facts(choice, place, shared, facts) for place in choice.sample(PLACES, places)})


def _facts(choice: random.Random, place: str, topics: Sequence[tuple[Kind, str]], number: int) -> list[Fact]:
    told = []
    for kind, subject in choice.sample(topics, number):
        value = choice.choice(kind.values)
        told.append(Fact(place, kind, subject, value, kind.told.format(subject=subject, place=place, value=value)))
    return told
