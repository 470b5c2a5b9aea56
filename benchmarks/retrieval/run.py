"""Measure retrieval: `python benchmarks/retrieval/run.py [--locomo FILE | --multihop FILE] [--json]`.

Conversations are imported and asked as `rookery memory` does it, documents are added and asked as by a researcher; the
paragraphs of the encyclopaedia are imported and asked as memories too.
All recipes have the same embedder (all-MiniLM-L6-v2), are asked the same questions in turns, and find ten hits.
`R@n`: the share of a question's evidence among the first n hits; `all@5`: questions with all of it among the first
five; `MRR`: 1 / the place of the first evidence. Evidence of a conversation is a turn. Of an archive it is, for each
document that a question needs, a passage that contains an accepted answer, or any passage of a document that contains
none because it is a step on the way; of other documents it is any passage of each that is needed. Times include the
embedding of the question, not that of the texts.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from baselines import Constants
from dependency_injector import providers
from embedding import CachingEmbedder
from measures import Answered, Summary, summary
from multihop import FITTED, HELD_OUT, Shelf, edition, multihop
from recipes import (
    DENSE,
    PLAIN,
    ROOKERY,
    STEMMED,
    Recipe,
    WithoutLinks,
    baselines,
    passages_of,
    remembered,
    searching,
    shelved,
)
from sets import Collected, Talk, archive, conversations, locomo

from rookery.adapters.libraries import bm25
from rookery.adapters.memory_indexes import timeline
from rookery.entrypoints.container import Container, close, prepare
from rookery.entrypoints.settings import ResearchSettings, Settings

EMBEDDER = "minilm"
OF_TURNS, OF_PASSAGES = Constants(timeline.K1, timeline.B), Constants(bm25.K1, bm25.B)
COLUMNS = {"R@5": "recall_at_5", "R@10": "recall_at_10", "MRR": "mrr", "all@5": "all_at_5"}
TIMES = {"p50 ms": "p50_ms", "p95 ms": "p95_ms", "CPU ms": "cpu_ms"}


class Measured(NamedTuple):
    """What came of the recipes on one set."""

    name: str
    unit: str
    collections: int
    texts: int
    questions: int
    recipes: dict[str, dict[str, float]]

    def margins(self) -> dict[str, dict[str, float]]:
        """Return by how much Rookery is ahead of what is dense or lexical only."""
        ours = self.recipes[ROOKERY]
        return {
            other: {key: ours[key] - self.recipes[other][key] for key in COLUMNS.values()}
            for other in (DENSE, PLAIN, STEMMED)
        }


class Homes(NamedTuple):
    """The product as it is, and the product that has no embedder."""

    whole: Container
    words: Container
    embedder: CachingEmbedder


async def measure(folder: Path, talks: Path | None, documents: Path | None) -> list[Measured]:
    """Measure our own sets, or the conversations or the paragraphs of a file.

    Raises:
        SystemExit: there is no embedder.
    """
    whole, words = _container(folder / "whole", EMBEDDER), _container(folder / "words", None)
    await prepare(whole)
    if whole.embedder() is None:
        sys.exit(f"there is nothing to compare: {whole.degradations()[0]}")
    homes = Homes(whole, words, CachingEmbedder(whole.embedder(), say))
    whole.embedder.override(providers.Object(homes.embedder))
    try:
        if talks is not None:
            return [await of_talks(homes, talks.stem, locomo(talks))]
        if documents is not None:
            shelf = multihop(documents)
            return [*await of_passages(homes, shelf, folder / "files"), *await of_paragraphs(homes, shelf)]
        return [
            await of_talks(homes, "conversations", conversations()),
            *await of_archives(homes),
            *await of_passages(homes, edition(FITTED), folder / "fitted"),
            *await of_passages(homes, edition(HELD_OUT), folder / "held-out"),
            *await of_paragraphs(homes, edition(HELD_OUT)),
        ]
    finally:
        await close(whole)
        await close(words)


async def of_talks(homes: Homes, name: str, talks: Sequence[Talk]) -> Measured:
    """Measure what finds turns of conversations."""
    collections = [talk.collected() for talk in talks]
    with homes.embedder.keeping():
        recipes = await baselines(collections, homes.embedder, homes.whole.analyzer(), OF_TURNS)
        recipes[ROOKERY] = await remembered(homes.whole, (memory for talk in talks for memory in talk.memories))
        recipes[f"{ROOKERY} without dense"] = await remembered(
            homes.words, (memory for talk in talks for memory in talk.memories)
        )
    return _measured(name, "turns", collections, await ask(collections, recipes))


async def of_archives(homes: Homes) -> list[Measured]:
    """Measure what finds passages of documents, for questions that need several documents and for those of one."""
    whole, embedder = homes.whole, homes.embedder
    measured = []
    with embedder.keeping():
        passages = await shelved(whole)
        await shelved(homes.words)
    product = _product(homes)
    for name, several in {"archives, several documents": True, "archives, one document": False}.items():
        collections = [archive(file, texts, several=several) for file, texts in passages.items()]
        with embedder.keeping():
            recipes = await baselines(collections, embedder, whole.analyzer(), OF_PASSAGES)
        measured.append(_measured(name, "passages", collections, await ask(collections, recipes | product)))
    return measured


async def of_passages(homes: Homes, shelf: Shelf, folder: Path) -> list[Measured]:
    """Measure what finds short documents that are added to the library."""
    shelf.write(folder)
    with homes.embedder.keeping():
        passages = await passages_of(homes.whole, shelf, folder)
        await passages_of(homes.words, shelf, folder)
    asked = [shelf.asked(passages, several=several) for several in (True, False)]
    return await _of_short(homes, asked, "passages", _product(homes), OF_PASSAGES)


async def of_paragraphs(homes: Homes, shelf: Shelf) -> list[Measured]:
    """Measure what finds short documents that are imported as memories."""
    with homes.embedder.keeping():
        product = {
            ROOKERY: await remembered(homes.whole, shelf.memories()),
            f"{ROOKERY} without dense": await remembered(homes.words, shelf.memories()),
        }
    asked = [shelf.remembered(several=several) for several in (True, False)]
    return await _of_short(homes, asked, "memories", product, OF_TURNS)


async def ask(collections: Sequence[Collected], recipes: dict[str, Recipe]) -> dict[str, Summary]:
    """Ask the recipes in turns, so that all meet the same load."""
    answered: dict[str, list[Answered]] = {name: [] for name in recipes}
    for collection in collections:
        say(f"asking {len(collection.questions)} questions about {collection.name}")
        for recipe in recipes.values():
            await recipe(collection.name, collection.questions[0].text)  # opens what the first search opens
        for question in collection.questions:
            for name, recipe in recipes.items():
                wall, cpu = time.perf_counter(), time.process_time()
                found = await recipe(collection.name, question.text)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                answered[name].append(Answered(question, found, wall, cpu))
    return {name: summary(answers) for name, answers in answered.items()}


def show(measured: Measured) -> None:
    """Print the table of a set and the margins."""
    print(
        f"\n{measured.name}: {measured.questions} questions, {measured.texts} {measured.unit} "
        f"in {measured.collections} collections, {EMBEDDER}"
    )
    print(_line("", [*COLUMNS, *TIMES]))
    for name, found in measured.recipes.items():
        shares = [f"{found[key]:.3f}" for key in COLUMNS.values()]
        print(_line(name, [*shares, *(f"{found[key]:.1f}" for key in TIMES.values())]))
    for other, margin in measured.margins().items():
        print(_line(f"margin over {other}", [f"{margin[key]:+.3f}" for key in COLUMNS.values()]))


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def _container(home: Path, embedder: str | None) -> Container:
    return Container(settings=Settings(home=home, research=ResearchSettings(embedder=embedder)))


async def _of_short(
    homes: Homes, asked: Sequence[Collected], unit: str, product: dict[str, Recipe], constants: Constants
) -> list[Measured]:
    measured = []
    for number, collected in zip(("several documents", "one document"), asked, strict=True):
        if collected.questions:
            with homes.embedder.keeping():
                recipes = await baselines([collected], homes.embedder, homes.whole.analyzer(), constants)
            name = f"{collected.name} as {unit}, {number}"
            measured.append(_measured(name, unit, [collected], await ask([collected], recipes | product)))
    return measured


def _product(homes: Homes) -> dict[str, Recipe]:
    """Return what finds passages."""
    whole = homes.whole
    without = WithoutLinks(library=whole.library(), vector_store=whole.vector_store(), embedder=homes.embedder)
    return {
        ROOKERY: searching(whole.search()),
        f"{ROOKERY} without links": searching(without),
        f"{ROOKERY} without dense": searching(homes.words.search()),
    }


def _measured(name: str, unit: str, collections: Sequence[Collected], found: dict[str, Summary]) -> Measured:
    return Measured(
        name,
        unit,
        collections=len(collections),
        texts=sum(len(one.texts) for one in collections),
        questions=sum(len(one.questions) for one in collections),
        recipes={recipe: one._asdict() for recipe, one in found.items()},
    )


def _line(name: str, cells: Sequence[str]) -> str:
    return name.ljust(41) + "".join(cell.rjust(8) for cell in cells)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    files = parser.add_mutually_exclusive_group()
    files.add_argument("--locomo", type=Path, metavar="FILE", help="a file in LoCoMo's form, instead of our own sets")
    files.add_argument("--multihop", type=Path, metavar="FILE", help="the same for one in HotpotQA's or MuSiQue's form")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(measure(Path(folder), arguments.locomo, arguments.multihop))
    if arguments.json:
        print(json.dumps([one._asdict() | {"margins": one.margins()} for one in measured], indent=2))
        return
    for one in measured:
        show(one)


if __name__ == "__main__":
    main()
