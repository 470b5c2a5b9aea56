"""Writing the small model as a GGUF file that llama.cpp loads."""

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
from network import EPSILON, SHAPE, Shape
from numpy.typing import ArrayLike, NDArray
from words import BEGIN, END, MARKS, PAD, TEMPLATE, Words

CONTEXT = 4096
_STILL = 1e-20  # radians a token


def write(path: Path, params: Mapping[str, ArrayLike], words: Words, shape: Shape = SHAPE) -> None:
    """Write the parameters as 32-bit floats, with the vocabulary and the chat template."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Rookery lookup")
    writer.add_description("trained to look facts up in the prompts of Rookery; it can do nothing else")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.inner)
    writer.add_block_count(shape.layers)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.base)
    writer.add_layer_norm_rms_eps(EPSILON)
    _add_words(writer, words)
    writer.add_chat_template(TEMPLATE)
    writer.add_tensor("rope_freqs.weight", _slowdown(shape))
    for name, value in params.items():
        array = np.asarray(value, np.float32)
        writer.add_tensor(name, _paired(array, shape) if "attn_q." in name or "attn_k." in name else array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_words(writer: gguf.GGUFWriter, words: Words) -> None:
    kinds = [gguf.TokenType.CONTROL if piece in MARKS else gguf.TokenType.NORMAL for piece in words.pieces]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(list(words.pieces))
    writer.add_token_types(kinds)
    writer.add_token_merges(["\u0120 \u0120"])  # there must be one; this one joins two blanks, which are no piece
    writer.add_bos_token_id(words.ids[BEGIN])
    writer.add_eos_token_id(words.ids[END])
    writer.add_pad_token_id(words.ids[PAD])
    writer.add_add_bos_token(value=False)


def _paired(array: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """Return the rows of heads in llama.cpp's order for Llama: two that are rotated together lie side by side."""
    half = shape.rotated // 2
    together = np.arange(shape.rotated).reshape(2, half).T.ravel()
    order = np.concatenate((together, np.arange(shape.rotated, shape.head_width)))
    heads = array.reshape(shape.heads, shape.head_width, -1)
    return heads[:, order].reshape(array.shape)


def _slowdown(shape: Shape) -> NDArray[np.float32]:
    """Return by what llama.cpp is to divide its frequencies, so that they are the model's, and none for the others."""
    usual = shape.base ** (-np.arange(0, shape.head_width, 2) / shape.head_width)
    wanted = np.full(usual.size, _STILL)
    wanted[: shape.frequencies.size] = shape.frequencies
    return (usual / wanted).astype(np.float32)
