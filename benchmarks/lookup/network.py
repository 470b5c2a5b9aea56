"""The small model: a transformer of three layers in the form of Llama, with biases, as llama.cpp runs it.

It begins with heads that look a few tokens back, heads that continue what was seen before in the same context
("induction heads": Olsson et al. 2022), and a pair that seeks what a question names. A training of minutes would have
to find all of these first. That a beginning with structure helps small models is known (Trockman & Kolter 2023).
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

Params = dict[str, jax.Array]
Floats = NDArray[np.float32]

EPSILON = 1e-6


class Shape(NamedTuple):
    """The size of the model. The first `rotated` components of a head know of places, the others do not."""

    layers: int = 3
    width: int = 288
    heads: int = 8
    head_width: int = 32
    rotated: int = 8
    inner: int = 512
    base: float = 1000.0

    @property
    def frequencies(self) -> Floats:
        """Of the rotations, in radians a token."""
        return np.asarray(self.base ** (-np.arange(0, self.rotated, 2) / self.rotated), np.float32)


SHAPE = Shape()

OWN, SLOT, SLOTS = 64, 24, 5
"""In the beginning the first 64 components say which token stands here, then 24 each which ones stood 1 to 5 back; the
next 64 say which one comes next."""
NEXT = OWN + SLOT * SLOTS
SOUGHT = NEXT + OWN
_LOOK = 16.0  # about how much a head prefers its own distance
_MATCH = (2.2, 1.6, 1.6, 1.6, 1.6)  # how much it counts that the token here stood one back from there, and so on


def beginning(seed: int, pieces: Sequence[str], shape: Shape = SHAPE) -> Params:
    """Return the parameters before training."""
    random = np.random.default_rng(seed)
    tokens = len(pieces)
    params: dict[str, Floats] = {}
    own = random.standard_normal((tokens, OWN)).astype(np.float32)
    ids = {piece: number for number, piece in enumerate(pieces)}
    for piece, number in ids.items():
        if piece.startswith("\u0120") and piece[1:] in ids:
            own[number] = 0.95 * own[ids[piece[1:]]] + 0.3 * own[number]
    embedding = 0.02 * random.standard_normal((tokens, shape.width)).astype(np.float32)
    output = 0.02 * random.standard_normal((tokens, shape.width)).astype(np.float32)
    embedding[:, :OWN], output[:, NEXT : NEXT + OWN] = 2 * own, own
    params["token_embd.weight"], params["output.weight"] = embedding, output
    params["output_norm.weight"] = np.full(shape.width, 0.5, np.float32)
    for layer in range(shape.layers):
        params |= {f"blk.{layer}.{name}": value for name, value in _small(random, shape).items()}
    view = _orthogonal(random, OWN)[:SLOT]
    _look_back(params, shape, view)
    for layer in range(1, shape.layers):
        _continue(params, layer, shape, view, random)
    _look_up(params, shape, view, random, question=own[ids["?"]], title=own[ids['="']])
    return {name: jnp.asarray(value) for name, value in params.items()}


def _small(random: np.random.Generator, shape: Shape) -> dict[str, Floats]:
    wide = shape.heads * shape.head_width
    sizes = {"attn_q": (wide, shape.width), "attn_k": (wide, shape.width), "attn_v": (wide, shape.width)}
    sizes |= {"attn_output": (shape.width, wide)}
    sizes |= {"ffn_gate": (shape.inner, shape.width), "ffn_up": (shape.inner, shape.width)}
    sizes |= {"ffn_down": (shape.width, shape.inner)}
    made = {
        f"{name}.weight": (
            random.standard_normal(size) * (0.5 if name in ("attn_output", "ffn_down") else 1.0) / size[1] ** 0.5
        ).astype(np.float32)
        for name, size in sizes.items()
    }
    made |= {f"{name}.bias": np.zeros(wide, np.float32) for name in ("attn_q", "attn_k", "attn_v")}
    return made | {f"{name}.weight": np.ones(shape.width, np.float32) for name in ("attn_norm", "ffn_norm")}


def _look_back(params: dict[str, Floats], shape: Shape, view: Floats) -> None:
    """Let the heads of the first layer look 1, 2, 3 … back and note in its slot what stands there."""
    half = shape.rotated // 2
    strength = (_LOOK * shape.head_width**0.5) ** 0.5
    for head in range(shape.heads):
        place = slice(head * shape.head_width, (head + 1) * shape.head_width)
        for name in ("attn_q", "attn_k"):
            params[f"blk.0.{name}.weight"][place] *= 0.1
        angle = (head + 1) * shape.frequencies
        query, key = np.zeros(shape.head_width, np.float32), np.zeros(shape.head_width, np.float32)
        query[:half], query[half : shape.rotated] = strength * np.cos(angle), -strength * np.sin(angle)
        key[:half] = strength
        params["blk.0.attn_q.bias"][place], params["blk.0.attn_k.bias"][place] = query, key
        if head < SLOTS:
            values = np.zeros((shape.head_width, shape.width), np.float32)
            values[:SLOT, :OWN] = view
            params["blk.0.attn_v.weight"][place] = values
            slot = slice(OWN + head * SLOT, OWN + (head + 1) * SLOT)
            params["blk.0.attn_output.weight"][:, place] *= 0.1
            params["blk.0.attn_output.weight"][slot, place] = np.eye(SLOT, shape.head_width, dtype=np.float32) * 2


def _continue(params: dict[str, Floats], layer: int, shape: Shape, view: Floats, random: np.random.Generator) -> None:
    """Let half of the heads of a layer find where the last tokens stood before, and say what came next there."""
    for head in range(4):
        place = slice(head * shape.head_width, (head + 1) * shape.head_width)
        queries, keys = np.zeros((2, shape.head_width, shape.width), np.float32)
        for distance, weight in enumerate(_MATCH):
            turn = _orthogonal(random, SLOT) * weight
            seen = slice(OWN + (distance - 1) * SLOT, OWN + distance * SLOT)
            if distance == 0:
                queries[shape.rotated :, :OWN] += turn @ view
            else:
                queries[shape.rotated :, seen] += turn
            keys[shape.rotated :, OWN + distance * SLOT : OWN + (distance + 1) * SLOT] += turn
        values = np.zeros((shape.head_width, shape.width), np.float32)
        first = (head % 2) * shape.head_width
        values[:, first : first + shape.head_width] = np.eye(shape.head_width)
        params[f"blk.{layer}.attn_q.weight"][place] = queries
        params[f"blk.{layer}.attn_k.weight"][place] = keys
        params[f"blk.{layer}.attn_v.weight"][place] = values
        said = slice(NEXT + first, NEXT + first + shape.head_width)
        params[f"blk.{layer}.attn_output.weight"][:, place] *= 0.1
        params[f"blk.{layer}.attn_output.weight"][said, place] = np.eye(shape.head_width)


def _look_up(
    params: dict[str, Floats],
    shape: Shape,
    view: Floats,
    random: np.random.Generator,
    *,
    question: Floats,
    title: Floats,
) -> None:
    """Let a head of the second layer note what stands before the question mark, and one of the third seek it.

    That one prefers what is found behind the mark of a title, and says what stands four tokens before. Two more say
    what stands one and three tokens before the question mark.
    """
    turn, before = 2 * _orthogonal(random, SLOT), 2 * _orthogonal(random, SLOT)
    asked = turn @ view @ question
    noting, seeking, *repeating = (_Head(params, *place, shape) for place in ((1, 4), (2, 4), (2, 5), (2, 6)))
    for head in (noting, seeking, *repeating):
        head.keys[:, :OWN] = turn @ view
    noting.query[:] = asked
    noting.say(slot=1, into=SOUGHT, turned=2 * np.eye(SLOT))
    seeking.query[:] = before @ view @ title
    seeking.queries[:, SOUGHT : SOUGHT + SLOT] = turn
    seeking.keys[:, OWN : OWN + SLOT] = before
    seeking.say(slot=4, into=NEXT, turned=2 * view.T)
    for head, slot in zip(repeating, (1, 3), strict=True):
        head.query[:] = asked
        head.say(slot=slot, into=NEXT, turned=view.T)


class _Head:
    """A head of attention without weights yet; `query`, `queries` and `keys` are views of what knows of no place."""

    def __init__(self, params: dict[str, Floats], layer: int, number: int, shape: Shape) -> None:
        rows = slice(number * shape.head_width, (number + 1) * shape.head_width)
        for name in ("attn_q", "attn_k", "attn_v"):
            params[f"blk.{layer}.{name}.weight"][rows] = 0
        self._values = params[f"blk.{layer}.attn_v.weight"][rows]
        self._output = params[f"blk.{layer}.attn_output.weight"][:, rows]
        self._output *= 0.1
        self.query = params[f"blk.{layer}.attn_q.bias"][rows][shape.rotated :]
        self.queries = params[f"blk.{layer}.attn_q.weight"][rows][shape.rotated :]
        self.keys = params[f"blk.{layer}.attn_k.weight"][rows][shape.rotated :]

    def say(self, *, slot: int, into: int, turned: Floats) -> None:
        """Put what a slot of the token says that it looks at, turned, where `into` begins."""
        self._values[:SLOT, OWN + (slot - 1) * SLOT : OWN + slot * SLOT] = np.eye(SLOT)
        self._output[into : into + len(turned), :SLOT] = turned


def _orthogonal(random: np.random.Generator, size: int) -> Floats:
    return np.linalg.qr(random.standard_normal((size, size)))[0].astype(np.float32)


def logits(params: Params, tokens: jax.Array, asked: jax.Array, shape: Shape = SHAPE) -> jax.Array:
    """Return what comes next [batch, asked, tokens] at some places [batch, asked] of texts [batch, places].

    In the last layer only those places are computed.
    """
    places = jnp.arange(tokens.shape[1])
    here = params["token_embd.weight"][tokens]
    for layer in range(shape.layers):
        last = layer == shape.layers - 1
        weights = {
            name.partition(f"blk.{layer}.")[2]: value for name, value in params.items() if f"blk.{layer}." in name
        }
        rows = asked if last else jnp.broadcast_to(places, tokens.shape)
        before = here
        here = jnp.take_along_axis(here, rows[..., None], axis=1) if last else here
        here = here + _attention(weights, before, here, rows, shape)
        here = here + _feed_forward(weights, here)
    return _normal(here, params["output_norm.weight"]) @ params["output.weight"].T


def _attention(weights: Params, seen: jax.Array, here: jax.Array, rows: jax.Array, shape: Shape) -> jax.Array:
    """Return what the heads add at the rows; each sees what stands at or before its own."""
    seen, here = _normal(seen, weights["attn_norm.weight"]), _normal(here, weights["attn_norm.weight"])
    places = jnp.arange(seen.shape[1])
    queries = _rotated(_heads(here, weights, "attn_q", shape), rows, shape)
    keys = _rotated(_heads(seen, weights, "attn_k", shape), jnp.broadcast_to(places, seen.shape[:2]), shape)
    values = _heads(seen, weights, "attn_v", shape)
    scores = jnp.einsum("bqhd,bkhd->bhqk", queries, keys) / shape.head_width**0.5
    scores = jnp.where(rows[:, None, :, None] >= places, scores, -1e30)
    mixed = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores, axis=-1), values)
    return mixed.reshape(*here.shape[:2], -1) @ weights["attn_output.weight"].T


def _heads(states: jax.Array, weights: Params, name: str, shape: Shape) -> jax.Array:
    projected = states @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return projected.reshape(*states.shape[:2], shape.heads, shape.head_width)


def _rotated(states: jax.Array, places: jax.Array, shape: Shape) -> jax.Array:
    """Rotate the first components by the place of the token, one of each half together (Su et al. 2021)."""
    half = shape.rotated // 2
    angles = places[..., None, None] * jnp.asarray(shape.frequencies)
    first, second, rest = states[..., :half], states[..., half : shape.rotated], states[..., shape.rotated :]
    cosine, sine = jnp.cos(angles), jnp.sin(angles)
    return jnp.concatenate((first * cosine - second * sine, first * sine + second * cosine, rest), axis=-1)


def _feed_forward(weights: Params, here: jax.Array) -> jax.Array:
    normal = _normal(here, weights["ffn_norm.weight"])
    gate = jax.nn.silu(normal @ weights["ffn_gate.weight"].T)
    return (gate * (normal @ weights["ffn_up.weight"].T)) @ weights["ffn_down.weight"].T


def _normal(states: jax.Array, weight: jax.Array) -> jax.Array:
    return states * jax.lax.rsqrt(jnp.mean(states**2, axis=-1, keepdims=True) + EPSILON) * weight
