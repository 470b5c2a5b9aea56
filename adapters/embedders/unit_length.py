"""Bringing what a model answers to unit length."""

import math
from collections.abc import Sequence

from rookery.domain.errors import EmbedderError


def unit(vector: Sequence[float], model: str) -> list[float]:
    """Return the vector divided by its length.

    Raises:
        EmbedderError: a component is not finite, or all are zero; the message names the model.
    """
    length = math.hypot(*vector)
    if not 0.0 < length < math.inf:
        raise EmbedderError(
            f"{model} gave a vector of length {length}, which says nothing about the text; is it an embedding model?"
        )
    return [component / length for component in vector]
