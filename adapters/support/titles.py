"""One line of a text of whatever origin, fit to be shown and stored."""


def as_title(line: str) -> str:
    """Return a line as a title: one line of at most 200 characters that can be written as UTF-8."""
    return " ".join(without_surrogates(line).replace("\0", "").split())[:200].rstrip()


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 can hold, by U+FFFD."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if _is_broken(text) else text


def _is_broken(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
