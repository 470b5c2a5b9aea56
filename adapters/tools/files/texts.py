"""From bytes to text: UTF-8, or what a byte order mark says. Documents in other forms are for the library."""

import codecs


def decoded(data: bytes) -> str | None:
    """Return a file's text, or None when it is none."""
    try:
        if data.startswith(codecs.BOM_UTF8):
            return data[len(codecs.BOM_UTF8) :].decode("utf-8")
        # by function and not by name: a thread that Landlock holds cannot load a codec any more
        if data.startswith(codecs.BOM_UTF16_LE):
            return codecs.utf_16_le_decode(data[2:], "strict", True)[0]  # noqa: FBT003 - takes no keywords
        if data.startswith(codecs.BOM_UTF16_BE):
            return codecs.utf_16_be_decode(data[2:], "strict", True)[0]  # noqa: FBT003 - takes no keywords
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None
