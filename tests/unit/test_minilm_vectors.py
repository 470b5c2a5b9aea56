"""The vectors of all-MiniLM-L6-v2, against a forward pass written here in numpy from the published architecture."""

from functools import cache
from math import erf
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from rookery.adapters.embedders.minilm import MiniLMEmbedder, Settings
from rookery.adapters.embedders.sentence_bert.weights import carrier_folder

pytestmark = pytest.mark.anyio

Array = npt.NDArray[np.float64]

TEXTS = [
    "hello world",
    "",
    "Rooks (Corvus frugilegus) breed in colonies called rookeries, high in the tops of trees.",
    "What did the second experiment measure, and why did its authors distrust the first?",
    "naïve café – ÅNGSTRÖM, 研究 and 🐦; e = mc², 3.14159",
    "The critic sends the researcher out again when a sentence has no quotation behind it. " * 12,
    "far beyond the window " * 200,
]


@cache
def weights() -> dict[str, Array]:
    folder = carrier_folder()
    assert folder is not None
    return {name: tensor.astype(np.float64) for name, tensor in load_file(folder / "model.safetensors").items()}


def reference(ids: list[int]) -> Array:
    """One text in double precision: no batch, no padding, no mask."""
    hidden = (
        weights()["embeddings.word_embeddings.weight"][ids]
        + weights()["embeddings.position_embeddings.weight"][: len(ids)]
        + weights()["embeddings.token_type_embeddings.weight"][[0] * len(ids)]
    )
    hidden = normalise(hidden, "embeddings.LayerNorm")
    for number in range(6):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            linear(hidden, f"{layer}.attention.self.{part}").reshape(-1, 12, 32) for part in ("query", "key", "value")
        )
        scores = np.einsum("qhd,khd->hqk", query, key) / np.sqrt(32.0)
        odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
        context = np.einsum("hqk,khd->qhd", odds / odds.sum(axis=-1, keepdims=True), value).reshape(-1, 384)
        hidden = normalise(
            hidden + linear(context, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm"
        )
        inner = linear(hidden, f"{layer}.intermediate.dense")
        inner = inner * 0.5 * (1.0 + np.vectorize(erf)(inner / np.sqrt(2.0)))
        hidden = normalise(hidden + linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = hidden.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def linear(value: Array, name: str) -> Array:
    return value @ weights()[f"{name}.weight"].T + weights()[f"{name}.bias"]


def normalise(value: Array, name: str) -> Array:
    centred = value - value.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return scaled * weights()[f"{name}.weight"] + weights()[f"{name}.bias"]


def pieces(text: str) -> list[int]:
    folder = carrier_folder()
    assert folder is not None
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    return list(tokenizer.encode(text).ids)


def test_the_word_pieces_are_those_of_bert() -> None:
    assert pieces("hello world") == [101, 7592, 2088, 102]
    assert pieces("") == [101, 102]
    assert len(pieces(TEXTS[-1])) == 256


async def test_vectors_agree_with_the_published_architecture(tmp_path: Path) -> None:
    vectors = await MiniLMEmbedder(Settings(), models=tmp_path, offline=True).embed(TEXTS)
    wanted = [reference(pieces(text)) for text in TEXTS]
    cosines = [float(np.dot(vector, right)) for vector, right in zip(vectors, wanted, strict=True)]
    assert min(cosines) >= 0.9999
    assert max(float(np.abs(np.subtract(v, w)).max()) for v, w in zip(vectors, wanted, strict=True)) < 1e-5
