"""Whether the quotes that a sentence cites can be all that it says: a check by rule, which only ever says no.

A sentence that names a figure or a name which no quote of it has says more than its sources. What is said in other
words cannot be judged like that, and passes.
"""

import re
import unicodedata
from collections.abc import Iterable

_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*")
_THOUSANDS = re.compile(r"(?<=\d)[,’' ](?=\d{3}\b)")
_NAME = re.compile(r"\b[^\W\d_]*[A-ZÀ-ÖØ-Þ][\w'’-]*")
_SENTENCE_END = re.compile(r"[.!?:]\s*[\"'“”‘’(]*$")


def unbacked(text: str, sources: Iterable[str]) -> list[str]:
    """Return the figures and names of a sentence that none of its sources has, in its order, each once.

    Args:
        text: the sentence.
        sources: the quotes that it cites, the passages around them and their titles, and the question.
    """
    known = _plain(" ".join(sources))
    figures, words = set(_FIGURE.findall(known)), set(re.findall(r"[^\W\d_]+", known))
    missing = [figure for figure in _FIGURE.findall(text) if _plain(figure) not in figures]
    missing += [name for name in _names(text) if not words.issuperset(re.findall(r"[^\W\d_]+", _plain(name)))]
    return list(dict.fromkeys(missing))


def _names(text: str) -> Iterable[str]:
    """Yield what is written with a capital within a sentence; at its beginning every word has one."""
    for found in _NAME.finditer(text):
        before = text[: found.start()].rstrip("\"'“”‘’( ")
        if before and not _SENTENCE_END.search(before):
            yield found[0]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _THOUSANDS.sub("", kept.casefold().replace("’s", "").replace("'s", ""))
