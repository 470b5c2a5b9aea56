"""What llama.cpp reserves for a model, by its own log; and GGUF files of full shape that hold no weights.

`python -m tests.support.llama_buffers FILE N_CTX SLOTS N_BATCH KV_TYPE` prints bytes as JSON. Weights are not loaded and
nothing is allocated (`no_alloc`), so that models of any size can be measured. Contexts are made as the worker does.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from rookery.adapters.llms.llama_cpp.fit import sequences
from tests.support import gguf_llms
from tests.support.gguf_llms import Shape, sentence_pieces

_KV_TYPES = {"f16": 1, "q8_0": 8, "q4_0": 2}
_BUFFER = re.compile(r"(compute|output) buffer size = +([\d.]+) MiB")
_CACHE = re.compile(r"(kv_cache): size = +([\d.]+) MiB")


def write_hollow(path: Path, shape: Shape, *, tokens: int) -> Path:
    """Write a model whose matrices are a hole of the size of Q4_0 blocks; a few MB on the disk."""
    vocabulary = sentence_pieces(["<start_of_turn>", "<end_of_turn>"], size=tokens)
    writer = gguf.GGUFWriter(path, shape.architecture)
    gguf_llms._add_shape(writer, shape)
    gguf_llms._add_vocabulary(writer, vocabulary)
    size = 0
    for name, dimensions in gguf_llms._tensors(shape, tokens):
        size += -(-_add(writer, name, dimensions) // 32) * 32
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    os.truncate(path, -(-path.stat().st_size // 32) * 32 + size)
    return path


def _add(writer: gguf.GGUFWriter, name: str, dimensions: tuple[int, ...]) -> int:
    if len(dimensions) == 1:
        size = 4 * dimensions[0]
        writer.add_tensor_info(name, dimensions, np.dtype(np.float32), size)
        return size
    rows, row = dimensions[0], dimensions[1] // 32 * 18
    kind = gguf.GGMLQuantizationType.Q4_0
    writer.add_tensor_info(name, (rows, row), np.dtype(np.uint8), rows * row, raw_dtype=kind)
    return rows * row


def main(path: str, n_ctx: int, slots: int, n_batch: int, kv_type: str) -> None:
    """Print what is reserved."""
    import llama_cpp

    lines: list[str] = []

    @llama_cpp.llama_log_callback
    def note(_: int, text: bytes, __: Any) -> None:
        lines.append(text.decode("utf-8", "replace"))

    llama_cpp.llama_log_set(note, None)
    llama_cpp.llama_backend_init()
    weights = llama_cpp.llama_model_default_params()
    weights.n_gpu_layers, weights.no_alloc, weights.load_mode = 0, True, 0
    model = llama_cpp.llama_model_load_from_file(path.encode(), weights)
    context = llama_cpp.llama_context_default_params()
    context.n_ctx, context.n_batch, context.n_ubatch = n_ctx * slots, max(n_batch, slots), max(n_batch, slots)
    context.n_seq_max = context.n_outputs_max = sequences(slots)
    context.type_k = context.type_v = _KV_TYPES[kv_type]
    context.kv_unified = context.swa_full = True
    context.offload_kqv = context.op_offload = False
    assert model
    assert llama_cpp.llama_init_from_model(model, context)
    sizes = {"compute": 0.0, "output": 0.0, "kv_cache": 0.0}
    for line in lines:
        if found := _BUFFER.search(line) or _CACHE.search(line):
            sizes[found[1]] += float(found[2]) * 2**20
    sys.stdout.write(json.dumps(sizes) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:5]), sys.argv[5])
