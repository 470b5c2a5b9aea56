"""Tokens, as all analyzers see them: case folded, without possessives, compounds divided."""

import re
import unicodedata
from collections.abc import Iterator

_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:['’.][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")  # Thai, Lao, kana, Han
_LETTERS = str.maketrans({"ð": "d", "þ": "th", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"})


def tokens(text: str) -> Iterator[str]:
    """Yield the tokens of a text in order.

    Digit groups lose their commas ("11,340" is `11340`). Scripts that do not divide words by spaces yield pairs of
    neighbouring characters.
    """
    for word in words(text):
        yield from parts(word)


def words(text: str) -> list[str]:
    """Return the words of a text as they are written."""
    return _TOKEN.findall(unicodedata.normalize("NFC", text))


def parts(word: str) -> Iterator[str]:
    """Yield the tokens of a word; one, as a rule."""
    token = normal(word)
    if _UNSPACED.search(token):
        yield from _pairs(token)
    elif token:
        yield token


def normal(word: str) -> str:
    """Return a word case folded, without a possessive ending and without points and commas inside."""
    folded = _POSSESSIVE.sub("", word.casefold()).replace("’", "'")
    if folded[:1].isdigit():
        return folded.replace(",", "")
    return folded.replace(".", "").replace("'", "")


def without_accents(token: str) -> str:
    """Return a token in plain letters, so that "Zurich" finds "Zürich" and "Thorvaldur" finds "Þorvaldur"."""
    if token.isascii():
        return token
    decomposed = unicodedata.normalize("NFKD", token.translate(_LETTERS))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _pairs(token: str) -> Iterator[str]:
    start = 0
    for run in _UNSPACED.finditer(token):
        if run.start() > start:
            yield token[start : run.start()]
        text = run.group()
        yield from (text[index : index + 2] for index in range(max(1, len(text) - 1)))
        start = run.end()
    if start < len(token):
        yield token[start:]
