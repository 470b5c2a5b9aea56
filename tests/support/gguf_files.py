"""GGUF files for tests: a tiny BERT with made-up weights, and all-MiniLM-L6-v2 from its published ones."""

import json
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

Array = npt.NDArray[np.floating[Any]]
Tensors = Mapping[str, Array]

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [
    *("rook", "rooks", "breed", "in", "colonies", "where", "do", "nest", "twigs", "built", "of", "a"),
    *("quarterly", "revenue", "declined", "sharply", "interest", "rates", "rose"),
]
LETTERS = [*string.ascii_lowercase, *string.digits, *string.punctuation]

NAMES = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}
LAYER_NAMES = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


class Shape(NamedTuple):
    """The size of a BERT."""

    layers: int
    width: int
    heads: int
    window: int


def write_tiny_bert(path: Path, *, seed: int = 1, width: int = 32, pooling: gguf.PoolingType | None = None) -> Path:
    """Write a model of two layers that stays close to the mean of its words' random vectors; some 100 KB."""
    shape = Shape(layers=2, width=width, heads=4, window=64)
    vocabulary = [*SPECIAL, *dict.fromkeys([*WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)])]
    tensors = _random_tensors(np.random.default_rng(seed), shape, len(vocabulary))
    pooling = gguf.PoolingType.MEAN if pooling is None else pooling
    return write_bert(path, tensors, vocabulary, shape, matrices=np.dtype(np.float32), pooling=pooling)


def write_minilm(path: Path, published: Path) -> Path:
    """Write all-MiniLM-L6-v2 with matrices of 16-bit floats; `published` holds its weights and its tokenizer."""
    tensors = load_file(published / "model.safetensors")
    tokenizer = json.loads((published / "tokenizer.json").read_bytes())
    vocabulary = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].__getitem__)
    shape = Shape(layers=6, width=384, heads=12, window=512)
    return write_bert(path, tensors, vocabulary, shape, matrices=np.dtype(np.float16), pooling=gguf.PoolingType.MEAN)


def write_bert(
    path: Path,
    tensors: Tensors,
    vocabulary: Sequence[str],
    shape: Shape,
    *,
    matrices: np.dtype[np.float16] | np.dtype[np.float32],
    pooling: gguf.PoolingType,
) -> Path:
    """Write a BERT whose tensors are named as in its first publication; the vocabulary is one of WordPiece."""
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_context_length(shape.window)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(4 * shape.width)
    writer.add_block_count(shape.layers)
    writer.add_head_count(shape.heads)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(value=False)
    writer.add_pooling_type(pooling)
    _add_vocabulary(writer, vocabulary)
    for name, tensor in _renamed(tensors, shape.layers):
        writer.add_tensor(name, tensor.astype(matrices) if _is_matrix(name) else tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Sequence[str]) -> None:
    """Pieces that begin a word are marked and the others are not, which is the other way round than in WordPiece."""
    writer.add_tokenizer_model("bert")
    writer.add_token_type_count(2)
    writer.add_token_list([_piece(token) for token in vocabulary])
    special = {token: index for index, token in enumerate(vocabulary) if token in SPECIAL}
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_token_types([control if token in special else normal for token in vocabulary])
    writer.add_pad_token_id(special["[PAD]"])
    writer.add_unk_token_id(special["[UNK]"])
    writer.add_bos_token_id(special["[CLS]"])
    writer.add_eos_token_id(special["[SEP]"])
    writer.add_sep_token_id(special["[SEP]"])
    writer.add_mask_token_id(special["[MASK]"])


def _piece(token: str) -> str:
    if token in SPECIAL:
        return token
    return token[2:] if token.startswith("##") and len(token) > 2 else f"\u2581{token}"


def _renamed(tensors: Tensors, layers: int) -> list[tuple[str, Array]]:
    names = dict(NAMES)
    for layer in range(layers):
        names |= {f"encoder.layer.{layer}.{old}": f"blk.{layer}.{new}" for old, new in LAYER_NAMES.items()}
    parts = [name.rpartition(".") for name in tensors]
    return [(f"{names[stem]}.{kind}", tensors[f"{stem}.{kind}"]) for stem, _, kind in parts if stem in names]


def _is_matrix(name: str) -> bool:
    return name.endswith("weight") and "norm" not in name and name not in ("position_embd.weight", "token_types.weight")


def _random_tensors(random: np.random.Generator, shape: Shape, words: int) -> Tensors:
    width, inner = shape.width, 4 * shape.width
    tensors = {
        "embeddings.word_embeddings.weight": random.normal(size=(words, width)),
        "embeddings.position_embeddings.weight": random.normal(0.0, 0.02, (shape.window, width)),
        "embeddings.token_type_embeddings.weight": np.zeros((2, width)),
        **_norm("embeddings.LayerNorm", width),
    }
    for layer in range(shape.layers):
        for name in LAYER_NAMES:
            stem = f"encoder.layer.{layer}.{name}"
            into = inner if name == "intermediate.dense" else width
            out_of = inner if name == "output.dense" else width
            linear = {f"{stem}.weight": random.normal(0.0, 0.05, (into, out_of)), f"{stem}.bias": np.zeros(into)}
            tensors |= _norm(stem, width) if name.endswith("LayerNorm") else linear
    return tensors


def _norm(stem: str, width: int) -> dict[str, Array]:
    return {f"{stem}.weight": np.ones(width), f"{stem}.bias": np.zeros(width)}
