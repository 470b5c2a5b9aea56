"""llama-cpp-python's own low-level loop, in a process of its own: what streams cost when nothing else is done.

It reads lines from standard input, each a number of tokens and of sequences that share the batches, and writes for each
the seconds that it took to decode as many tokens of all of them.
"""

import ctypes
import importlib
import os
import sys
import time
from typing import Any

import numpy as np

llama_cpp: Any = importlib.import_module("llama_cpp")
PROMPT, MOST = 4, 8


def main() -> None:
    """Serve until standard input ends. Arguments: the model, threads, tokens of a sequence."""
    path, threads, window = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    silence = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(silence, ctypes.c_void_p(0))
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_seq_max, params.kv_unified = window * MOST, MOST, True
    params.n_threads = params.n_threads_batch = threads
    context = llama_cpp.llama_init_from_model(model, params)
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    for line in sys.stdin:
        tokens, sequences = (int(word) for word in line.split())
        answers.write(f"{_streams(context, vocabulary, tokens, sequences)}\n")
        answers.flush()


def _streams(context: Any, vocabulary: int, tokens: int, sequences: int) -> float:
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)  # noqa: FBT003
    batch = llama_cpp.llama_batch_init(PROMPT * MOST, 0, 1)
    last = [300 + sequence for sequence in range(sequences)]
    for place in range(PROMPT):
        last = _decode(context, batch, last, place, vocabulary)
    start = time.perf_counter()
    for place in range(PROMPT, PROMPT + tokens):
        last = _decode(context, batch, last, place, vocabulary)
    spent = time.perf_counter() - start
    llama_cpp.llama_batch_free(batch)
    return spent


def _decode(context: Any, batch: Any, last: list[int], place: int, vocabulary: int) -> list[int]:
    """Decode a token of each sequence; return the likeliest next ones."""
    batch.n_tokens = len(last)
    for row, token in enumerate(last):
        batch.token[row], batch.pos[row], batch.n_seq_id[row] = token, place, 1
        batch.seq_id[row][0], batch.logits[row] = row, 1
    if llama_cpp.llama_decode(context, batch):
        raise SystemExit("llama.cpp could not decode")
    rows = [llama_cpp.llama_get_logits_ith(context, row) for row in range(len(last))]
    return [int(np.argmax(np.ctypeslib.as_array(row, (vocabulary,)))) for row in rows]


if __name__ == "__main__":
    main()
