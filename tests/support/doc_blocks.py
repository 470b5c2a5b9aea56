"""The fenced blocks of the documentation, and what of a console is a command.

A block that cannot be run as a whole says so in a comment right before it:

    <!-- block: parsed, REASON -->           none of its commands is run
    <!-- block: without CMD, REASON -->      those that begin with CMD are not run
    <!-- block: schema NAME -->              JSON is an instance of this model of the API

What is not run is parsed all the same: `rookery` by its own parser, extras, targets and files by what there is.
"""

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from tests.support.server import ROOT

REASONS = frozenset(
    (
        "compiles for minutes",
        "downloads a model",
        "installs from PyPI",
        "needs a machine without llama.cpp",
        "needs a run that was interrupted",
        "needs an account of AWS",
        "needs an engine for containers",
        "needs an MCP server that is no part of this repository",
        "needs Prefect's server",
        "needs root",
        "needs the web",
        "serves until it is stopped",
        "sets up the repository",
        "trains a model",
    )
)
_BLOCK = re.compile(
    r"(?:^[ ]*<!-- block: (?P<note>[^>]*?) -->\n)?^(?P<indent>[ ]*)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_NOTE = re.compile(r"(?P<kind>parsed|without (?P<begins>[^,]+)), (?P<reason>.+)|schema (?P<schema>\w+)")
_COMMENT = re.compile(r"\s#\s.*$")
CHANGES_THE_MACHINE = frozenset(
    ("apt-get", "docker", "git", "make", "npm", "npx", "pip", "python3", "systemctl", "terraform", "uv")
)
"""Programs that no test runs: a block that shows them says why it is only parsed."""

_ENDS_COMMAND = frozenset(("|", "||", "&&", ";", "&", "(", ")", "<", ">", ">>", "do", "done"))
_ASSIGNMENT = re.compile(r"\w+=")


class Command(NamedTuple):
    """A command of a console and what it is said to print."""

    text: str
    prints: str
    runs: bool


class Block(NamedTuple):
    """A block and where it stands."""

    page: str
    line: int
    language: str
    text: str
    note: str

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def reason(self) -> str:
        """Why not all of it is run; empty when it is.

        Raises:
            ValueError: the comment says what nobody understands, or gives a reason that is not in `REASONS`.
        """
        if not self.note:
            return ""
        match = _NOTE.fullmatch(self.note)
        reason = match["reason"] or "" if match else None
        if reason is None or (reason and reason not in REASONS):
            raise ValueError(f"{self.name}: {self.note!r} is not among the comments that the tests know")
        return reason

    @property
    def schema(self) -> str:
        match = _NOTE.fullmatch(self.note)
        return match["schema"] or "" if match else ""

    def commands(self) -> list[Command]:
        """Return what stands behind the prompts `$` and `#`, with what follows until the next one."""
        found: list[list[str]] = []
        printed: list[str] = []
        for line in self.text.splitlines():
            if found and found[-1][-1].endswith("\\"):
                found[-1].append(line)
            elif line.startswith(("$ ", "# ")):
                found.append([line[2:]])
                printed.append("")
            elif found:
                printed[-1] += line + "\n"
            else:
                raise ValueError(f"{self.name}: a console begins with a prompt")
        texts = ["\n".join(lines) for lines in found]
        return [Command(text, out, self._runs(text)) for text, out in zip(texts, printed, strict=True)]

    def _runs(self, command: str) -> bool:
        match = _NOTE.fullmatch(self.note)
        if match is None or not match["reason"]:
            return True
        begins = match["begins"]
        return begins is not None and not command.startswith(begins)


def pages() -> list[str]:
    """Return all pages that have blocks to look at."""
    return ["README.md", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))]


def blocks_of(page: str) -> Iterator[Block]:
    """Return the blocks of a page, in its order."""
    text = (ROOT / page).read_text("utf-8")
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        yield Block(page, line, match["language"], match["text"], match["note"] or "")


def all_blocks(*languages: str) -> list[Block]:
    """Return the blocks of all pages in some languages."""
    return [block for page in pages() for block in blocks_of(page) if block.language in languages]


def calls(command: str) -> Iterator[list[str]]:
    """Return each single call within a command: what stands between pipes, redirections and the like."""
    words = shlex.shlex(_COMMENT.sub("", command.replace("\\\n", " ")), posix=True, punctuation_chars=True)
    words.whitespace_split = True
    words.commenters = ""
    call: list[str] = []
    for word in [*words, ";"]:
        if word in _ENDS_COMMAND:
            if call:
                yield call
            call = []
        elif call or not _ASSIGNMENT.match(word):
            call.append(word)
