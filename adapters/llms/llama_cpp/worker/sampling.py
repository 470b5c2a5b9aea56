"""The choice of a token by its logit."""

import numpy as np
import numpy.typing as npt

Row = npt.NDArray[np.float32]
_NEGLIGIBLE = 30.0  # a token that is e^30 times less likely than the first is never drawn


class NotFinite(Exception):
    """The model computed no numbers."""


class Sampler:
    """Draws tokens; the same seed draws the same.

    Args:
        temperature: 0 for the most likely token (the first among equals).
        seed: of the generator.
    """

    def __init__(self, temperature: float, seed: int) -> None:
        self._temperature = temperature
        self._random = np.random.default_rng(seed & (2**64 - 1))

    def choose(self, row: Row) -> int:
        """Return a token by its logit.

        Raises:
            NotFinite: the largest logit is infinite or not a number; `argmax` finds the latter first.
        """
        best = int(row.argmax())
        if not np.isfinite(row[best]):
            raise NotFinite
        return best if self._temperature == 0 else self._draw(row, float(row[best]))

    def _draw(self, row: Row, highest: float) -> int:
        likely = np.flatnonzero(row > highest - _NEGLIGIBLE * self._temperature)
        weights = np.exp((row[likely].astype(np.float64) - highest) / self._temperature)
        bounds = np.cumsum(weights)
        drawn = np.searchsorted(bounds, self._random.random() * bounds[-1], side="right")
        return int(likely[min(int(drawn), len(likely) - 1)])
