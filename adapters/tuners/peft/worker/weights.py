"""The weights of a GGUF file as a model of transformers: the very numbers that llama.cpp computes with."""

import importlib
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rookery.adapters.tuners.peft.worker.floats import Floats
from rookery.adapters.tuners.peft.worker.packed import keep_packed

LINEAR = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}
"""What gets an adapter: transformers' name and llama.cpp's."""
_TOP = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_IN_LAYER = {
    **{llama: f"{'mlp' if llama.startswith('ffn') else 'self_attn'}.{name}" for name, llama in LINEAR.items()},
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_NAME = re.compile(r"blk\.(\d+)\.(\w+)\.(weight|bias)")
_SLOWDOWN = "rope_freqs.weight"
_BY_TRANSFORMERS = ("gemma2", "gemma3", "qwen2", "qwen3")
TUNABLE = ("llama", *_BY_TRANSFORMERS)


class Untunable(Exception):
    """The model cannot be tuned; the message says why and what can be."""


class Base:
    """A model with its weights as 32-bit floats, or as they are packed in its file.

    Attributes:
        model: transformers' model.
        architecture: as GGUF calls it.

    Args:
        path: a GGUF file.
        packed: whether the weights of linear layers stay as they are there.

    Raises:
        Untunable: it is of a kind that is not known here, or has what is not.
    """

    def __init__(self, path: Path, *, packed: bool = False) -> None:
        self._reader = importlib.import_module("gguf").GGUFReader(path)
        self.architecture = str(self._value("general.architecture"))
        if self.architecture not in TUNABLE:
            raise Untunable(
                f"models of the kind {self.architecture} cannot be tuned yet; these can: {', '.join(TUNABLE)}"
            )
        if self._value("split.count", 0) > 1:
            raise Untunable("models in several files cannot be tuned; `llama-gguf-split --merge` makes one of them")
        if packed and self.architecture != "llama":
            raise Untunable(f"weights of the kind {self.architecture} cannot stay packed yet; tune without QLoRA")
        self._packed = packed
        self.model = self._llama() if self.architecture == "llama" else _by_transformers(path)

    def order(self, name: str, rows: Floats) -> Floats:
        """Return the rows of a weight's output in llama.cpp's order.

        In models of the kind llama, two rows of a head that are rotated together lie side by side there.
        """
        if self.architecture != "llama" or name not in ("attn_q", "attn_k"):
            return rows
        return _side_by_side(rows, self._heads[name])

    def _llama(self) -> Any:
        torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
        config = transformers.LlamaConfig(**self._config())
        with torch.device("meta"):
            model = transformers.LlamaForCausalLM(config)
        for name, linear in self._kept(model):
            keep_packed(linear, partial(self._in_halves, name))
        try:
            model.load_state_dict(self._state(model, torch), strict=True, assign=True)
        except RuntimeError as error:
            raise Untunable(f"its file is not the whole of a model of the kind llama: {error}") from error
        model.tie_weights()
        rotary = type(model.model.rotary_emb)(config=config)
        if (slowdown := self._tensor(_SLOWDOWN)) is not None:
            rotary.inv_freq.copy_(rotary.inv_freq / torch.from_numpy(slowdown))
        model.model.rotary_emb = rotary
        return model

    def _kept(self, model: Any) -> Iterator[tuple[str, Any]]:
        """Yield the weights that stay packed, and their layers."""
        for name in self._names if self._packed else ():
            match = _NAME.fullmatch(name)
            if match and match.group(2) in LINEAR.values() and match.group(3) == "weight":
                yield name, model.get_submodule(_renamed(name).removesuffix(".weight"))

    def _config(self) -> dict[str, Any]:
        self._require_plain()
        heads = self._number("attention.head_count")
        width = self._number("embedding_length")
        return {
            "vocab_size": int(self._shape("token_embd.weight")[0]),
            "hidden_size": width,
            "intermediate_size": self._number("feed_forward_length"),
            "num_hidden_layers": self._number("block_count"),
            "num_attention_heads": heads,
            "num_key_value_heads": self._number("attention.head_count_kv", heads),
            "head_dim": self._number("attention.key_length", width // heads),
            "max_position_embeddings": self._number("context_length"),
            "rms_norm_eps": float(self._number("attention.layer_norm_rms_epsilon", 1e-5, kind=float)),
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": self._number("rope.freq_base", 10000.0, kind=float),
            },
            "tie_word_embeddings": "output.weight" not in self._names,
            "attention_bias": "blk.0.attn_q.bias" in self._names,
        }

    def _require_plain(self) -> None:
        if self._number("expert_count", 0):
            raise Untunable("mixtures of experts cannot be tuned yet")
        if self._value("llama.rope.scaling.type", "none") != "none":
            raise Untunable("its positions are scaled in a way that the trainer does not know")
        rotated, wide = self._number("rope.dimension_count", 0), self._number("attention.key_length", 0)
        if rotated and wide and rotated != wide:
            raise Untunable("only a part of its heads is rotated, which the trainer does not know")

    def _state(self, model: Any, torch: Any) -> dict[str, Any]:
        state: dict[str, Any] = {}
        kept = {name: linear.weight for name, linear in self._kept(model)}
        state |= {_renamed(name): weight for name, weight in kept.items()}
        for name in self._names - {_SLOWDOWN} - kept.keys():
            state[_renamed(name)] = torch.from_numpy(self._in_halves(name))
        for name, value in model.state_dict().items():
            if name.endswith("o_proj.bias"):  # transformers wants it where there are biases of q, k and v
                state.setdefault(name, torch.zeros(value.shape))
        if model.config.tie_word_embeddings:
            state["lm_head.weight"] = state["model.embed_tokens.weight"]
        return state

    def _in_halves(self, name: str) -> Floats:
        value = self._tensor(name)
        if value is None:
            raise Untunable(f"its file has no {name}")
        match = _NAME.fullmatch(name)
        kind = match.group(2) if match else ""
        return _apart(value, self._heads[kind]) if kind in ("attn_q", "attn_k") else value

    @property
    def _heads(self) -> dict[str, int]:
        heads = self._number("attention.head_count")
        return {"attn_q": heads, "attn_k": self._number("attention.head_count_kv", heads)}

    @property
    def _names(self) -> set[str]:
        return {tensor.name for tensor in self._reader.tensors}

    def _shape(self, name: str) -> list[int]:
        [tensor] = [tensor for tensor in self._reader.tensors if tensor.name == name]
        return [int(length) for length in reversed(tensor.shape)]

    def _tensor(self, name: str) -> Floats | None:
        quants = importlib.import_module("gguf.quants")
        for tensor in self._reader.tensors:
            if tensor.name == name:
                return np.array(quants.dequantize(tensor.data, tensor.tensor_type), np.float32)
        return None

    def _value(self, key: str, default: Any = None) -> Any:
        field = self._reader.fields.get(key)
        return default if field is None else field.contents()

    def _number(self, key: str, default: Any = None, *, kind: type = int) -> Any:
        value = self._value(f"{self.architecture}.{key}", default)
        if not isinstance(value, int | float):
            raise Untunable(f"its file does not say {self.architecture}.{key} as one number")
        return kind(value)


def _by_transformers(path: Path) -> Any:
    torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
    where = {"pretrained_model_name_or_path": path.parent, "gguf_file": path.name}
    config = transformers.AutoConfig.from_pretrained(**where)
    if hasattr(config, "query_pre_attn_scalar"):
        config.query_pre_attn_scalar = (
            config.head_dim
        )  # as llama.cpp scales what a head looks for; the file says nothing
    return transformers.AutoModelForCausalLM.from_pretrained(**where, config=config, dtype=torch.float32)


def _renamed(name: str) -> str:
    if name in _TOP:
        return _TOP[name]
    match = _NAME.fullmatch(name)
    if match is None or match.group(2) not in _IN_LAYER:
        raise Untunable(f"its file has {name}, which the trainer does not know")
    layer, inner, kind = match.groups()
    return f"model.layers.{layer}.{_IN_LAYER[inner]}.{kind}"


def _apart(rows: Floats, heads: int) -> Floats:
    """Return rows in transformers' order: the first of all pairs of a head, then the second ones."""
    pairs = rows.reshape(heads, -1, 2, *rows.shape[1:])
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(rows.shape))


def _side_by_side(rows: Floats, heads: int) -> Floats:
    """Return rows in llama.cpp's order, which `_apart` undoes."""
    halves = rows.reshape(heads, 2, -1, *rows.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))
