"""GGUF language models for tests, with made-up weights: small ones of several families, and one like gemma-3-1b."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import gguf
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Kind = gguf.TokenType
Blocks = Literal["Q4_0", "Q8_0"]

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"
)
WORDS = [
    *("the", "rook", "rooks", "breed", "in", "colonies", "where", "do", "nest", "answer", "question", "source", "text"),
    *("and", "of", "to", "is", "a", "that", "it", "tool", "search", "claims", "citations", "reason", "user", "system"),
]


class Shape(NamedTuple):
    """The size of a model. `sliding` is the window of gemma3's local layers: five of them before each global one."""

    architecture: Literal["llama", "qwen2", "gemma3"] = "llama"
    layers: int = 2
    width: int = 64
    heads: int = 4
    kv_heads: int = 2
    head_width: int = 16
    inner: int = 128
    context: int = 4096
    sliding: int = 32


class Vocabulary(NamedTuple):
    """The pieces of a tokenizer, and which of them begin and end a text."""

    model: Literal["gpt2", "llama"]
    tokens: Sequence[str]
    kinds: Sequence[Kind]
    bos: str
    eos: str
    add_bos: bool
    merges: Sequence[str] = ()

    def id(self, token: str) -> int:
        return self.tokens.index(token)


TINY = Shape()
TINY_GEMMA = Shape(architecture="gemma3", layers=7)
GEMMA_3_1B = Shape(
    "gemma3", 26, width=1152, heads=4, kv_heads=1, head_width=256, inner=6912, context=32768, sliding=512
)


def byte_pairs(specials: Sequence[str], *, add_bos: bool = False, words: Sequence[str] = WORDS) -> Vocabulary:
    """Return the bytes, the words with and without a blank before them, and the specials: of a BPE like GPT-2's.

    The first special begins a text and the last ends it.
    """
    tokens, merges = list(_gpt2_bytes()), []
    for piece in [form for word in words for form in (word, f"\u0120{word}")]:
        for end in range(2, len(piece) + 1):
            if piece[:end] not in tokens:
                tokens.append(piece[:end])
                merges.append(f"{piece[: end - 1]} {piece[end - 1]}")
    kinds = [Kind.NORMAL] * len(tokens) + [Kind.CONTROL] * len(specials)
    return Vocabulary("gpt2", [*tokens, *specials], kinds, specials[0], specials[-1], add_bos, merges)


def sentence_pieces(specials: Sequence[str], *, size: int = 0, words: Sequence[str] = WORDS) -> Vocabulary:
    """Return a vocabulary like Gemma's: specials, bytes, letters and words; filled up to `size` by made-up pieces."""
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    letters = [chr(code) for code in range(0x21, 0x7F)]
    pieces = list(dict.fromkeys(["\u2581", "\n", *letters, *_beginnings(words)]))
    head = ["<pad>", "<eos>", "<bos>", "<unk>", *specials, *bytes_]
    filler = [f"\u2581q{number:x}z" for number in range(max(0, size - len(head) - len(pieces)))]
    control = [Kind.CONTROL] * 3 + [Kind.UNKNOWN] + [Kind.CONTROL] * len(specials)
    kinds = [*control, *[Kind.BYTE] * 256, *[Kind.NORMAL] * (len(pieces) + len(filler))]
    return Vocabulary("llama", [*head, *pieces, *filler], kinds, "<bos>", "<eos>", add_bos=True)


