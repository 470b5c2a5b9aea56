"""Addresses in texts: which there are, and how a text is shown so that none of them is fetched by itself.

Whoever can make an agent write an address can have a secret carried away in it, by the agent that fetches it or by the
program that shows the image. So addresses count only where they were read as they stand.
"""

import re
from collections.abc import Iterable

_PART = r"[^\s<>\"'`|\\^{}\[\]]"
_ADDRESS = re.compile(rf"\b(?:[A-Za-z][A-Za-z0-9+.-]{{1,20}}://|www\.){_PART}+")
_GOES_ON = re.compile(_PART)
_TRAILING = ".,;:!?)*_~…»”’"
LEFT_OUT = "[address left out]"

# What makes Markdown fetch or hide something: images, links and their definitions, HTML; and what would undo an escape.
_ACTIVE = re.compile(r"\\(?=[!-/:-@\[-`{-~])|!(?=\[)|\[(?=[^\]\n]*\]\s*[(\[:])|\](?=\s*[(\[])|\](?=:)|<(?=[A-Za-z/!?])")


def addresses(text: str) -> list[str]:
    """Return the addresses in a text, in order, each once, without what punctuates the sentence around them."""
    return list(dict.fromkeys(found[0].rstrip(_TRAILING) for found in _ADDRESS.finditer(text)))


def strangers(text: str, known: Iterable[str]) -> list[str]:
    """Return the addresses in a text that stand in none of the known texts."""
    texts = list(known)
    return [address for address in addresses(text) if not any(_stands_in(address, other) for other in texts)]


def without(text: str, unwanted: Iterable[str]) -> str:
    """Return a text in which each of these addresses is left out, visibly."""
    for address in sorted(unwanted, key=len, reverse=True):
        text = text.replace(address, LEFT_OUT)
    return text


def inert(text: str) -> str:
    """Return Markdown that shows a text as it stands: no image, no link with another face, no HTML."""
    return _ACTIVE.sub(lambda found: f"\\{found[0]}", text)


def _stands_in(address: str, text: str) -> bool:
    """Whether it stands there whole: an address that merely begins like a known one is another."""
    ends = (found.end() for found in re.finditer(re.escape(address), text))
    return any(_GOES_ON.match(text[end:].lstrip(_TRAILING)[:1] or " ") is None for end in ends)
