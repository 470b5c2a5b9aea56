"""Weights of the features, fitted once.

`order` is a conditional logit over the sentences of a search, fitted on paragraphs of an encyclopedia with questions
that people wrote for them and on the questions over the examples of this repository (doubled). `answered` and `bias`
are a logistic regression that tells searches whose passages hold the answer from those whose passages do not: the same
questions after the answering paragraph, or everything about the subject, was taken away, and the unanswerable ones.
"""

from typing import NamedTuple

from rookery.adapters.llms.extractive.candidates import Features


class Model(NamedTuple):
    """Weights to compare sentences with each other, and for the probability that the best one answers."""

    order: Features
    answered: Features
    bias: float


BY_WORDS = Model(
    order=Features(
        own=9.79,
        before=4.6,
        after=3.28,
        heading=3.02,
        passage=0.63,
        names=2.41,
        names_near=2.73,
        fit=2.19,
        pairs=0.64,
        rank=1.53,
        fragment=0.0,
        similarity=0.0,
    ),
    answered=Features(
        own=3.85,
        before=1.42,
        after=0.65,
        heading=0.74,
        passage=1.51,
        names=2.26,
        names_near=2.76,
        fit=0.15,
        pairs=1.94,
        rank=1.5,
        fragment=0.13,
        similarity=0.0,
    ),
    bias=-5.0,
)
BY_MEANING = Model(
    order=Features(
        own=7.14,
        before=1.44,
        after=2.53,
        heading=4.85,
        passage=0.0,
        names=1.85,
        names_near=2.37,
        fit=2.18,
        pairs=0.48,
        rank=1.06,
        fragment=-0.31,
        similarity=7.55,
    ),
    answered=Features(
        own=3.02,
        before=0.93,
        after=0.46,
        heading=0.64,
        passage=1.0,
        names=2.09,
        names_near=2.13,
        fit=0.05,
        pairs=0.67,
        rank=1.34,
        fragment=0.85,
        similarity=5.25,
    ),
    bias=-6.33,
)
