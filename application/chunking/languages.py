"""What tells the structure of source code, by families of languages."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

# Atomic groups and not `(?:…)*+`: the `re` of Python 3.11.2, which Debian 12 has, then misses matches.
_STRINGS = r""""(?>(?:[^"\\\n]|\\.)*)"?|'(?>(?:[^'\\\n]|\\.)*)'?"""
_TRIPLE = r'''"""(?>(?:[^"\\]|\\.|"(?!""))*)(?:"""|\Z)|\'\'\'(?>(?:[^'\\]|\\.|'(?!''))*)(?:\'\'\'|\Z)'''
_BLOCK = r"/\*.*?(?:\*/|\Z)"
_TEMPLATE = r"`(?>(?:[^`\\]|\\.)*)(?:`|\Z)"


def _tokens(*alternatives: str) -> re.Pattern[str]:
    """Return what finds comments and strings, each in time linear in its length."""
    return re.compile("|".join(alternatives), re.DOTALL)


_HASH = _tokens(r"#[^\n]*", _TRIPLE, _STRINGS)
_SLASHES = _tokens(r"//[^\n]*", _BLOCK, _TRIPLE, _TEMPLATE, _STRINGS)
_DASHES = _tokens(r"--[^\n]*", _BLOCK, r"\{-.*?(?:-\}|\Z)", _STRINGS)
_SEMICOLON = _tokens(r";[^\n]*", r'"(?>(?:[^"\\]|\\.)*)(?:"|\Z)')

_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([^)]*\))?|unsafe"
    r"|extern|inline|virtual|override|open|data|sealed|const|suspend|operator|partial|readonly|native|synchronized"
    r"|local|declare|fileprivate|mutating|indirect|inner|companion|case|typedef)\s+)*"
)
_KEYWORDS = re.compile(
    _MODIFIERS + r"(?:func|function\*?|fn|fun|defp?|defmacro|class|struct|enum(?:\s+(?:class|struct))?|interface|trait"
    r"|module|defmodule|mod|namespace|object|protocol|extension|record|union|contract|library|sub|proc|procedure"
    r"|subroutine|program|service|message|rpc|instance|macro_rules!|actor|mixin)\s+(?:\([^)]*\)\s*)?"
    r"(?P<name>[\w$][\w$.:?!~'-]*+)(?!\s*(?:=|,|;$))",
    re.IGNORECASE,
)
_TYPE = re.compile(_MODIFIERS + r"(?:type|newtype|data)\s+(?P<name>[A-Z]\w*)")
_IMPLEMENTATION = re.compile(r"(?:unsafe\s+)?impl\b(?:<[^>]*>)?\s*(?P<name>[^{;]*[^{;\s])\s*\{")
_NO_FUNCTION = (
    r"(?!(?:if|for|while|switch|catch|return|else|do|new|throw|case|typeof|sizeof|await|yield|assert|delete|go|defer"
    r"|using|match|when|with|lock|foreach|until|unless|print|echo|fixed|try|super|elseif|elsif|synchronized|class|object|trait)\b)"
)
_FUNCTION = re.compile(
    _NO_FUNCTION + r"(?:[\w$:<>,*&~\[\]?.]+\s+)*[*&]*(?P<name>~?[\w$][\w$:~]*)(?:<[^<>()]*>)?"
    r"\s*\([^(){};]*\)[\w\s:<>,\[\]|.*&?-]*+(?P<brace>\{)?(?:\s*//.*)?$"
)
_BEGINNING_OF_FUNCTION = re.compile(
    _NO_FUNCTION + r"(?:[\w$:<>,*&~\[\]?.]+(?<![:,])\s+)+[*&]*(?P<name>~?[\w$][\w$:~]*)\s*\([^(){};=]*[,(]$"
)
_ARROW = re.compile(
    r"(?:(?:export|default|const|let|var|static|private|public|readonly)\s+)*(?P<name>[\w$]+)\s*(?::[^=]{0,200})?=\s*"
    r"(?:async\s*)?(?:function\b|(?:\([^()]*\)|[\w$]+)\s*(?::[^=]{0,100})?=>)"
)
_PYTHON = re.compile(r"(?:async\s+)?(?:def|(?:cdef\s+)?class|cp?def)\s+(?P<name>\w+)")
_END = re.compile(r"(?:\}|(?:end|END|End|fi|done|esac)\b(?!\s*[=.(,:]))")
_GOES_ON = re.compile(r"[)\]]|where\b|(?:public|private|protected|signals|slots|default)\b[^:{(]*:\s*$|case\b[^:]*:")
_BODY = re.compile(r"\{|begin\b|is$|as$", re.IGNORECASE)


