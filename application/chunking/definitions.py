"""Where functions, classes and the like begin and end in source code.

Told by their first lines and by indentation, not by a parser: it works for code that is old, broken or of a language
that is not known here, and in linear time. What it misses is divided at blank lines instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from rookery.application.chunking.languages import Language, language_of

_DEEPEST = 8  # definitions inside each other
_LONGEST_LINE = 300  # characters above which a line begins no definition
_TAB = 4


class Definition(NamedTuple):
    """A range of a text, its name, and the definitions inside it in order."""

    start: int
    end: int
    name: str
    inner: "list[Definition]"


class _Line(NamedTuple):
    start: int
    end: int
    indent: int
    text: str
    """Without the white space around it."""


@dataclass
class _Open:
    """A definition whose end has not been seen. The outermost one is the whole text."""

    start: int
    indent: int
    name: str
    end: int
    has_body: bool = False
    inner: list[Definition] = field(default_factory=list)


def definitions(text: str, language: str) -> list[Definition]:
    """Return the outermost definitions of a text in order. The comments and decorators above one belong to it."""
    known = language_of(language)
    return [] if known is None else _Reader(known).read(text)


class _Reader:
    def __init__(self, language: Language) -> None:
        self._language = language
        self._open = [_Open(0, -1, "", 0)]
        self._above: _Line | None = None  # the first of the comments and decorators above the next line

    def read(self, text: str) -> list[Definition]:
        lines = list(_lines(text))
        inside = self._language.inside(text)
        belongs = False  # the line before, to the innermost open definition
        for number, line in enumerate(lines):
            if inside(line.start):
                self._extend(line, reaching=belongs)
            elif not line.text:
                self._above = None
            else:
                belongs = self._take(line, lines[number + 1].text if number + 1 < len(lines) else "")
        while len(self._open) > 1:
            self._close()
        return self._open[0].inner

    def _take(self, line: _Line, following: str) -> bool:
        """Take note of a line of code; return whether it belongs to the innermost open definition."""
        if self._language.is_comment(line.text):
            belongs = line.indent > self._open[-1].indent
            self._extend(line, reaching=belongs)
            self._remember(line)
            return belongs
        if self._ends_definition(line):
            return True
        self._leave(line)
        name = self._language.name(line.text, following) if len(line.text) <= _LONGEST_LINE else None
        if name is not None and len(self._open) <= _DEEPEST:
            self._open.append(_Open(self._start(line), line.indent, name, line.end))
            self._above = None
        else:
            self._extend(line, reaching=True)
            self._remember(line)
        return True

    def _start(self, line: _Line) -> int:
        above = self._above
        start = above.start if above and above.indent == line.indent else line.start
        inner = self._open[-1].inner
        return max(start, self._open[-1].start, inner[-1].end if inner else 0)

    def _remember(self, line: _Line) -> None:
        begins = self._language.is_comment(line.text) or self._language.is_decorator(line.text)
        if begins and (self._above is None or self._above.indent != line.indent):
            self._above = line
        elif not begins and self._above and line.indent <= self._above.indent and line.text[0] not in ")]}":
            self._above = None

    def _ends_definition(self, line: _Line) -> bool:
        """Close the definition that a line like `}` or `end` ends, and tell whether it does."""
        if not self._language.is_end(line.text):
            return False
        while len(self._open) > 1 and line.indent < self._open[-1].indent:
            self._close()
        if len(self._open) == 1 or line.indent > self._open[-1].indent:
            return False
        self._extend(line, reaching=True)
        self._close()
        self._above = None
        return True

    def _leave(self, line: _Line) -> None:
        while len(self._open) > 1 and not self._belongs(line, self._open[-1]):
            self._close()

    def _belongs(self, line: _Line, definition: _Open) -> bool:
        if line.indent != definition.indent:
            return line.indent > definition.indent
        if self._language.opens_body(line.text) and not definition.has_body:
            definition.has_body = True
            return True
        return self._language.goes_on(line.text)

    def _extend(self, line: _Line, *, reaching: bool) -> None:
        if reaching:
            self._open[-1].end = line.end

    def _close(self) -> None:
        closed = self._open.pop()
        around = self._open[-1]
        around.inner.append(Definition(closed.start, closed.end, closed.name, closed.inner))
        around.end = max(around.end, closed.end)


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        visible = line.strip()
        white = line[: len(line) - len(line.lstrip())]
        yield _Line(start, end, len(white.expandtabs(_TAB)), visible)
        start = end + 1
