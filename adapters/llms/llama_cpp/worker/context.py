"""What one thread does with a model's context: decode, and move what sequences hold."""

import ctypes
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from rookery.adapters.llms.llama_cpp.worker.batch import Batch
from rookery.adapters.llms.llama_cpp.worker.library import Unusable
from rookery.adapters.llms.llama_cpp.worker.model import Model

Row = npt.NDArray[np.float32]


class AbortFlag:
    """Stops a step that is being decoded, from any thread.

    llama.cpp asks at each node of its graph whether to stop. It asks `strlen` of a byte that is zero or not, and so
    never has to wait for Python's lock.
    """

    def __init__(self, model: Model) -> None:
        self._byte = ctypes.create_string_buffer(2)
        self._library = model.library
        api = model.library.api
        c = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        strlen = ctypes.cast(c.strlen, ctypes.c_void_p).value
        self._callback = api.ggml_abort_callback(strlen)
        api.llama_set_abort_callback(model.context, self._callback, ctypes.cast(self._byte, ctypes.c_void_p))

    def set(self) -> None:
        """Stop the step; llama.cpp calls that an error."""
        self._library.quiet = True
        self._byte[0] = b"x"

    def clear(self) -> None:
        """Let the next step run."""
        self._library.quiet = False
        self._byte[0] = b"\0"


class Context:
    """The decoder and its memory. One thread alone may use it."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._api = model.library.api
        self._pointer = model.context
        self._memory = self._api.llama_get_memory(model.context)
        self._row = ctypes.c_float * model.vocabulary.size
        self._seen: dict[int, Row] = {}
        self._lora: str | None = None

    def decode(self, batch: Batch) -> int:
        """Decode; return 0, or 1 if the memory is full, 2 if it was aborted, a negative number if it failed."""
        code: int = self._api.llama_decode(self._pointer, batch.struct)
        return code

    def logits(self, row: int) -> Row:
        """Return the logits [vocabulary] of a row of the last batch; they are gone after the next."""
        pointer = self._api.llama_get_logits_ith(self._pointer, row)
        if not pointer:
            raise Unusable("device", "llama.cpp made no logits")
        address = ctypes.addressof(pointer.contents)
        if (logits := self._seen.get(address)) is None:  # llama.cpp has one buffer, a row of which is where it was
            logits = self._seen[address] = np.ctypeslib.as_array(self._row.from_address(address))
        return logits

    def use_lora(self, name: str | None) -> None:
        """Let the next steps go through an adapter, or none."""
        if name == self._lora:
            return
        adapter: Any = None if name is None else self._model.loras[name]
        if adapter is None:
            self._api.llama_set_adapters_lora(self._pointer, None, 0, None)
        else:
            pointers = (self._api.llama_adapter_lora_p_ctypes * 1)(adapter[0])
            scales = (ctypes.c_float * 1)(adapter[1])
            self._api.llama_set_adapters_lora(self._pointer, pointers, 1, scales)
        self._lora = name

    def keep(self, sequence: int, length: int) -> None:
        """Remove what comes after the first `length` tokens of a sequence."""
        for number in self._with_shadow(sequence):
            self._api.llama_memory_seq_rm(self._memory, number, length, -1)

    def copy(self, source: int, target: int, length: int) -> None:
        """Let an empty sequence share the first `length` tokens of another."""
        for number in self._with_shadow(target):
            self._api.llama_memory_seq_cp(self._memory, source, number, 0, length)

    def first(self, sequence: int) -> int:
        """Return the first position that all layers hold of a sequence."""
        position: int = self._api.llama_memory_seq_pos_min(self._memory, sequence)
        return max(0, position)

    def state(self, sequence: int) -> bytes:
        """Return what a sequence holds, for `restore`."""
        size = self._api.llama_state_seq_get_size(self._pointer, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = self._api.llama_state_seq_get_data(self._pointer, buffer, size, sequence)
        return memoryview(buffer)[:written].tobytes()

    def restore(self, sequence: int, state: bytes) -> bool:
        """Fill an empty sequence; false if there is no room."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if not self._api.llama_state_seq_set_data(self._pointer, buffer, len(state), sequence):
            return False
        for shadow in self._with_shadow(sequence)[1:]:
            self._api.llama_memory_seq_cp(self._memory, sequence, shadow, -1, -1)
        return True

    def _with_shadow(self, sequence: int) -> list[int]:
        shadow = self._model.shadow
        return [sequence, sequence + shadow] if shadow else [sequence]
