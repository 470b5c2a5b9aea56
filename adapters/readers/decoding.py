"""From bytes to characters."""

import codecs
import re
import unicodedata

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGN_IN_A_WORD = re.compile(r"[^\W\d_][^\w\s'’\-‑–—.,:;/&%()\[\]\x00-\x7f·][^\W\d_]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(data: bytes, *, declared: str | None = None) -> str | None:
    """Return the text of a file without its byte order mark, or None when it is none.

    A byte order mark decides; then UTF-8, if the bytes are that or nearly; then what the document declares; then
    Western European, if it makes words; then the guess of charset-normalizer.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data:
        return None
    text = _utf8(data) or _declared(data, declared) or _western(data) or _guessed(data)
    return None if text is None or _is_noise(text) else text


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return text if broken * 20 <= len(_NOT_ASCII.findall(text)) - broken else None


def _declared(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    if encoding.lower() in {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"}:
        encoding = "cp1252"  # as browsers do: https://encoding.spec.whatwg.org/#names-and-labels
    try:
        return data.decode(encoding, "replace")
    except (LookupError, UnicodeError, ValueError):
        return None


def _western(data: bytes) -> str | None:
    """Decode as Windows-1252, unless most letters are then accented or signs stand inside words."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    letters = sum(map(str.isalpha, text))
    accented = sum(map(str.isalpha, _NOT_ASCII.findall(text)))
    return text if accented * 4 <= letters and not _SIGN_IN_A_WORD.search(text) else None


def _guessed(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    return None if best is None else str(best)


def _is_noise(text: str) -> bool:
    """Whether more than one character in fifty is a control character or unassigned."""
    unassigned = sum(unicodedata.category(character) == "Cn" for character in _NOT_ASCII.findall(text[:100_000]))
    return (len(_CONTROL.findall(text[:100_000])) + unassigned) * 50 > len(text[:100_000])
