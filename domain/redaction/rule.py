"""What a rule is, and how it is applied."""

import re
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from rookery.domain.redaction.judging import CODE, PLACEHOLDER, drawn_by_lot

Test = Callable[[str], bool]
ASSIGN = r"[\"'\]\\]{0,4}(?:[ \t]{0,4}(?:=>|={1,3}|:=?)[ \t]{0,4}|>)"
"""What stands between a name and its value, with what closes the name's quotes."""
SHORTEST = 15  # characters of the shortest token: xoxb- and ten more


class View(IntEnum):
    """In what a rule is looked for before it is applied: most texts hold nothing, and that must be found out soon."""

    TEXT = 0
    SMALL = 1
    LONG_WORDS = 2


def views_of(text: str) -> tuple[str, str, str]:
    """Return the text, the text in small letters, and its long words."""
    return text, text.lower(), " ".join([word for word in text.split() if len(word) >= SHORTEST])


class Rule(NamedTuple):
    """A credential is the named group of the pattern that matched, provided that the test holds for it.

    What `gate` does not find in the rule's view of a text, `pattern` does not find in the text.
    """

    kind: str
    literals: tuple[str, ...]
    pattern: re.Pattern[str]
    test: Test
    view: View
    gate: re.Pattern[str]

    def may_find(self, view: str) -> bool:
        """Whether it is worth while to apply the rule."""
        for literal in self.literals:  # `any` would cost more than all that is looked for
            if literal in view:
                return self.gate.search(view) is not None
        return False

    def apply(self, text: str) -> tuple[str, int]:
        """Return the text without what the rule finds, and how often that was."""
        count = 0

        def replace(match: re.Match[str]) -> str:
            nonlocal count
            group = next(name for name, value in match.groupdict().items() if value is not None)
            secret = match[group]
            stays = "[redacted:" in secret or PLACEHOLDER.search(secret) or (group == "bare" and CODE.fullmatch(secret))
            if stays or not self.test(secret):
                return match[0]
            count += 1
            start, end = (place - match.start() for place in match.span(group))
            return f"{match[0][:start]}[redacted:{self.kind}]{match[0][end:]}"

        return self.pattern.sub(replace, text), count


def anything(_: str) -> bool:
    """The form is enough."""
    return True


def named(kind: str, literals: str, pattern: str, test: Test = anything) -> Rule:
    """A rule for what has its name before it. A pattern that does not mind the case is written in small letters."""
    compiled = re.compile(pattern)
    folds = pattern.startswith("(?i")  # such a pattern is several times as slow
    gate = re.compile(pattern.replace("(?im)", "(?m)", 1).removeprefix("(?i)")) if folds else compiled
    return Rule(kind, tuple(literals.split()), compiled, test, View.SMALL if folds else View.TEXT, gate)


def token(kind: str, prefix: str, body: str, *, literals: str, test: Test = drawn_by_lot) -> Rule:
    """A rule for what stands alone, between characters that cannot belong to a token."""
    pattern = re.compile(rf"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))(?P<secret>(?:{prefix})(?:{body}))(?![A-Za-z0-9_])")
    return Rule(kind, tuple(literals.split()), pattern, test, View.LONG_WORDS, pattern)
