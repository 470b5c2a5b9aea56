"""The ONNX graph of all-MiniLM-L6-v2, made from its published weights.

The architecture is BERT (Devlin et al., 2018) with 6 layers and 12 heads; the sentence embedding is the mean over the
attended tokens, scaled to unit length (Reimers and Gurevych, 2019). Both are part of the graph.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS = 6
HEADS = 12
WIDTH = 384
LAYER_NORM_EPSILON = 1e-12

Tensors = Mapping[str, npt.NDArray[np.float32]]

_OPSET = 17
_IR_VERSION = 8
_MASKED = -10000.0  # what BERT adds to the score of a token that is not to be attended to


def build(tensors: Tensors) -> bytes:
    """Return the serialised model: `input_ids`, `attention_mask` (int64, batch × length) → `embedding` (batch × 384).

    The same tensors give the same bytes.

    Raises:
        KeyError: a tensor of the architecture is missing.
    """
    writer = _Writer()
    mask = writer.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    bias = _attention_bias(writer, mask)
    hidden = _embeddings(writer, tensors)
    for layer in range(LAYERS):
        hidden = _layer(writer, tensors, f"encoder.layer.{layer}", hidden, bias)
    _pool(writer, hidden, mask)
    return bytes(writer.model().SerializeToString(deterministic=True))


class _Writer:
    """Collects nodes and constants; each method returns the name of the value that it adds."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def node(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value, dtype=dtype), name)
        return name

    def linear(self, tensors: Tensors, name: str, value: str) -> str:
        weight = self.constant(f"{name}.weight", tensors[f"{name}.weight"].T)
        bias = self.constant(f"{name}.bias", tensors[f"{name}.bias"])
        return self.node("Add", self.node("MatMul", value, weight), bias)

    def layer_norm(self, tensors: Tensors, name: str, value: str) -> str:
        weight = self.constant(f"{name}.weight", tensors[f"{name}.weight"])
        bias = self.constant(f"{name}.bias", tensors[f"{name}.bias"])
        return self.node("LayerNormalization", value, weight, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def model(self) -> onnx.ModelProto:
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", WIDTH])]
        graph = helper.make_graph(
            self._nodes, "all-MiniLM-L6-v2", inputs, outputs, initializer=list(self._constants.values())
        )
        opsets = [helper.make_opsetid("", _OPSET)]
        return helper.make_model(graph, producer_name="rookery", opset_imports=opsets, ir_version=_IR_VERSION)


def _attention_bias(writer: _Writer, mask: str) -> str:
    """0 for an attended token and a large negative number for padding; batch × 1 × 1 × length."""
    wide = writer.node("Unsqueeze", mask, writer.constant("axes.heads_and_query", [1, 2], np.int64))
    one = writer.constant("one", 1.0)
    return writer.node("Mul", writer.node("Sub", one, wide), writer.constant("masked", _MASKED))


def _embeddings(writer: _Writer, tensors: Tensors) -> str:
    """Word + position + type embedding. The type is always the first, so it is added to the positions beforehand."""
    table = writer.constant("word_embeddings", tensors["embeddings.word_embeddings.weight"])
    words = writer.node("Gather", table, "input_ids")
    positions = writer.constant(
        "position_and_type_embeddings",
        tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0],
    )
    start = writer.constant("start", [0], np.int64)
    length = writer.node("Shape", "input_ids", start=1, end=2)
    placed = writer.node("Add", words, writer.node("Slice", positions, start, length, start))
    return writer.layer_norm(tensors, "embeddings.LayerNorm", placed)


def _layer(writer: _Writer, tensors: Tensors, name: str, hidden: str, bias: str) -> str:
    """Self-attention and feed-forward, each followed by its residual and layer norm."""
    attended = writer.linear(
        tensors, f"{name}.attention.output.dense", _attention(writer, tensors, f"{name}.attention.self", hidden, bias)
    )
    middle = writer.layer_norm(tensors, f"{name}.attention.output.LayerNorm", writer.node("Add", attended, hidden))
    inner = _gelu(writer, writer.linear(tensors, f"{name}.intermediate.dense", middle))
    outer = writer.linear(tensors, f"{name}.output.dense", inner)
    return writer.layer_norm(tensors, f"{name}.output.LayerNorm", writer.node("Add", outer, middle))


def _attention(writer: _Writer, tensors: Tensors, name: str, hidden: str, bias: str) -> str:
    """softmax(QKᵀ/√d + bias)V over the heads; batch × length × width."""
    split = writer.constant("shape.split", [0, 0, HEADS, WIDTH // HEADS], np.int64)
    merged = writer.constant("shape.merged", [0, 0, WIDTH], np.int64)

    def heads(part: str, order: list[int]) -> str:
        value = writer.node("Reshape", writer.linear(tensors, f"{name}.{part}", hidden), split)
        return writer.node("Transpose", value, perm=order)

    query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
    scale = writer.constant("scale", (WIDTH / HEADS) ** 0.5)
    scores = writer.node("Add", writer.node("Div", writer.node("MatMul", query, key), scale), bias)
    context = writer.node("MatMul", writer.node("Softmax", scores, axis=-1), value)
    return writer.node("Reshape", writer.node("Transpose", context, perm=[0, 2, 1, 3]), merged)


def _gelu(writer: _Writer, value: str) -> str:
    """x/2 · (1 + erf(x/√2)), the exact form and not the one by tanh (Hendrycks and Gimpel, 2016)."""
    error = writer.node("Erf", writer.node("Div", value, writer.constant("sqrt_2", 2**0.5)))
    gate = writer.node("Add", error, writer.constant("one", 1.0))
    return writer.node("Mul", writer.node("Mul", value, gate), writer.constant("half", 0.5))


def _pool(writer: _Writer, hidden: str, mask: str) -> None:
    """The mean over attended tokens, divided by its length."""
    last = writer.constant("axes.last", [2], np.int64)
    tokens = writer.constant("axes.tokens", [1], np.int64)
    attended = writer.node("Mul", hidden, writer.node("Unsqueeze", mask, last))
    total = writer.node("ReduceSum", attended, tokens, keepdims=0)
    count = writer.node("ReduceSum", mask, tokens, keepdims=1)
    mean = writer.node("Div", total, writer.node("Max", count, writer.constant("least_count", 1e-9)))
    norm = writer.node("ReduceL2", mean, axes=[1], keepdims=1)
    writer.node("Div", mean, writer.node("Max", norm, writer.constant("least_norm", 1e-12)), output="embedding")
