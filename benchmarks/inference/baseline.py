"""llama-cpp-python's own low-level loop, in a process of its own: what one stream costs when nothing else is done.

It reads numbers of tokens from standard input, a line each, and writes for each how long it took to decode as many.
"""

import ctypes
import importlib
import os
import sys
import time
from typing import Any

import numpy as np

llama_cpp: Any = importlib.import_module("llama_cpp")


def main() -> None:
    """Serve until standard input ends. Arguments: the model, threads, tokens of the context."""
    path, threads, window = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    silence = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(silence, ctypes.c_void_p(0))
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_threads, params.n_threads_batch = window, threads, threads
    context = llama_cpp.llama_init_from_model(model, params)
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    for line in sys.stdin:
        seconds, cpu = _stream(context, vocabulary, int(line))
        answers.write(f"{seconds} {cpu}\n")
        answers.flush()


def _stream(context: Any, vocabulary: int, tokens: int) -> tuple[float, float]:
    """Return wall and CPU seconds."""
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)  # noqa: FBT003
    token = _decode(context, list(range(300, 340)), vocabulary)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(tokens):
        token = _decode(context, [token], vocabulary)
    return time.perf_counter() - wall, time.process_time() - cpu


def _decode(context: Any, tokens: list[int], vocabulary: int) -> int:
    array = (llama_cpp.llama_token * len(tokens))(*tokens)
    if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))):
        raise SystemExit("llama.cpp could not decode")
    logits = llama_cpp.llama_get_logits_ith(context, -1)
    return int(np.argmax(np.ctypeslib.as_array(logits, (vocabulary,))))


if __name__ == "__main__":
    main()
