"""Dividing a question by rule."""

import re

from rookery.adapters.llms.extractive.bridges import described
from rookery.domain.follow_ups import in_context
from rookery.domain.reasoning import Plan, PlanJob

_PARTS = re.compile(r"(?<=\?)\s+(?=\S)")
_SECOND_QUESTION = re.compile(
    r",?\s+(?:and|or|but)\s+(?=(?:who|whom|whose|what|when|where|why|how|which|in which|in what|to whom)\b)",
    re.IGNORECASE,
)
_COMPARED = [
    re.compile(r"\bdifferences? between (?P<left>.+?) and (?P<right>[^?]+)", re.IGNORECASE),
    re.compile(r"\bcompare (?P<left>.+?) (?:and|with|to) (?P<right>[^?]+)", re.IGNORECASE),
]


def plan(job: PlanJob) -> Plan:
    """Return the question itself and, when it has parts, a question for each of them."""
    question = " ".join(job.question.split())
    found = [in_context(question, job.conversation), *parts(question), *_compared(question)]
    if description := described(question):
        found.append(description)
    return Plan(sub_questions=list(dict.fromkeys(found))[: max(1, job.max_sub_questions)])


def parts(question: str) -> list[str]:
    """Return the questions that are joined in one, each on its own; `[]` for a single question."""
    found = [part for whole in _PARTS.split(question) for part in _SECOND_QUESTION.split(whole)]
    if len(found) < 2:
        return []
    return [f"{part[:1].upper()}{part[1:].rstrip(' ?,.')}?" for part in found]


def _compared(question: str) -> list[str]:
    for pattern in _COMPARED:
        if match := pattern.search(question):
            return [f"What is {match[side].strip(' .')}?" for side in ("left", "right")]
    return []
