"""Questions that mean something only after what was said before."""

import pytest

from rookery.domain.follow_ups import in_context
from rookery.domain.runs import Utterance

FIRST = "When was the observatory founded?"


def said(*texts: str) -> list[Utterance]:
    roles = ["user", "assistant"] * len(texts)
    return [Utterance.model_validate({"role": role, "text": text}) for role, text in zip(roles, texts, strict=False)]


@pytest.mark.parametrize("question", ["And who paid for it?", "Who paid for that?", "Since when?", "What about tides?"])
def test_a_question_that_refers_back_brings_what_it_refers_to(question):
    assert in_context(question, said(FIRST, "In 1904.")) == f"{question[:-1]} (after: {FIRST[:-1]})?"


def test_a_chain_of_them_leads_to_the_last_one_that_stands_alone():
    conversation = said(FIRST, "In 1904.", "Who paid for it?", "A society.")
    assert in_context("And how much was that?", conversation) == f"And how much was that (after: {FIRST[:-1]})?"


@pytest.mark.parametrize("question", ["Who built the tide gauge at Kittiwake Point?", "Wer baute den Pegel am Kap?"])
def test_a_question_that_stands_alone_is_left_as_it_is(question):
    assert in_context(question, said(FIRST, "In 1904.")) == question


def test_without_anything_before_there_is_nothing_to_bring():
    assert in_context("Who paid for it?", []) == "Who paid for it?"
