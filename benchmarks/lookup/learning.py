"""Learning by gradients: Adam (Kingma & Ba 2015) with gradients of bounded length."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from network import Params, beginning, logits

if TYPE_CHECKING:
    from train import Batch

_MEAN, _SPREAD = 0.9, 0.99  # how slowly the averages of the gradients and of their squares follow


class Learnt(NamedTuple):
    """What a step showed, before it: the mean loss of a token, and the share of tokens that were right."""

    loss: float
    right: float


class Learner:
    """A model that learns. `params` are its own.

    Args:
        seed: of its beginning.
        pieces: of its vocabulary.
    """

    def __init__(self, seed: int, pieces: Sequence[str]) -> None:
        self.params = beginning(seed, pieces)
        self._means = {name: jnp.zeros_like(value) for name, value in self.params.items()}
        self._spreads = dict(self._means)
        self._steps = 0

    def step(self, batch: "Batch", rate: float) -> Learnt:
        """Learn from a batch."""
        self._steps += 1
        self.params, self._means, self._spreads, loss, right = _step(
            self.params, self._means, self._spreads, batch, rate, float(self._steps)
        )
        return Learnt(float(loss), float(right))


def _loss(params: Params, batch: "Batch") -> tuple[jax.Array, jax.Array]:
    scores = logits(params, batch.texts, batch.places)
    missed = -jnp.take_along_axis(jax.nn.log_softmax(scores), batch.wanted[..., None], -1)[..., 0]
    right = scores.argmax(-1) == batch.wanted
    return (missed * batch.counts).sum() / batch.counts.sum(), (right * batch.counts).sum() / batch.counts.sum()


@jax.jit
def _step(
    params: Params, means: Params, spreads: Params, batch: "Batch", rate: float, steps: float
) -> tuple[Params, Params, Params, jax.Array, jax.Array]:
    (loss, right), slopes = jax.value_and_grad(_loss, has_aux=True)(params, batch)
    shorter = jnp.minimum(1, 1 / jnp.sqrt(sum((slope**2).sum() for slope in slopes.values())))
    slopes = {name: slope * shorter for name, slope in slopes.items()}
    means = {name: _MEAN * means[name] + (1 - _MEAN) * slope for name, slope in slopes.items()}
    spreads = {name: _SPREAD * spreads[name] + (1 - _SPREAD) * slope**2 for name, slope in slopes.items()}
    moved = {
        name: value
        - rate * (means[name] / (1 - _MEAN**steps)) / (jnp.sqrt(spreads[name] / (1 - _SPREAD**steps)) + 1e-8)
        for name, value in params.items()
    }
    return moved, means, spreads, loss, right
