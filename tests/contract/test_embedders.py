"""What every embedder must do."""

import asyncio
import math
from operator import mul
from pathlib import Path

import pytest

from rookery.adapters.embedders import hashing, minilm
from rookery.domain.ports.embedder import EmbedderPort

pytestmark = pytest.mark.anyio

TEXTS = ["Rooks breed in colonies.", "A rook's nest is built of twigs.", "Interest rates rose in May.", "?", "A"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(params=["hashing", "minilm"])
def embedder(request: pytest.FixtureRequest, models: Path) -> EmbedderPort:
    if request.param == "hashing":
        return hashing.HashingEmbedder(hashing.Settings())
    return minilm.MiniLMEmbedder(minilm.Settings(batch_size=2), models=models, offline=True)


def cosine(one: list[float], other: list[float]) -> float:
    return sum(map(mul, one, other))


async def test_each_vector_is_of_the_dimension_and_of_unit_length(embedder: EmbedderPort) -> None:
    vectors = await embedder.embed(TEXTS)
    assert [len(vector) for vector in vectors] == [embedder.dimension] * len(TEXTS)
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1.0] * len(TEXTS), abs=1e-5)


async def test_no_text_gives_no_vector(embedder: EmbedderPort) -> None:
    assert await embedder.embed([]) == []


async def test_vectors_keep_the_order_of_the_texts(embedder: EmbedderPort) -> None:
    texts = [" ".join(["twig"] * length + ["rook"]) for length in (40, 1, 17, 3, 90, 2, 60)]
    together = await embedder.embed(texts)
    for text, vector in zip(texts, together, strict=True):
        (alone,) = await embedder.embed([text])
        assert cosine(alone, vector) == pytest.approx(1.0, abs=1e-5)


async def test_the_same_text_gives_the_same_vector(embedder: EmbedderPort) -> None:
    assert await embedder.embed(TEXTS) == await embedder.embed(TEXTS)


async def test_texts_that_share_words_are_nearer_than_others(embedder: EmbedderPort) -> None:
    question, answer, other = await embedder.embed(
        ["where do rooks breed", "rooks breed in colonies", "quarterly revenue declined sharply"]
    )
    assert cosine(question, answer) > cosine(question, other) + 0.2


@pytest.mark.parametrize("text", ["", " \n\t", "\0", "🐦" * 50, "lone \ud800 surrogate", "word " * 5000, "x" * 20_000])
async def test_any_text_can_be_embedded(embedder: EmbedderPort, text: str) -> None:
    (vector,) = await embedder.embed([text])
    assert math.hypot(*vector) == pytest.approx(1.0, abs=1e-5)


async def test_concurrent_calls_do_not_disturb_each_other(embedder: EmbedderPort) -> None:
    expected = await embedder.embed(TEXTS)
    async with asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(embedder.embed(TEXTS[::step])) for step in (1, -1, 1, -1, 1, -1)]
    for call, step in zip(calls, (1, -1, 1, -1, 1, -1), strict=True):
        for vector, wanted in zip(call.result(), expected[::step], strict=True):
            assert cosine(vector, wanted) == pytest.approx(1.0, abs=1e-5)


def test_the_identity_names_the_model_and_is_known_before_it_is_loaded(embedder: EmbedderPort) -> None:
    name, _, digest = embedder.identity.partition("@")
    assert name
    assert digest
