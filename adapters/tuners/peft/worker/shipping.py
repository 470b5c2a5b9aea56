"""Writing an adapter as llama.cpp loads it (its `convert_lora_to_gguf.py` writes the same names)."""

import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from rookery.adapters.tuners.peft.wire import part_of
from rookery.adapters.tuners.peft.worker.floats import Floats
from rookery.adapters.tuners.peft.worker.weights import LINEAR, Base

_PLACE = re.compile(r"layers\.(\d+)\..*?(\w+)$")


def write_adapter(path: Path, model: Any, base: Base, *, alpha: float) -> None:
    """Write the LoRA of a peft model, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    gguf = importlib.import_module("gguf")
    part = part_of(path)
    writer = gguf.GGUFWriter(part, base.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, half_a, half_b in _halves(model, base):
        writer.add_tensor(f"{name}.weight.lora_a", half_a)
        writer.add_tensor(f"{name}.weight.lora_b", half_b)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _halves(model: Any, base: Base) -> Iterator[tuple[str, Floats, Floats]]:
    """Yield llama.cpp's name, A [rank, in] and B [out, rank] of each adapted weight."""
    for path, module in model.named_modules():
        match = _PLACE.search(path)
        if match is None or match.group(2) not in LINEAR or not hasattr(module, "lora_A"):
            continue
        name = LINEAR[match.group(2)]
        half_a, half_b = (_array(half["default"].weight) for half in (module.lora_A, module.lora_B))
        yield f"blk.{match.group(1)}.{name}", half_a, base.order(name, half_b)


def _array(weight: Any) -> Floats:
    return np.ascontiguousarray(weight.detach().cpu().numpy(), np.float32)