def write_tiny_llama(path: Path, *, seed: int = 1, template: str | None = CHATML, fill: float | None = None) -> Path:
    """Write a llama of two layers with a byte-level BPE and ChatML's marks; some 300 KB.

    `fill` is the value of all its weights, as NaN; otherwise they are random.
    """
    vocabulary = byte_pairs(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return write_llm(path, TINY, vocabulary, template=template, weights=random_weights(seed, fill=fill))


def write_tiny_qwen2(path: Path, *, seed: int = 1) -> Path:
    """Write a qwen2, whose queries, keys and values have a bias."""
    vocabulary = byte_pairs(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    shape = TINY._replace(architecture="qwen2")
    return write_llm(path, shape, vocabulary, template=CHATML, weights=random_weights(seed))


def write_tiny_llama3(path: Path, *, seed: int = 1, template: str | None = None) -> Path:
    """Write a llama with the marks of Llama 3; as it is without a template, they alone say what it is."""
    marks = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    vocabulary = byte_pairs(marks, add_bos=True)
    return write_llm(path, TINY, vocabulary, template=template, weights=random_weights(seed))


def write_tiny_mistral(path: Path, *, seed: int = 1, template: str | None = None) -> Path:
    """Write a llama with sentence pieces and Mistral's marks."""
    return write_llm(
        path, TINY, sentence_pieces(["[INST]", "[/INST]"]), template=template, weights=random_weights(seed)
    )


def write_tiny_gemma3(path: Path, *, seed: int = 1, template: str | None = GEMMA) -> Path:
    """Write a gemma3 of seven layers, six of which see 32 tokens alone; some 1 MB."""
    vocabulary = sentence_pieces(["<start_of_turn>", "<end_of_turn>"])
    return write_llm(path, TINY_GEMMA, vocabulary, template=template, weights=random_weights(seed))


def write_gemma3_1b(path: Path, *, seed: int = 1, layers: int = GEMMA_3_1B.layers, kind: Blocks = "Q4_0") -> Path:
    """Write a gemma3 in the shape of the published 1b with random blocks; 570 MB as Q4_0, 1.1 GB as Q8_0."""
    vocabulary = sentence_pieces(["<start_of_turn>", "<end_of_turn>"], size=262144)
    return write_llm(
        path, GEMMA_3_1B._replace(layers=layers), vocabulary, template=GEMMA, weights=random_blocks(seed, kind)
    )


class Tensor(NamedTuple):
    """What the writer takes."""

    data: npt.NDArray[Any]
    type: gguf.GGMLQuantizationType | None = None


Weights = Callable[[str, tuple[int, ...]], Tensor]


def random_weights(seed: int, *, fill: float | None = None) -> Weights:
    """Return matrices of 32-bit floats that let a model say different things in different contexts."""
    random = np.random.default_rng(seed)

    def make(name: str, shape: tuple[int, ...]) -> Tensor:
        if fill is not None:
            return Tensor(np.full(shape, fill, np.float32))
        if name.endswith("norm.weight"):
            return Tensor(np.full(shape, 8.0 if "post_" in name else 1.0, np.float32))  # or gemma3 repeats its input
        scale = 0.2 if name == "token_embd.weight" else 1.5 / shape[-1] ** 0.5
        return Tensor(random.standard_normal(shape, np.float32) * np.float32(scale))

    return make


def random_blocks(seed: int, kind: Blocks = "Q4_0") -> Weights:
    """Return matrices of blocks of 32 weights (a 16-bit scale and 16 or 32 bytes); for speed values do not matter."""
    size, scale = (18, 0.2) if kind == "Q4_0" else (34, 0.02)
    pool = np.random.default_rng(seed).integers(0, 256, (65536, size), np.uint8)

    def make(_: str, shape: tuple[int, ...]) -> Tensor:
        if len(shape) == 1:
            return Tensor(np.ones(shape, np.float32))
        pool[:, :2] = np.array([scale / shape[-1] ** 0.5], np.float16).view(np.uint8)
        blocks = np.resize(pool, (shape[0] * shape[1] // 32, size))
        return Tensor(blocks.reshape(shape[0], -1), gguf.GGMLQuantizationType[kind])

    return make


def write_llm(path: Path, shape: Shape, vocabulary: Vocabulary, *, template: str | None, weights: Weights) -> Path:
    """Write a model; `weights` makes each tensor from its name and its shape (rows first)."""
    writer = gguf.GGUFWriter(path, shape.architecture, use_temp_file=False)
    _add_shape(writer, shape)
    _add_vocabulary(writer, vocabulary)
    if template is not None:
        writer.add_chat_template(template)
    for name, dimensions in _tensors(shape, len(vocabulary.tokens)):
        tensor = weights(name, dimensions)
        writer.add_tensor(name, tensor.data, raw_dtype=tensor.type)
    _finish(writer)
    return path


def write_lora(path: Path, shape: Shape = TINY, *, seed: int = 1, rank: int = 2, alpha: float = 4.0) -> Path:
    """Write a LoRA for the queries and outputs of a model of the shape, large enough to change what it says."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, shape.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    wide = shape.heads * shape.head_width
    for layer in range(shape.layers):
        for name, (out_of, into) in {"attn_q": (shape.width, wide), "attn_output": (wide, shape.width)}.items():
            for half, dimensions in (("lora_a", (rank, out_of)), ("lora_b", (into, rank))):
                tensor = random.standard_normal(dimensions, np.float32) * np.float32(0.5)
                writer.add_tensor(f"blk.{layer}.{name}.weight.{half}", tensor)
    _finish(writer)
    return path


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name(f"made-up {shape.architecture}")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.inner)
    writer.add_block_count(shape.layers)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    if shape.architecture == "gemma3":
        writer.add_sliding_window(shape.sliding)


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_types(list(vocabulary.kinds))
    if vocabulary.model == "gpt2":
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_merges(list(vocabulary.merges))
    else:
        writer.add_token_scores([float(len(token)) for token in vocabulary.tokens])
        writer.add_add_space_prefix(value=False)
        writer.add_unk_token_id(vocabulary.id("<unk>"))
    writer.add_bos_token_id(vocabulary.id(vocabulary.bos))
    writer.add_eos_token_id(vocabulary.id(vocabulary.eos))
    writer.add_add_bos_token(vocabulary.add_bos)


def _tensors(shape: Shape, tokens: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "token_embd.weight", (tokens, shape.width)
    yield "output_norm.weight", (shape.width,)
    if shape.architecture != "gemma3":
        yield "output.weight", (tokens, shape.width)
    for layer in range(shape.layers):
        for name, dimensions in _layer(shape).items():
            yield f"blk.{layer}.{name}", dimensions


def _layer(shape: Shape) -> Mapping[str, tuple[int, ...]]:
    q, kv = shape.heads * shape.head_width, shape.kv_heads * shape.head_width
    tensors: dict[str, tuple[int, ...]] = {
        "attn_norm.weight": (shape.width,),
        "attn_q.weight": (q, shape.width),
        "attn_k.weight": (kv, shape.width),
        "attn_v.weight": (kv, shape.width),
        "attn_output.weight": (shape.width, q),
        "ffn_norm.weight": (shape.width,),
        "ffn_gate.weight": (shape.inner, shape.width),
        "ffn_up.weight": (shape.inner, shape.width),
        "ffn_down.weight": (shape.width, shape.inner),
    }
    if shape.architecture == "gemma3":
        widths = {"attn_q_norm": shape.head_width, "attn_k_norm": shape.head_width}
        widths |= {"post_attention_norm": shape.width, "post_ffw_norm": shape.width}
        tensors |= {f"{name}.weight": (width,) for name, width in widths.items()}
    if shape.architecture == "qwen2":
        tensors |= {"attn_q.bias": (q,), "attn_k.bias": (kv,), "attn_v.bias": (kv,)}
    return tensors


def _beginnings(words: Sequence[str]) -> Iterator[str]:
    """A sentence piece is joined from two others, so that all beginnings of a word must be there."""
    for word in words:
        for piece in (word, f"\u2581{word}"):
            yield from (piece[:end] for end in range(2, len(piece) + 1))


def _gpt2_bytes() -> Iterator[str]:
    """The letters by which GPT-2's vocabulary writes the 256 bytes: themselves where they can be seen."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = iter(range(0x100, 0x200))
    for byte in range(256):
        yield chr(byte) if byte in seen else chr(next(hidden))
