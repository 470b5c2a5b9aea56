"""Replacing credentials in a text.

Two kinds of rules: tokens that are known by their form, and values that are known by the name before them. Each
pattern takes linear time: repetitions are bounded or possessive, and a rule is tried only where one of its literals
occurs; for tokens, among the long words. What is plainly a placeholder stays.
"""

import hashlib
from dataclasses import dataclass

from rookery.domain.redaction.commands import COMMANDS
from rookery.domain.redaction.places import PLACES
from rookery.domain.redaction.rule import views_of
from rookery.domain.redaction.tokens import TOKENS
from rookery.domain.redaction.values import VALUES

_RULES = (*PLACES, *TOKENS, *COMMANDS, *VALUES)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without credentials, and how many were replaced."""

    text: str
    count: int


def redact(text: str) -> Redacted:
    """Replace each credential by `[redacted:KIND]`. Doing it again changes nothing."""
    total = 0
    while text:
        text, count = _pass(text)
        if count == 0:
            break
        total += count
    return Redacted(text, total)


def stand_in(name: str | None) -> str | None:
    """Return a name that can be stored and stands for this one alone: itself, unless there is a credential in it."""
    if name is None or not redact(name).count:
        return name
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def _pass(text: str) -> tuple[str, int]:
    views, total = views_of(text), 0
    for rule in _RULES:
        if rule.may_find(views[rule.view]):
            text, count = rule.apply(text)
            if count:
                views, total = views_of(text), total + count
    return text, total
