"""Weights that stay packed in their file while an adapter is trained beside them (QLoRA: Dettmers et al. 2023).

QLoRA packs weights in a form of its own; here they stay in that of the GGUF file, so that the adapter learns on what it
will be used with. They are unpacked for each product, and again for its gradient.
"""

import importlib
from collections.abc import Callable
from typing import Any

from rookery.adapters.tuners.peft.worker.floats import Floats


def keep_packed(linear: Any, unpack: Callable[[], Floats]) -> None:
    """Take the weight from a linear layer: from now on it asks for it each time.

    Args:
        linear: a layer of torch.
        unpack: returns the weight [out, in].
    """
    torch, checkpoint = importlib.import_module("torch"), importlib.import_module("torch.utils.checkpoint")

    def product(states: Any) -> Any:
        weight = torch.from_numpy(unpack()).to(states.device, states.dtype)
        return torch.nn.functional.linear(states, weight, linear.bias)

    def forward(states: Any) -> Any:
        return checkpoint.checkpoint(product, states, use_reentrant=False, preserve_rng_state=False)

    linear.weight = torch.nn.Parameter(torch.empty(0), requires_grad=False)
    linear.forward = forward
