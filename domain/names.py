"""Names in a text, and a form of them that stays the same wherever they stand. English rules."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

LONGEST = 8  # words of a name
_SHORTEST = 4  # characters of a name
_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_IN_BRACKETS = re.compile(r"\s*\([^)]*\)\s*$")
_CLOSE = re.compile(r"\s*&?\s+|\.\s+")  # between two words of a name; a point only after an initial
_BEGINS = re.compile(r"(?:[.!?:…][\"'”’)\]]*\s+|\n\s*)[\"'“‘(\[]*$")
_ARTICLES = frozenset({"the", "a", "an"})
_JOINING = frozenset(["of", "the", "de", "la", "du", "von", "van", "der", "des", "del", "di", "al"])
_SMALL = _JOINING | frozenset(
    re.findall(
        r"\w+",
        "a an and or in on at to by for from with as is was are were be been it its he his she her they their this that"
        " which who into after before but not had has have",
    )
)


def name_key(name: str) -> str:
    """Return a name case folded, without accents, possessive ending, leading article and what is in brackets after it.

    Empty when it is too short to be told from other words.
    """
    return _key(_words(_IN_BRACKETS.sub("", name)))


def plain_words(text: str) -> str:
    """Return the words of a text in the form of `name_key`, with a space around each: a name stands in it so."""
    return f" {' '.join(_words(text))} "


def names(text: str) -> list[str]:
    """Return the keys of what is written with capital letters in a text, once each, in order.

    A single word at the beginning of a sentence is left out; several there are given with and without the first. What
    small words join ("Bank of England") is given whole and in parts.
    """
    found: list[str] = []
    for begins, words in _capitalised(text):
        runs = [words, words[1:], *_parts(words)] if begins and len(words) > 1 else [words, *_parts(words)]
        found += (_key(_words(" ".join(run))) for run in runs if not begins or len(words) > 1)
    return list(dict.fromkeys(filter(None, found)))


def phrases(text: str) -> set[str]:
    """Return the keys of everything in a text that could be a name, in capital letters or not."""
    words = _words(text)
    large = [number for number, word in enumerate(words) if word not in _SMALL]
    ends = ((first, last) for place, first in enumerate(large) for last in large[place : place + LONGEST])
    return set(filter(None, (_key(words[first : last + 1]) for first, last in ends if last < first + LONGEST)))


def _capitalised(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Yield runs of words with capital letters, with small words between them, and whether they begin a sentence."""
    run: list[str] = []
    begins, kept, end = False, 0, 0
    for match in _WORD.finditer(text):
        word = match.group()
        between = text[end : match.start()]
        near = bool(run) and _CLOSE.fullmatch(between) is not None and ("." not in between or len(run[-1]) == 1)
        if run and not (near and (_opens(word) or word in _JOINING)):
            yield begins, run[:kept]
            run = []
        if run or word[0].isupper():
            if not run:
                begins = end == 0 or _BEGINS.search(text[max(0, end - 1) : match.start()]) is not None
            run.append(word)
            kept = len(run) if _opens(word) else kept
        end = match.end()
    if run:
        yield begins, run[:kept]


def _parts(words: list[str]) -> list[list[str]]:
    """Return what small words divide; `[]` when there are none."""
    small = [number for number, word in enumerate(words) if not _opens(word)]
    ends = [-1, *small, len(words)]
    return [words[first + 1 : last] for first, last in pairwise(ends) if last > first + 1] if small else []


def _opens(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit()


def _words(text: str) -> list[str]:
    plain = text.casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return [_POSSESSIVE.sub("", word) for word in _WORD.findall(plain)]


def _key(words: list[str]) -> str:
    key = " ".join(words[1:] if words and words[0] in _ARTICLES else words)
    return key if len(key) >= _SHORTEST and not key.isdigit() else ""
