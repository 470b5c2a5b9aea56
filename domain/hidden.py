"""Characters that a person does not see and a model does."""

import unicodedata

_BLANK = "\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5"  # letters and marks that draw nothing
_KEPT = "\n\t"
_HIDDEN = {
    "Cf",
    "Co",
    "Cn",
    "Cs",
    "Cc",
}  # format (zero width, bidi, tags), private, unassigned, half characters, control


def is_hidden(character: str) -> bool:
    """Whether a character draws nothing, turns the direction of what follows, or is not known to Unicode."""
    if character in _KEPT or (character.isascii() and character.isprintable()):
        return False
    selects = "\ufe00" <= character <= "\ufe0e" or "\U000e0100" <= character <= "\U000e01ef"
    return selects or character in _BLANK or unicodedata.category(character) in _HIDDEN


def hidden_characters(text: str) -> list[str]:
    """Return the hidden characters of a text by code point and name, each once, in order."""
    found = dict.fromkeys(character for character in text if is_hidden(character))
    return [f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}" for character in found]


def without_hidden(text: str) -> str:
    """Return a text without its hidden characters."""
    return "".join(character for character in text if not is_hidden(character))


def made_visible(text: str) -> str:
    """Return a text in which each hidden character stands as its code point, as in `⟨U+200B⟩`."""
    return "".join(f"⟨U+{ord(character):04X}⟩" if is_hidden(character) else character for character in text)
