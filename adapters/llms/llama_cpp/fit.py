"""How much memory a model takes, from its header alone.

What the worker process sets is taken as given: one unified KV cache, full-size for sliding-window layers too, flash
attention, `n_ubatch` = `n_batch`, more sequences than slots, outputs for one token of each sequence. Sizes of weights,
KV cache and outputs follow from llama.cpp's source (llama-kv-cache.cpp, `output_reserve` and `graph_reserve` in
llama-context.cpp, repack.cpp; the version that llama-cpp-python 0.3.36 carries). That of the compute buffer was found
by what it reserves for the shapes of Gemma 3 1b and 4b, Llama 3.2 1b and 3.1 8b, Mistral 7b, Qwen 2.5 0.5b and 7b, with
2k to 128k cells and batches of 32 to 2048: within 2%.
"""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rookery.adapters.llms.llama_cpp.gguf_header import Header, Tensor
from rookery.domain.errors import LLMError
from rookery.domain.models import Deployment, KvType, Memory

_CELL = {"f16": (1, 2), "q8_0": (32, 34), "q4_0": (32, 18)}
_TOKEN_BYTES, _MERGE_BYTES = 144, 190  # measured: strings in two hash tables, attributes, the cache of pieces
_GRAMMAR_BYTES_OF_TOKEN = 400  # measured: the trie by which llguidance binds decoding
_PROCESS_BYTES = 68 << 20  # measured: Python, numpy, llama.cpp, llguidance
_CPU_COMPUTE_OF_GPU = 32 << 20
_REPACKED = {
    "avx2": ({"Q4_0", "Q4_K", "IQ4_NL", "MXFP4"}, 8),
    "avx512f": ({"Q2_K"}, 8),
    "asimddp": ({"Q4_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "MXFP4", "Q8_0"}, 8),
}
"""By a flag of the CPU: the types of which llama.cpp keeps a copy in another order, for rows in multiples of this."""


class Layer(NamedTuple):
    """The numbers of a layer's keys and values for one token."""

    keys: int
    values: int


class Shape(NamedTuple):
    """What of a model its memory depends on."""

    layers: tuple[Layer, ...]
    width: int
    inner: int
    vocabulary: int
    sliding: bool


def sequences(slots: int) -> int:
    """Return how many sequences the worker opens for its slots: the others keep what may be needed again."""
    return min(slots + max(24, 3 * slots), 256)


def shape_of(header: Header) -> Shape:
    """Return a model's shape.

    Raises:
        LLMError: the header does not tell it, or the architecture keeps something else than keys and values.
    """
    if header.number("{arch}.ssm.state_size") or header.number("{arch}.wkv.head_size"):
        raise LLMError(
            f"{header.architecture} is a recurrent architecture, whose memory cannot be estimated; load it and see"
        )
    width, blocks = header.number("{arch}.embedding_length"), header.number("{arch}.block_count")
    if not (width and blocks and header.number("{arch}.attention.head_count")):
        raise LLMError("the header does not tell the model's shape: this is no language model that can be estimated")
    experts = header.number("{arch}.expert_used_count") * header.number("{arch}.expert_feed_forward_length")
    return Shape(
        layers=tuple(_layers(header, width, blocks)),
        width=width,
        inner=max(header.number("{arch}.feed_forward_length"), experts),
        vocabulary=_tokens(header),
        sliding=header.number("{arch}.attention.sliding_window") > 0,
    )


def estimate(header: Header, deployment: Deployment, *, cpu: frozenset[str] | None = None) -> Memory:
    """Return the memory of a model that is loaded so.

    Args:
        header: of the whole model.
        deployment: how it is loaded.
        cpu: the flags of the processor, as Linux names them; default: those of this machine.

    Raises:
        LLMError: its shape cannot be told.
    """
    shape = shape_of(header)
    on_gpu, on_cpu = _divided(header, deployment, len(shape.layers))
    share = min(deployment.gpu_layers, len(shape.layers)) / len(shape.layers)
    cache = _kv_cache(shape, deployment)
    compute = _compute(shape, deployment)
    copied = sum(tensor.size for tensor in on_cpu if _is_copied(tensor, cpu_flags() if cpu is None else cpu))
    return Memory(
        weights=copied,
        mapped=0 if deployment.gpu_layers > len(shape.layers) else sum(tensor.size for tensor in header.tensors),
        kv_cache=round(cache * (1 - share)),
        compute=_CPU_COMPUTE_OF_GPU if share else compute,
        output=sequences(deployment.slots) * shape.vocabulary * 4,
        vocabulary=_vocabulary(header),
        process=_PROCESS_BYTES + (0 if share else _quantized_inputs(shape, deployment)),
        vram_weights=sum(tensor.size for tensor in on_gpu),
        vram_kv_cache=round(cache * share),
        vram_compute=compute if share else 0,
    )


def cpu_flags() -> frozenset[str]:
    """Return the processor's flags as Linux names them; elsewhere, those that nearly every one has."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset({"asimddp"} if platform.machine().lower() in ("arm64", "aarch64") else {"avx2"})
    lines = (line.partition(":") for line in text.splitlines())
    return frozenset(flag for key, _, value in lines if key.strip() in ("flags", "Features") for flag in value.split())


def _layers(header: Header, width: int, blocks: int) -> Iterator[Layer]:
    """Layers that share another's keys and values have none of their own; with latent attention there are no values."""
    heads = header.number("{arch}.attention.head_count")
    keys = header.number("{arch}.attention.key_length", width // heads)
    values = header.number("{arch}.attention.value_length", width // heads)
    latent = header.number("{arch}.attention.key_length_mla") > 0
    own = blocks - header.number("{arch}.attention.shared_kv_layers")
    for layer in range(max(own, 1)):
        kv_heads = _of_layer(header, "{arch}.attention.head_count_kv", layer, heads)
        yield Layer(kv_heads * keys, 0 if latent else kv_heads * values)


def _of_layer(header: Header, key: str, layer: int, default: int) -> int:
    value = header.values.get(key.replace("{arch}", header.architecture), default)
    if isinstance(value, tuple):
        value = value[layer] if layer < len(value) else default
    return default if isinstance(value, str) else int(value)


def _divided(header: Header, deployment: Deployment, blocks: int) -> tuple[list[Tensor], list[Tensor]]:
    """Return the matrices on the GPU and on the CPU: the last layers go to the GPU first, then the output."""
    first = blocks - min(deployment.gpu_layers, blocks)
    with_output = deployment.gpu_layers > blocks
    tied = not any(tensor.name == "output.weight" for tensor in header.tensors)
    on_gpu: list[Tensor] = []
    on_cpu: list[Tensor] = []
    for tensor in header.tensors:
        if tensor.name.startswith("blk."):
            (on_gpu if _block(tensor) >= first else on_cpu).append(tensor)
        elif tensor.name == "token_embd.weight":
            if tied:  # a second copy is made of it, for the output
                (on_gpu if with_output else on_cpu).append(tensor)
        else:
            (on_gpu if with_output else on_cpu).append(tensor)
    return on_gpu, on_cpu


def _block(tensor: Tensor) -> int:
    number = tensor.name.split(".")[1]
    return int(number) if number.isdecimal() else 0


def _is_copied(tensor: Tensor, cpu: frozenset[str]) -> bool:
    """Say whether llama.cpp keeps the matrix in memory in another order, beside the file's mapping."""
    if len(tensor.shape) < 2 or not tensor.name.endswith("weight"):
        return False
    return any(
        flag in cpu and tensor.type in types and tensor.shape[1] % rows == 0
        for flag, (types, rows) in _REPACKED.items()
    )


def _kv_cache(shape: Shape, deployment: Deployment) -> int:
    cells = _padded(deployment.n_ctx * deployment.slots, 256)
    return cells * sum(_packed(layer.keys + layer.values, deployment.kv_type) for layer in shape.layers)


def _packed(numbers: int, kv_type: KvType) -> int:
    block, size = _CELL[kv_type]
    return numbers // block * size


def _compute(shape: Shape, deployment: Deployment) -> int:
    """The larger of two moments: within a feed-forward block, with the attention's masks, and when logits are made."""
    count = sequences(deployment.slots)
    cells = _padded(deployment.n_ctx * deployment.slots, 256)
    tokens = _batch(deployment)
    masks = cells * tokens * 2 * (2 if shape.sliding else 1)
    rows = 4 if deployment.kv_type == "f16" else 5 if shape.sliding else 3
    feed_forward = tokens * 4 * (3 * shape.inner + rows * shape.width)
    logits = 4 * count * (shape.vocabulary + 2 * shape.width) + tokens * 4 * shape.width
    return max(masks + feed_forward, logits)


def _batch(deployment: Deployment) -> int:
    """Return the tokens of the largest step that is reserved for: of each sequence as many."""
    cells = _padded(deployment.n_ctx * deployment.slots, 256)
    return _padded(min(cells, max(deployment.n_batch, deployment.slots)), sequences(deployment.slots))


def _quantized_inputs(shape: Shape, deployment: Deployment) -> int:
    """What a matrix is multiplied with is packed before, in a buffer beside the one for computing."""
    return _batch(deployment) * max(shape.inner, shape.width) * 34 // 32


def _vocabulary(header: Header) -> int:
    merges = header.arrays.get("tokenizer.ggml.merges")
    texts = sum(array.text_bytes for key, array in header.arrays.items() if key.startswith("tokenizer."))
    return (
        _tokens(header) * (_TOKEN_BYTES + _GRAMMAR_BYTES_OF_TOKEN)
        + (merges.length * _MERGE_BYTES if merges else 0)
        + texts // 4
    )


def _tokens(header: Header) -> int:
    tokens = header.arrays.get("tokenizer.ggml.tokens")
    return tokens.length if tokens else header.number("{arch}.vocab_size")


def _padded(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
