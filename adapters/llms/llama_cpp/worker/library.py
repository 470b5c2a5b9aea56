"""The llama.cpp library itself, and what it last complained of."""

import ctypes
import importlib
import os
import sys
from collections import deque
from typing import Any, Literal

from rookery.adapters.llms.llama_cpp.wire import Device
from rookery.adapters.support.ggml import load_backends

_LIBRARIES = "LLAMA_CPP_LIB_PATH"  # of llama-cpp-python
_ERROR = 4  # as ggml counts its log levels
_KINDS: dict[int, Literal["gpu", "integrated", "accelerator"]] = {1: "gpu", 2: "integrated", 3: "accelerator"}
Kind = Literal["model", "context", "grammar", "device", "memory", "numbers", "request"]


class Unusable(Exception):
    """What was asked for cannot be done; the message says why and what to do."""

    def __init__(self, kind: Kind, message: str, numbers: dict[str, int] | None = None) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.numbers = numbers or {}


class Library:
    """llama-cpp-python's low-level functions.

    Attributes:
        quiet: whether errors are expected now, and not noted.

    Raises:
        Unusable: it is not installed, or cannot be loaded.
    """

    def __init__(self) -> None:
        try:
            self.api: Any = importlib.import_module("llama_cpp.llama_cpp")
        except (ImportError, OSError, RuntimeError) as error:
            raise Unusable("model", f"llama-cpp-python cannot be loaded ({error}); {_remedy()}") from error
        self.handle: Any = self.api._lib
        self.quiet = False
        self._errors: deque[str] = deque(maxlen=3)
        self._callback = self.api.llama_log_callback(self._note)
        self.api.llama_log_set(self._callback, ctypes.c_void_p(0))
        load_backends(self.handle)
        self.api.llama_backend_init()

    def last_errors(self) -> str:
        """Return what llama.cpp last logged as errors, and forget it."""
        text = "; ".join(self._errors)
        self._errors.clear()
        return text

    def devices(self) -> dict[str, int]:
        """Return the addresses of ggml's devices by their names."""
        get, name = self.handle.ggml_backend_dev_get, self.handle.ggml_backend_dev_name
        count = self.handle.ggml_backend_dev_count
        get.restype, get.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        name.restype, name.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
        count.restype, count.argtypes = ctypes.c_size_t, []
        found = [get(index) for index in range(count())]
        return {name(device).decode("utf-8", "replace"): device for device in found}

    def version(self) -> str:
        """Return which llama.cpp it is, as far as the Python package knows."""
        return str(importlib.import_module("llama_cpp").__version__)

    def look(self) -> list[Device]:
        """Return what the devices are, without the CPU."""
        kind, memory = self.handle.ggml_backend_dev_type, self.handle.ggml_backend_dev_memory
        words = self.handle.ggml_backend_dev_description
        kind.restype, kind.argtypes = ctypes.c_int, [ctypes.c_void_p]
        words.restype, words.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
        size = ctypes.POINTER(ctypes.c_size_t)
        memory.restype, memory.argtypes = None, [ctypes.c_void_p, size, size]
        found: list[Device] = []
        for name, device in self.devices().items():
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            if (known := _KINDS.get(kind(device))) is None:
                continue
            memory(device, ctypes.byref(free), ctypes.byref(total))
            description = words(device).decode("utf-8", "replace")
            found.append(
                Device(name=name, description=description, kind=known, memory_total=total.value, memory_free=free.value)
            )
        return found

    def _note(self, level: int, text: bytes, _: object) -> None:
        if level == _ERROR and text.strip() and not self.quiet:
            line = text.decode("utf-8", "replace").strip()
            self._errors.append(line)
            sys.stderr.write(f"{line}\n")


def _remedy() -> str:
    folder = os.environ.get(_LIBRARIES)
    if folder:
        return f"{_LIBRARIES} says to take it from {folder}: unset that, or name the folder of a build of this version"
    return "install it anew: `pip install 'rookery[llama]'`"
