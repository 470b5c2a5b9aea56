"""The tokens of one decoding step as llama.cpp takes them."""

import ctypes
from collections.abc import Sequence

import numpy as np

from rookery.adapters.llms.llama_cpp.worker.library import Library


class Batch:
    """Room for `size` tokens, used again and again.

    Args:
        library: llama.cpp's.
        size: tokens, at most.
        shadow: what to add to a sequence's number for that of its shadow, which gets each token too; 0: it has none.
    """

    def __init__(self, library: Library, size: int, *, shadow: int = 0) -> None:
        self._tokens = np.zeros(size, np.int32)
        self._positions = np.zeros(size, np.int32)
        self._counts = np.full(size, 2 if shadow else 1, np.int32)
        self._sequences = np.zeros((size, 2), np.int32)
        self._addresses = (self._sequences.ctypes.data + 8 * np.arange(size)).astype(np.uintp)
        self._members = np.array([0, shadow], np.int32)
        self._wanted = np.zeros(size, np.int8)
        self.size = size
        self.length = 0
        api = library.api
        self.struct = api.llama_batch(
            token=self._tokens.ctypes.data_as(ctypes.POINTER(api.llama_token)),
            pos=self._positions.ctypes.data_as(ctypes.POINTER(api.llama_pos)),
            n_seq_id=self._counts.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            seq_id=self._addresses.ctypes.data_as(ctypes.POINTER(ctypes.POINTER(api.llama_seq_id))),
            logits=self._wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )

    def clear(self) -> None:
        """Begin anew."""
        self.length = self.struct.n_tokens = 0

    def add(self, sequence: int, tokens: Sequence[int], *, position: int, wanted: bool) -> int:
        """Append tokens of a sequence; return the row of the last, for which logits are made if they are wanted."""
        start, end = self.length, self.length + len(tokens)
        if len(tokens) == 1:  # as most are: four numbers are set sooner than four slices
            self._tokens[start], self._positions[start] = tokens[0], position
            self._sequences[start] = sequence + self._members
        else:
            self._tokens[start:end] = tokens
            self._positions[start:end] = np.arange(position, position + len(tokens))
            self._sequences[start:end] = sequence + self._members
            self._wanted[start:end] = 0
        self._wanted[end - 1] = wanted
        self.length = self.struct.n_tokens = end
        return end - 1
