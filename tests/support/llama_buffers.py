"""What llama.cpp reserves for a model, by its own log; and GGUF files of full shape that hold no weights.

`python -m tests.support.llama_buffers FILE DEPLOYMENT…` prints bytes for each deployment. Weights are not loaded and
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
from rookery.domain.models import Deployment
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


def main(path: str, deployments: list[Deployment]) -> None:
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
    assert model
    reserved = []
    for deployment in deployments:
        lines.clear()
        context = llama_cpp.llama_init_from_model(model, _params(deployment))
        assert context
        reserved.append(_sizes(lines))
        llama_cpp.llama_free(context)
    sys.stdout.write(json.dumps(reserved) + "\n")


def _params(deployment: Deployment) -> Any:
    import llama_cpp

    params = llama_cpp.llama_context_default_params()
    params.n_ctx = deployment.n_ctx * deployment.slots
    params.n_batch = params.n_ubatch = max(deployment.n_batch, deployment.slots)
    params.n_seq_max = params.n_outputs_max = sequences(deployment.slots)
    params.type_k = params.type_v = _KV_TYPES[deployment.kv_type]
    params.kv_unified = params.swa_full = True
    params.offload_kqv = params.op_offload = False
    return params


def _sizes(lines: list[str]) -> dict[str, float]:
    sizes = {"compute": 0.0, "output": 0.0, "kv_cache": 0.0}
    for line in lines:
        if found := _BUFFER.search(line) or _CACHE.search(line):
            sizes[found[1]] += float(found[2]) * 2**20
    return sizes


if __name__ == "__main__":
    main(sys.argv[1], [Deployment.model_validate_json(text) for text in sys.argv[2:]])
