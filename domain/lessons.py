"""Lessons in tokens: what a model is trained on, and how its training went."""

from pathlib import Path

from pydantic import Field

from rookery.domain.frozen import Frozen
from rookery.domain.tuning import Recipe


class Lesson(Frozen):
    """The tokens of a prompt, and those of the reply that shall follow, with the one that ends it."""

    prompt: list[int] = Field(min_length=1)
    reply: list[int] = Field(min_length=1)


class Weighed(Lesson):
    """A lesson, and how likely a model finds the reply.

    Attributes:
        likelihoods: of each token of the reply, the logarithm of its probability after all before it, in nats; none
            where they were not asked for.
    """

    likelihoods: list[float] = []

    @property
    def mean(self) -> float:
        """Of the likelihoods."""
        return sum(self.likelihoods) / len(self.likelihoods)


class Training(Frozen):
    """What is to be trained.

    Attributes:
        base: the model's GGUF file.
        checks: lessons that are not learnt, with the likelihoods that the model's own engine finds: the trainer must
            find the same before it begins, but for `tolerance` (nats a token), and tells what it finds afterwards.
        out: where the adapter goes, a GGUF file.
    """

    base: Path
    lessons: list[Lesson] = Field(min_length=1)
    checks: list[Weighed]
    tolerance: float = Field(gt=0)
    recipe: Recipe
    out: Path


class Progress(Frozen):
    """How far a training is. `loss` is the mean of the last step, in nats a token."""

    step: int
    steps: int
    loss: float


class Trained(Frozen):
    """How a training went.

    Attributes:
        after: the mean likelihood of each check's reply with the adapter, as the trainer computes it.
        device: where it was trained.
        notes: what a person should know of it.
    """

    after: list[float]
    device: str
    notes: list[str] = []
