"""What trains LoRA adapters."""

from collections.abc import Callable
from typing import Protocol

from rookery.domain.lessons import Progress, Trained, Training


class TunerPort(Protocol):
    """Trains on tokens, so that nothing but the model that will use it decides how a prompt is written."""

    async def train(self, training: Training, told: Callable[[Progress], None]) -> Trained:
        """Train an adapter and write it, whole, to `training.out`.

        The same training on the same machine's CPU gives the same file. When it is cancelled, nothing is left.

        Args:
            training: what to learn.
            told: is told how far it is.

        Raises:
            ConfigurationError: a library is missing.
            TunerError: the model cannot be tuned, is not what its own engine makes of it, or the training failed.
        """
        ...
