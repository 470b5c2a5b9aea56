"""Questions that only mean something after what was said before.

English rules; in other languages they find nothing, and a question stands for itself.
"""

import re
from collections.abc import Sequence

from rookery.domain.runs import Utterance

_REFERS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|that|those|this|these|there|then|one|ones|same)\b"
    r"|^\W*(?:and|but|or|so|what about|how about|why not)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_FEW_WORDS = 3  # as in "Since when?"
_SUBJECT_CHARACTERS = 400


def in_context(question: str, conversation: Sequence[Utterance]) -> str:
    """Return the question with what it refers back to: the last one that was asked and stands for itself."""
    if not _refers_back(question):
        return question
    asked = [said.text for said in conversation if said.role == "user"]
    subject = next((text for text in reversed(asked) if not _refers_back(text)), asked[0] if asked else None)
    if subject is None:
        return question
    flat = " ".join(subject.split())[:_SUBJECT_CHARACTERS].rstrip(" ?.!")
    return f"{question.rstrip(' ?.!')} (after: {flat})?"


def _refers_back(text: str) -> bool:
    return bool(_REFERS_BACK.search(text)) or len(_WORD.findall(text)) <= _FEW_WORDS
