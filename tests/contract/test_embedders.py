"""What every embedder must do."""

import asyncio
import importlib.util
import math
from collections.abc import Iterator
from operator import mul
from pathlib import Path

import pytest

from rookery.adapters.embedders import hashing, minilm, openai_compatible
from rookery.adapters.embedders.llama_cpp import embedder as llama_cpp
from rookery.domain.ports.embedder import EmbedderPort
from tests.support.openai_server import openai_server

pytestmark = pytest.mark.anyio

TEXTS = ["Rooks breed in colonies.", "A rook's nest is built of twigs.", "Interest rates rose in May.", "?", "A"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


class Pair:
    """An embedder, and one like it with another model."""

    def __init__(self, embedder: EmbedderPort, other: EmbedderPort | None) -> None:
        self.embedder = embedder
        self.other = other


@pytest.fixture(scope="module")
def hashing_pair() -> Pair:
    two = [hashing.HashingEmbedder(hashing.Settings(dimension=dimension)) for dimension in (64, 65)]
    return Pair(*two)


@pytest.fixture(scope="module")
def minilm_pair(models: Path) -> Pair:
    return Pair(minilm.MiniLMEmbedder(minilm.Settings(batch_size=2), models=models, offline=True), None)


@pytest.fixture(scope="module")
def openai_pair() -> Iterator[Pair]:
    with openai_server() as server:
        yield Pair(
            *[
                openai_compatible.OpenAIEmbedder(
                    openai_compatible.Settings(base_url=server.url, model=model), offline=True
                )
                for model in ("text-embedding-3-small", "text-embedding-3-large")
            ]
        )


@pytest.fixture(scope="module")
def llama_cpp_pair(models: Path) -> Iterator[Pair]:
    if importlib.util.find_spec("llama_cpp") is None:
        pytest.skip("llama-cpp-python is not installed")
    from tests.support.gguf_files import write_tiny_bert

    files = [write_tiny_bert(models / "one.gguf"), write_tiny_bert(models / "other.gguf", seed=2)]
    two = [llama_cpp.LlamaCppEmbedder(llama_cpp.Settings(model=file, threads=1), models=models) for file in files]
    yield Pair(*two)
    for embedder in two:
        asyncio.run(embedder.close())


@pytest.fixture(params=["hashing", "minilm", "openai", "llama_cpp"])
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.getfixturevalue(f"{request.param}_pair")
    return found


@pytest.fixture
def embedder(pair: Pair) -> EmbedderPort:
    return pair.embedder


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


async def test_a_thousand_texts_can_be_embedded_at_once(embedder: EmbedderPort) -> None:
    texts = [f"rook {number}" for number in range(1000)]
    vectors = await embedder.embed(texts)
    assert len(vectors) == len(texts)
    for number in (0, 31, 32, 127, 128, 500, 999):
        (alone,) = await embedder.embed([texts[number]])
        assert cosine(alone, vectors[number]) == pytest.approx(1.0, abs=1e-5)


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


async def test_the_identity_stays_and_is_another_for_another_model(pair: Pair) -> None:
    before = pair.embedder.identity
    await pair.embedder.embed(["A"])
    assert pair.embedder.identity == before
    if pair.other is not None:
        assert pair.other.identity != before


def test_the_identity_names_the_model_and_is_known_before_it_is_loaded(embedder: EmbedderPort) -> None:
    name, _, digest = embedder.identity.partition("@")
    assert name
    assert digest
