"""Short documents with titles, and questions that need several of them."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from encyclopaedia import encyclopaedia
from sets import Collected, Question

from rookery.adapters.libraries.bm25 import indexed
from rookery.domain.memories import NewMemory
from rookery.domain.sources import Passage

FITTED, HELD_OUT = (
    1,
    2,
)  # the seeds of the edition with which weights were chosen, and of one that nothing was chosen by


class Needing(NamedTuple):
    """A question and the numbers of the documents that it needs."""

    text: str
    documents: list[int]


class Shelf(NamedTuple):
    """Titles and texts, in no meaningful order, and questions about them."""

    name: str
    documents: list[tuple[str, str]]
    questions: list[Needing]

    def write(self, folder: Path) -> None:
        """Write each document into a file of its own, which has its number as its name."""
        folder.mkdir(parents=True)
        for number, (title, text) in enumerate(self.documents):
            (folder / f"{number}.md").write_text(f"# {title}\n\n{text}\n", "utf-8")

    def memories(self) -> list[NewMemory]:
        """Return each document as a memory, with its title before its text."""
        return [
            NewMemory(namespace=self.name, id=str(number), content=f"{title}: {text}")
            for number, (title, text) in enumerate(self.documents)
        ]

    def asked(self, passages: Mapping[int, Sequence[Passage]], *, several: bool) -> Collected:
        """Return the questions that need several documents, or one; a document is found with any of its passages."""
        found = [passage for number in sorted(passages) for passage in passages[number]]
        ids = {number: frozenset(passage.id for passage in those) for number, those in passages.items()}
        questions = [
            Question(question.text, [ids[number] for number in question.documents])
            for question in self._chosen(several=several)
        ]
        texts = {passage.id: indexed(passage) for passage in found}
        return Collected(self.name, texts, [f"{passage.title}\n{passage.text}" for passage in found], questions)

    def remembered(self, *, several: bool) -> Collected:
        """Return the same for documents that are memories."""
        texts = {memory.id or "": memory.content for memory in self.memories()}
        questions = [
            Question(question.text, [frozenset({str(number)}) for number in question.documents])
            for question in self._chosen(several=several)
        ]
        return Collected(self.name, texts, list(texts.values()), questions)

    def _chosen(self, *, several: bool) -> list[Needing]:
        return [question for question in self.questions if (len(question.documents) > 1) == several]


def edition(seed: int) -> Shelf:
    """Return an edition of the encyclopaedia."""
    made = encyclopaedia(seed)
    numbers = {title: number for number, title in enumerate(made.articles)}
    questions = [Needing(one.text, [numbers[title] for title in one.titles]) for one in made.questions]
    return Shelf(f"encyclopaedia-{seed}", list(made.articles.items()), questions)


def multihop(path: Path) -> Shelf:
    """Return the paragraphs and questions of a file in the form of HotpotQA (2WikiMultihopQA has it too) or MuSiQue.

    The file is a JSON list, or has one JSON object a line. A paragraph that several questions bring is there once; the
    order, which would tell what belongs together, is shuffled.
    """
    text = path.read_text("utf-8")
    records = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    paragraphs = [_paragraphs(record) for record in records]
    documents = list(dict.fromkeys((title, body) for those in paragraphs for title, body, _ in those))
    random.Random(0).shuffle(documents)
    numbers = {document: number for number, document in enumerate(documents)}
    questions = [
        Needing(record["question"], _once(numbers[(title, body)] for title, body, needed in those if needed))
        for record, those in zip(records, paragraphs, strict=True)
    ]
    return Shelf(path.stem, documents, [question for question in questions if question.documents])


def _paragraphs(record: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Return title, text and whether it is needed, of each paragraph that has a text."""
    if "paragraphs" in record:
        rows = [(row["title"], row["paragraph_text"], bool(row["is_supporting"])) for row in record["paragraphs"]]
    else:
        needed = {title for title, _ in record["supporting_facts"]}
        rows = [(title, "".join(sentences), title in needed) for title, sentences in record["context"]]
    return [(title.strip(), " ".join(text.split()), needed) for title, text, needed in rows if text.strip()]


def _once(numbers: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(numbers))
