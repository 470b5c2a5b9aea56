"""Measure answers: `python benchmarks/answers/run.py [--embedder minilm] QUESTIONS.toml…`.

Each question is a run of the product, in this process. Two baselines answer the same questions from the same passages:
the sentences of the passages that BM25 puts first, in reading order (lead), and the sentences that BM25 puts first.

`one@n`, `two@n`: the accepted answer is in the first n sentences, for questions that need one or two documents;
`both@n`: both sides of a contradiction are. `honest no`: unanswerable questions for which nothing is claimed as
supported. `unsure`: answerable ones for which the same is true; the answer may still be among what is shown.
"""

import argparse
import asyncio
import tempfile
import time
import tomllib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote

from pydantic import BaseModel

from rookery.adapters.libraries.in_memory import InMemoryLibrary
from rookery.domain.runs import Depth, ResearchRequest
from rookery.domain.sources import Passage, Source
from rookery.domain.text import sentences
from rookery.entrypoints.container import Container, prepare
from rookery.entrypoints.settings import ResearchSettings, Settings

ROOT = Path(__file__).parents[2]
PASSAGES = 10
PLACES = (1, 3, 5)


class Asked(BaseModel):
    """A question and what a right answer contains."""

    text: str
    answers: list[str]
    documents: list[str]
    kind: Literal["single", "bridge", "contradiction", "unanswerable"]


class QuestionSet(BaseModel):
    """Questions over one folder."""

    corpus: str
    question: list[Asked]


class Answered(NamedTuple):
    """The sentences of an answer, best first, and the documents that it cites."""

    claims: list[str]
    documents: set[str]
    sure: bool
    """Whether any claim is said to be supported; a baseline is always sure of what it has."""


Answerer = Callable[[str], Awaitable[Answered]]


def plain(text: str) -> str:
    """Return a text without regard to case, white space and the shape of quotation marks."""
    marks = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
    return " ".join(text.translate(marks).casefold().split())


def place(asked: Asked, answered: Answered) -> int | None:
    """Return the first place, from 1, by which the answer is given; None when it is not."""
    claims = [plain(claim) for claim in answered.claims]
    firsts = [next((n for n, claim in enumerate(claims, 1) if plain(one) in claim), None) for one in asked.answers]
    found = [first for first in firsts if first is not None]
    if asked.kind == "contradiction":
        return max(found) if len(found) == len(firsts) else None
    return min(found, default=None)


async def product(container: Container) -> Answerer:
    """Return what answers as `rookery research` does, over the whole library."""
    start, conduct = container.start_run(), container.conduct_run()

    async def answer(question: str) -> Answered:
        run = await start(ResearchRequest(question=question, depth=Depth.STANDARD))
        result = (await conduct(run.id)).result
        assert result is not None
        documents = {file_name(url) for url in result.sources}
        sure = any(claim.supported for claim in result.claims)
        return Answered([claim.text for claim in result.claims], documents, sure)

    return answer


async def baselines(container: Container) -> dict[str, Answerer]:
    """Return what answers with the sentences that BM25 finds, in reading order and by their own scores."""
    library, analyzer = container.library(), container.analyzer()

    async def found(question: str) -> list[Passage]:
        hits = await library.search("default", question, limit=PASSAGES)
        passages = {passage.id: passage for passage in await library.passages("default", [hit.id for hit in hits])}
        return [passages[hit.id] for hit in hits]

    async def lead(question: str) -> Answered:
        return _answered([sentence for passage in await found(question) for sentence in _sentences(passage)])

    async def bm25(question: str) -> Answered:
        pieces = {piece.id: piece for passage in await found(question) for piece in _sentences(passage)}
        index = InMemoryLibrary(analyzer=analyzer)
        if pieces:
            [source, *_] = await library.sources("default")
            await index.add(_as_source(source), list(pieces.values()))
        hits = await index.search("default", question, limit=max(PLACES))
        return _answered([pieces[hit.id] for hit in hits])

    return {"lead": lead, "BM25": bm25}


