"""ggml's backends, where a build keeps them in libraries of their own."""

import contextlib
import ctypes
from pathlib import Path
from typing import Any


def load_backends(handle: Any) -> None:
    """Load what lies beside llama.cpp's library; nothing where the backends are part of it.

    Such a build is for any machine: of the libraries for processors the best one is taken, and those for GPUs whose
    driver or loader is missing are left aside.

    Args:
        handle: llama.cpp's library, as ctypes has it.
    """
    with contextlib.suppress(AttributeError):
        count, load = handle.ggml_backend_reg_count, handle.ggml_backend_load_all_from_path
        count.restype, count.argtypes = ctypes.c_size_t, []
        load.restype, load.argtypes = None, [ctypes.c_char_p]
        if count() == 0:
            load(str(Path(handle._name).resolve().parent).encode())