@dataclass(frozen=True)
class Language:
    """What is known of a family of languages."""

    tokens: re.Pattern[str]
    comments: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    has_ends: bool = True
    """Whether a line of its own, at the indentation of the first line, ends a definition."""
    is_flat: bool = False
    """Whether a definition goes on until the next one begins, whatever the indentation."""

    def inside(self, text: str) -> Callable[[int], bool]:
        """Return what tells whether a place lies inside a comment or string of more than one line."""
        spans = [match.span() for match in self.tokens.finditer(text) if "\n" in match.group()]
        starts = [start for start, _ in spans]

        def is_inside(place: int) -> bool:
            index = bisect_right(starts, place) - 1
            return index >= 0 and starts[index] < place < spans[index][1]

        return is_inside

    def name(self, line: str, following: str) -> str | None:
        """Return the name of the definition that a line begins, or None; `following` is the line after it."""
        for pattern in self.patterns:
            match = pattern.match(line)
            if match and self._has_body(match, following):
                found = next((value for key, value in match.groupdict().items() if value and key != "brace"), "")
                return " ".join(found.split())[:80] or None
        return None

    def is_comment(self, line: str) -> bool:
        """Whether nothing but a comment, or what is meant for a preprocessor, is on a line."""
        return line.startswith(self.comments) and not line.startswith("#[")

    def is_decorator(self, line: str) -> bool:
        """Whether a line belongs to the definition below it."""
        return line.startswith(("@", "#[", "template")) or (line[0], line[-1]) == ("[", "]")

    def is_end(self, line: str) -> bool:
        """Whether a line ends the definition whose indentation it has."""
        return self.has_ends and _END.match(line) is not None

    def opens_body(self, line: str) -> bool:
        """Whether a body begins on a line of its own."""
        return self.has_ends and _BODY.match(line) is not None

    def goes_on(self, line: str) -> bool:
        """Whether a line that has the indentation of a definition is still a part of it."""
        return (self.is_flat and self.name(line, "") is None) or _GOES_ON.match(line) is not None

    def _has_body(self, match: re.Match[str], following: str) -> bool:
        return match.re is not _FUNCTION or match["brace"] is not None or following.startswith("{")


_BRACES = Language(
    _SLASHES,
    ("//", "/*", "*", "#"),
    (_IMPLEMENTATION, _FUNCTION, _KEYWORDS, _TYPE, _ARROW, _BEGINNING_OF_FUNCTION),
)
_WORDS = Language(_HASH, ("#",), (_KEYWORDS,))
_WITHOUT_DEFINITIONS = frozenset({"xml", "json", "css", "dockerfile", "text/csv", "application/json"})


def language_of(name: str) -> Language | None:
    """Return what is known of a language; languages without definitions have None, unknown ones are like C."""
    return None if name in _WITHOUT_DEFINITIONS else _families().get(name, _BRACES)


@cache
def _families() -> dict[str, Language]:
    def pattern(expression: str, flags: re.RegexFlag = re.NOFLAG) -> tuple[re.Pattern[str], ...]:
        return (re.compile(expression, flags),)

    python = Language(_HASH, ("#",), (_PYTHON,), has_ends=False)
    dashes = Language(_DASHES, ("--", "/*"), (_KEYWORDS, _TYPE))
    sections = Language(_HASH, ("#", ";"), pattern(r"\[+\s*(?P<name>[^\[\]]+?)\s*\]+$"), has_ends=False, is_flat=True)
    keys = Language(_HASH, ("#",), pattern(r"(?:- )?(?P<name>[\w./-]+):$"), has_ends=False)
    blocks = pattern(r"(?P<name>(?:resource|data|module|variable|output|provider|locals|terraform)\b[^{=]*)\{")
    shell = pattern(r"(?:function\s+)?(?P<name>[\w-]+)\s*\(\)\s*\{?|function\s+(?P<other>[\w-]+)")
    tables = pattern(
        r"create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+|unique\s+)?"
        r"(?:table|view|function|procedure|trigger|type|index|schema|materialized\s+view)\s+(?:if\s+not\s+exists\s+)?"
        r"(?P<name>[\w.\"`]+)",
        re.IGNORECASE,
    )
    lisp = pattern(r"\((?:defun|defmacro|define|defn-?|def|defclass|defmethod|ns)\s+\(?(?P<name>[^\s()]+)")
    words = ("ruby", "crystal", "elixir", "perl", "julia", "tcl", "powershell", "fortran", "vb", "nim", "graphql")
    return {
        **dict.fromkeys(words, _WORDS),
        **dict.fromkeys(("python", "starlark"), python),
        **dict.fromkeys(("lua", "haskell", "ada", "vhdl"), dashes),
        **dict.fromkeys(("toml", "ini"), sections),
        **dict.fromkeys(("lisp", "clojure"), Language(_SEMICOLON, (";",), lisp, has_ends=False)),
        "r": Language(_HASH, ("#",), pattern(r"(?P<name>[\w.]+)\s*(?:<-|=)\s*function\b")),
        "sh": Language(_HASH, ("#",), shell),
        "sql": Language(_DASHES, ("--", "/*"), tables),
        "yaml": keys,
        "make": Language(_HASH, ("#",), pattern(r"(?P<name>[\w./%-]+)\s*:(?!=)"), has_ends=False),
        "terraform": Language(_HASH, ("#", "//"), blocks),
    }
