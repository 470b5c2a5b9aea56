"""Tuning a model for an agent: what it may learn from, and when what it learnt is taken."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue

from rookery.domain.frozen import Frozen, Timestamp
from rookery.domain.inference import Message

Grounds = Literal["corrected", "approved", "verified", "complete"]
"""Why a reply may be learnt: a person corrected it, or approved what it does; its quotes or claims were verified; or
the run that it belongs to succeeded."""

_ROUND = 6  # decimals of marks that are kept
_SLACK = 1e-9  # of sums
_WORD = re.compile(r"\w+")


class Correction(Frozen):
    """What a person says a claim of an answer should have been. Credentials are replaced in it."""

    run_id: str
    claim: int = Field(ge=1, description="which of the answer's claims, from 1")
    was: str = Field(description="the claim's text")
    text: str = Field(min_length=1)
    at: Timestamp


class Example(Frozen):
    """A prompt of an agent and the reply that it should have got.

    Attributes:
        call: the call's number within its run.
        json_schema: what bound the reply.
        held_out: whether it is for the examination, and never learnt.
    """

    agent: str
    run_id: str
    call: int = Field(ge=1)
    grounds: Grounds
    messages: list[Message] = Field(min_length=1)
    reply: str = Field(min_length=1)
    json_schema: dict[str, JsonValue] | None = None
    seed: int = 0
    held_out: bool


class Recipe(Frozen):
    """How a LoRA is trained. `batch` is in examples; `rate` is Adam's at its highest.

    Attributes:
        packed: whether the model's weights stay packed meanwhile (QLoRA): far less memory, and slower.
    """

    rank: int = Field(default=8, ge=1, le=256)
    alpha: float = Field(default=16.0, gt=0)
    epochs: int = Field(default=3, ge=1, le=1000)
    batch: int = Field(default=4, ge=1)
    rate: float = Field(default=2e-4, gt=0)
    seed: int = Field(default=0, ge=0, lt=2**32)
    packed: bool = False


class Bar(Frozen):
    """What an adapter must reach on examples that it has not learnt.

    Attributes:
        margin: by which the mean log-likelihood of a token of the replies must rise, in nats.
        chance: that as many runs would gain if it were a toss of a coin, at most (a one-sided sign test over runs).
        runs: that the examination must have, at least: with fewer, chance alone cannot be excluded.
    """

    margin: float = Field(default=0.05, gt=0)
    chance: float = Field(default=0.05, gt=0, lt=1)
    runs: int = Field(default=5, ge=5)


class Mark(Frozen):
    """What a model makes of a held-out example.

    Attributes:
        likelihood: the mean logarithm of the probability of the reply's tokens, in nats.
        agreement: of what it writes itself with the reply, in words: the F1 score, from 0 to 1.
    """

    likelihood: float
    agreement: float = Field(ge=0, le=1)


class Verdict(Frozen):
    """What came of an examination; both models saw the same prompts with the same seeds."""

    accepted: bool
    reasons: list[str] = Field(description="why it was refused; none: it was accepted")
    runs: int
    examples: int
    likelihood_before: float
    likelihood_after: float
    agreement_before: float
    agreement_after: float
    runs_gained: int
    chance: float
    bar: Bar


class TunedAdapter(Frozen):
    """A LoRA adapter that was trained here, with all that is known of it.

    Attributes:
        id: begins with the agent's name.
        sha256: of the adapter's file.
        base_sha256: of the file of the model that it belongs to.
    """

    id: str
    agent: str
    path: Path
    sha256: str = Field(default="", description="empty until it is on the shelf")
    base: str
    base_sha256: str
    learnt: int = Field(description="examples")
    recipe: Recipe
    verdict: Verdict
    trained_at: Timestamp
    notes: list[str] = []


def agreement(reply: str, wanted: str) -> float:
    """Return how many words two replies share: the F1 score over their words, each as often as it stands there.

    Of JSON, the words are those of its texts and numbers (Rajpurkar et al. 2016 compare answers in this way).
    """
    ours, theirs = Counter(_words(reply)), Counter(_words(wanted))
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def judge(marks: Mapping[str, Sequence[tuple[Mark, Mark]]], bar: Bar) -> Verdict:
    """Return whether a model is better than before, by the marks before and after of the examples of each run.

    Runs count, whatever number of examples they have: those of one run have too much in common to count alone.
    """
    before, after = ([_of_run(pair[n] for pair in pairs) for pairs in marks.values()] for n in (0, 1))
    gained = sum(new.likelihood > old.likelihood for old, new in zip(before, after, strict=True))
    old, new, chance = _of_run(before), _of_run(after), _sign_test(gained, len(before))
    reasons = [
        *([f"the examination has {len(before)} runs, and {bar.runs} are needed"] if len(before) < bar.runs else []),
        *_shortcomings(old, new, bar.margin),
        *([f"{gained} of {len(before)} runs gained, which may be chance (p = {chance:.2g})"] * (chance > bar.chance)),
    ]
    return Verdict(
        accepted=not reasons,
        reasons=reasons,
        runs=len(before),
        examples=sum(map(len, marks.values())),
        likelihood_before=round(old.likelihood, _ROUND),
        likelihood_after=round(new.likelihood, _ROUND),
        agreement_before=round(old.agreement, _ROUND),
        agreement_after=round(new.agreement, _ROUND),
        runs_gained=gained,
        chance=round(chance, _ROUND),
        bar=bar,
    )


def _shortcomings(old: Mark, new: Mark, margin: float) -> Iterator[str]:
    gain = new.likelihood - old.likelihood
    if gain < margin:
        yield f"the likelihood of a token changed by {gain:+.3f} nats, and {margin:+.3f} is needed"
    if new.agreement < old.agreement - _SLACK:
        yield f"its replies agree less with what is wanted: {new.agreement:.3f} after {old.agreement:.3f}"


def _of_run(marks: Iterable[Mark]) -> Mark:
    """Return the mean."""
    listed = list(marks)
    count = max(1, len(listed))
    likelihood = math.fsum(mark.likelihood for mark in listed) / count
    return Mark(likelihood=likelihood, agreement=min(1.0, math.fsum(mark.agreement for mark in listed) / count))


def _sign_test(gained: int, of: int) -> float:
    """Return how likely it is that a coin shows heads so often, or oftener."""
    return float(sum(math.comb(of, heads) for heads in range(gained, of + 1)) / 2**of)


def _words(text: str) -> list[str]:
    try:
        spoken = " ".join(_texts(json.loads(text)))
    except ValueError:
        spoken = text
    return _WORD.findall(spoken.casefold())


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case dict():
            for inner in value.values():
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case _:
            yield str(value)