def _sentences(passage: Passage) -> list[Passage]:
    spans = sentences(passage.text)
    return [
        passage.model_copy(update={"id": f"{passage.id}:{span.start}", "text": passage.text[span.start : span.end]})
        for span in spans
    ]


def _as_source(source: Source) -> Source:
    return source.model_copy(update={"id": "sentences"})


def _answered(pieces: Sequence[Passage]) -> Answered:
    best = pieces[: max(PLACES)]
    return Answered([piece.text for piece in best], {file_name(piece.url) for piece in best}, bool(best))


def file_name(url: str) -> str:
    """Return the last part of a URL."""
    return unquote(url).rsplit("/", 1)[-1]


class Tally:
    """What came of the questions of one set."""

    def __init__(self, questions: Sequence[Asked], answers: Sequence[Answered], seconds: float) -> None:
        self.pairs = list(zip(questions, answers, strict=True))
        self.seconds = seconds / max(1, len(self.pairs))

    def row(self) -> list[str]:
        """Return the cells of the table."""
        cells = [self._within(kind, limit) for kind in ("single", "bridge", "contradiction") for limit in PLACES]
        both = [set(asked.documents) <= answered.documents for asked, answered in self.pairs if asked.kind == "bridge"]
        honest = [not answered.sure for asked, answered in self.pairs if asked.kind == "unanswerable"]
        unsure = [not answered.sure for asked, answered in self.pairs if asked.kind != "unanswerable"]
        return [*cells, _share(both), _share(honest), _share(unsure), f"{self.seconds * 1000:.0f}"]

    def _within(self, kind: str, limit: int) -> str:
        places = [place(asked, answered) for asked, answered in self.pairs if asked.kind == kind]
        return _share([where is not None and where <= limit for where in places])


HEADER = [f"{kind}@{limit}" for kind in ("one", "two", "both") for limit in PLACES]
HEADER += ["cites all", "honest no", "unsure", "ms"]


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values)}/{len(values)}"


async def measure(name: str, asked: QuestionSet, embedder: str | None, *, verbose: bool) -> None:
    """Print the table of one set."""
    with tempfile.TemporaryDirectory() as home:
        research = ResearchSettings(embedder=embedder, vector_store="memory")
        container = Container(settings=Settings(home=Path(home), research=research))
        await prepare(container)
        await container.add_sources()([str(ROOT / asked.corpus)], namespace="default")
        answerers = {"rookery": await product(container), **await baselines(container)}
        print(f"\n{name}: {len(asked.question)} questions, embedder {embedder or 'none'}")
        print(_line(["", *HEADER]))
        for who, answerer in answerers.items():
            began = time.perf_counter()
            answers = [await answerer(question.text) for question in asked.question]
            tally = Tally(asked.question, answers, time.perf_counter() - began)
            print(_line([who, *tally.row()]))
            if verbose and who == "rookery":
                _show(tally)


def _line(cells: Sequence[str]) -> str:
    return cells[0].ljust(8) + "".join(cell.rjust(max(9, len(cell) + 2)) for cell in cells[1:])


def _show(tally: Tally) -> None:
    for asked, answered in tally.pairs:
        where = place(asked, answered)
        right = not answered.sure if asked.kind == "unanswerable" else where == 1
        if not right:
            print(f"  [{asked.kind}] {asked.text} {asked.answers} place {where}")
            for claim in answered.claims[:3]:
                print(f"      {claim[:150]}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="*", type=Path, default=sorted(Path(__file__).parent.glob("*.toml")))
    parser.add_argument("--embedder", help="the entry-point name; without it, words only")
    parser.add_argument("--verbose", action="store_true", help="show what went wrong")
    arguments = parser.parse_args()
    for questions in arguments.questions:
        asked = QuestionSet.model_validate(tomllib.loads(questions.read_text("utf-8")))
        asyncio.run(measure(questions.stem, asked, arguments.embedder, verbose=arguments.verbose))


if __name__ == "__main__":
    main()
